package proc

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Observe reads what runs under a pid.
func Observe(pid int) (Observed, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Observed{}, err
	}
	cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return Observed{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Observed{}, err
	}
	state, ticks, err := ParseStat(string(stat))
	return Observed{State: state, StartTicks: ticks, BootID: strings.TrimSpace(string(boot)), Cmdline: cmdline}, err
}

// Alive says whether exactly this process still runs.
func (id Identity) Alive() bool {
	observed, err := Observe(id.PID)
	return err == nil && id.Is(observed)
}

// Memory is the resident memory of a pid in bytes, 0 when it is gone.
func Memory(pid int) int64 {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	return ParseRSS(string(status))
}

// Owned finds every live process that is one of our tools working on our state,
// recorded or not: container shims, and children a crash left unrecorded.
func Owned(tools, state string) []Identity {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []Identity
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		o, err := Observe(pid)
		if err == nil && !o.dead() && BelongsTo(o.Cmdline, tools, state) {
			found = append(found, Identity{PID: pid, StartTicks: o.StartTicks, BootID: o.BootID, Command: Command(o.Cmdline)})
		}
	}
	return found
}
