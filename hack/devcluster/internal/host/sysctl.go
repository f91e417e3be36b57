package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// RememberSysctls writes down the present settings, unless that was done before:
// only the first time are they the machine's own.
func RememberSysctls(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	values := map[string]string{}
	for _, name := range Touched {
		raw, err := os.ReadFile(sysctlPath(name))
		if err == nil {
			values[name] = strings.TrimSpace(string(raw))
		}
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return WriteFiles([]File{{Path: path, Content: raw, Mode: 0o644}})
}

// RestoreSysctls puts back what RememberSysctls wrote down, where it differs.
func RestoreSysctls(path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var values map[string]string
	if err := json.Unmarshal(raw, &values); err != nil {
		return fmt.Errorf("read the remembered kernel settings: %w", err)
	}
	var errs []error
	for _, name := range Touched { // in this order: ip_forward resets its relatives
		if value, known := values[name]; known {
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
