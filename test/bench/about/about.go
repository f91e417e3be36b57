// Package about says what a reader of a figure must know of the machine it was taken on.
package about

import (
	"os"
	"os/exec"
	"strings"
)

const unknown = "unknown"

// Output is what a command prints, without the space around it; "unknown" when it fails.
func Output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(out))
}

// Commit is the commit of the tree, marked dirty when there is more in it.
func Commit() string { return Output("git", "describe", "--always", "--dirty", "--abbrev=12") }

// Kernel is the kernel's name and release.
func Kernel() string { return Output("uname", "-sr") }

// CPU is the first processor's model.
func CPU() string { return Field("/proc/cpuinfo", "model name") }

// Field reads the first "name: value" line of a file; empty when there is none.
func Field(path, name string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(raw)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Load is the load average over 1, 5 and 15 minutes.
func Load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return unknown
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}
