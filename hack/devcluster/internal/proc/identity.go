// Package proc starts, finds and stops processes that outlive this program, and
// never mistakes a stranger with a recycled pid for one of its own.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Identity is what stays the same for the whole life of one process and differs
// from every later process with the same pid.
type Identity struct {
	PID        int    `json:"pid"`
	StartTicks uint64 `json:"startTicks"`
	BootID     string `json:"bootID"`
	Command    string `json:"command"`
}

// Observed is what /proc says about a pid now.
type Observed struct {
	State      byte
	StartTicks uint64
	BootID     string
	Cmdline    []byte
}

// Is says whether the observed process is the recorded one and still running.
func (id Identity) Is(o Observed) bool {
	return !o.dead() && id.StartTicks == o.StartTicks && id.BootID == o.BootID && id.Command == Command(o.Cmdline)
}

// dead covers zombies: they have a pid and a start time but nothing runs.
func (o Observed) dead() bool { return o.State == 'Z' || o.State == 'X' }

// Command is the first argument of a /proc/<pid>/cmdline.
func Command(cmdline []byte) string {
	first, _, _ := bytes.Cut(cmdline, []byte{0})
	return string(first)
}

// ParseStat reads the state and start time out of /proc/<pid>/stat. The name in
// parentheses may hold spaces and parentheses itself, so fields count from the last one.
func ParseStat(raw string) (state byte, startTicks uint64, err error) {
	_, rest, found := cutLast(raw, ")")
	fields := strings.Fields(rest)
	const stateField, startField = 0, 19 // fields 3 and 22 of proc(5)
	if !found || len(fields) <= startField || len(fields[stateField]) != 1 {
		return 0, 0, errors.New("unexpected format of /proc/<pid>/stat")
	}
	startTicks, err = strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("start time in /proc/<pid>/stat: %w", err)
	}
	return fields[stateField][0], startTicks, nil
}

// BelongsTo says whether a command line is one of our tools working on our state:
// its binary is kept under tools, and one of its arguments lies in the state folder.
func BelongsTo(cmdline []byte, tools, state string) bool {
	args := strings.Split(string(cmdline), "\x00")
	if !strings.HasPrefix(args[0], tools+"/") {
		return false
	}
	for _, arg := range args[1:] {
		if _, path, found := strings.Cut(arg, "="); found {
			arg = path
		}
		if arg == state || strings.HasPrefix(arg, state+"/") {
			return true
		}
	}
	return false
}

// ParseRSS finds the resident memory, in bytes, in /proc/<pid>/status.
func ParseRSS(status string) int64 {
	for line := range strings.Lines(status) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes * 1024
		}
	}
	return 0
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
