package host

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const cgroupRoot = "/sys/fs/cgroup"

// podsCgroup is where kubelet puts every container, in each hierarchy.
const podsCgroup = "kubepods"

// CgroupV1 says whether the machine lacks the unified hierarchy.
func CgroupV1() bool {
	_, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers"))
	return err != nil
}

// HasPods says whether any process runs in a pod, ours or another cluster's.
func HasPods() bool { return len(podPIDs()) > 0 }

// StopPods ends every process in a pod: with SIGTERM, and after the given patience
// with SIGKILL. It needs neither kubelet nor containerd, which may have crashed.
func StopPods(ctx context.Context, patience time.Duration) bool {
	const interval = 50 * time.Millisecond
	signalPods(syscall.SIGTERM)
	if Poll(ctx, patience, interval, func() bool { return !HasPods() }) {
		return true
	}
	return Poll(ctx, 5*time.Second, interval, func() bool {
		signalPods(syscall.SIGKILL)
		return !HasPods()
	})
}

// RemovePodCgroups removes the empty groups kubelet leaves.
func RemovePodCgroups() {
	var dirs []string
	for _, root := range podRoots() {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
	}
	slices.Reverse(dirs) // children before parents
	for _, dir := range dirs {
		_ = syscall.Rmdir(dir) // refuses by itself what is not empty
	}
}

// signalPods holds a handle on each process while it checks that it is in a pod,
// so the signal cannot reach a stranger that was given the pid meanwhile.
func signalPods(signal syscall.Signal) {
	for _, pid := range podPIDs() {
		handle, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		membership, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
		if err == nil && strings.Contains(string(membership), "/"+podsCgroup+"/") {
			_ = handle.Signal(signal)
		}
		_ = handle.Release()
	}
}

func podPIDs() []int {
	var pids []int
	for _, root := range podRoots() {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "cgroup.procs" {
				pids = append(pids, readPIDs(path)...)
			}
			return nil
		})
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

func readPIDs(path string) []int {
	raw, _ := os.ReadFile(path)
	var pids []int
	for field := range strings.FieldsSeq(string(raw)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// podRoots are the groups of pods: one, or with cgroup v1 one per controller.
func podRoots() []string {
	unified := filepath.Join(cgroupRoot, podsCgroup)
	perController, _ := filepath.Glob(filepath.Join(cgroupRoot, "*", podsCgroup))
	return append(perController, unified)
}
