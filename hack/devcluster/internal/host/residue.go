package host

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// RemoveResidue removes files that the cluster's programs keep outside its state
// folder and that point into it.
func RemoveResidue(state string) {
	for _, link := range glob("/var/log/containers/*.log") {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, state+"/") {
			_ = os.Remove(link)
		}
	}
	for _, result := range glob("/var/lib/cni/results/*") {
		if raw, err := os.ReadFile(result); err == nil && strings.Contains(string(raw), state+"/") {
			_ = os.Remove(result)
		}
	}
	// A shim that was killed leaves its socket; only a live one can be connected to.
	for _, socket := range glob("/run/containerd/s/*") {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
		} else if errors.Is(err, syscall.ECONNREFUSED) {
			_ = os.Remove(socket)
		}
	}
	// Nothing listens there any more: up refuses a machine with another kubelet's pods.
	_ = os.Remove("/var/lib/kubelet/device-plugins/kubelet.sock")
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern) // fails only for a malformed pattern
	return found
}
