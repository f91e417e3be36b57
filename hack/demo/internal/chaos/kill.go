// Package chaos hurts the demo on purpose: SIGKILL to processes, restarts, partners that
// are unreachable. It kills only processes of pods that the demo itself made, found by
// the pod's UID in the process's control group.
package chaos

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrNotHere says that the pod's processes are not on this machine.
var ErrNotHere = errors.New("no process of the pod is on this machine")

// processes are the ids of a pod's processes, without its pause process. proc is /proc.
func processes(proc, podUID string) ([]int, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		inside, err := belongs(filepath.Join(proc, entry.Name()), podUID)
		if err != nil {
			return nil, err
		}
		if inside {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// belongs reports whether a process is one of the pod's own. Control groups are named
// with the UID, with hyphens or, by systemd, with underscores.
func belongs(dir, podUID string) (bool, error) {
	groups, err := os.ReadFile(filepath.Join(dir, "cgroup"))
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !bytes.Contains(groups, []byte("pod"+podUID)) && !bytes.Contains(groups, []byte("pod"+strings.ReplaceAll(podUID, "-", "_"))) {
		return false, nil
	}
	command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if gone(err) {
		return false, nil
	}
	first, _, _ := bytes.Cut(command, []byte{0})
	return len(first) > 0 && filepath.Base(string(first)) != "pause", err
}

// gone is what reading about a process says that has ended meanwhile.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// Kill sends SIGKILL to the processes of a pod.
func Kill(podUID string) error {
	if len(podUID) < 30 {
		return fmt.Errorf("%q is no pod UID", podUID) // an empty one would be in every group's name
	}
	ids, err := processes("/proc", podUID)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return ErrNotHere
	}
	for _, id := range ids {
		if err := syscall.Kill(id, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
