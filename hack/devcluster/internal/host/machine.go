package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Touched are the kernel settings that the cluster's components change while they
// run: forwarding by us and the network plugin, the others by kubelet.
var Touched = []string{
	"net.ipv4.ip_forward",
	"net.ipv4.conf.all.forwarding",
	"net.ipv4.conf.default.forwarding",
	"vm.overcommit_memory",
	"vm.panic_on_oom",
	"kernel.panic",
	"kernel.panic_on_oops",
	"kernel.keys.root_maxkeys",
	"kernel.keys.root_maxbytes",
	"net.netfilter.nf_conntrack_max",
	"net.netfilter.nf_conntrack_tcp_be_liberal",
	"net.netfilter.nf_conntrack_tcp_timeout_established",
	"net.netfilter.nf_conntrack_tcp_timeout_close_wait",
}

// fixed are folders that programs of the cluster insist on, outside its state,
// each after what lies in it.
var fixed = []string{
	"/var/log/containers",
	"/var/lib/kubelet/device-plugins",
	"/var/lib/kubelet",
	"/var/lib/cni/results",
	"/var/lib/cni",
	"/run/containerd/s",
	"/run/containerd",
}

// Machine is what the machine was like before the cluster.
type Machine struct {
	Sysctls map[string]string `json:"sysctls"`
	// Absent folders are removed again.
	Absent []string `json:"absent"`
}

// Remember writes down what the machine is like, unless that was done before: only
// the first time is it the machine's own state.
func Remember(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	machine := Machine{Sysctls: map[string]string{}}
	for _, name := range Touched {
		if raw, err := os.ReadFile(sysctlPath(name)); err == nil {
			machine.Sysctls[name] = strings.TrimSpace(string(raw))
		}
	}
	for _, dir := range fixed {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			machine.Absent = append(machine.Absent, dir)
		}
	}
	raw, err := json.Marshal(machine)
	if err != nil {
		return err
	}
	return WriteFiles([]File{{Path: path, Content: raw, Mode: 0o644}})
}

// Restore puts back what Remember wrote down. Folders go only if they are empty.
func Restore(path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var machine Machine
	if err := json.Unmarshal(raw, &machine); err != nil {
		return fmt.Errorf("read what the machine was like: %w", err)
	}
	for _, dir := range machine.Absent {
		_ = syscall.Rmdir(dir) // refuses by itself what others use
	}
	var errs []error
	for _, name := range Touched { // in this order: ip_forward resets its relatives
		if value, known := machine.Sysctls[name]; known {
			errs = append(errs, SetSysctl(name, value))
		}
	}
	return errors.Join(errs...)
}

// SetSysctl changes a kernel setting if it differs.
func SetSysctl(name, value string) error {
	current, err := os.ReadFile(sysctlPath(name))
	if err != nil {
		return fmt.Errorf("read kernel setting %s: %w", name, err)
	}
	if strings.TrimSpace(string(current)) == value {
		return nil
	}
	if err := os.WriteFile(sysctlPath(name), []byte(value), 0o644); err != nil {
		return fmt.Errorf("set kernel setting %s=%s: %w; run as root", name, value, err)
	}
	return nil
}

func sysctlPath(name string) string {
	return filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
}
