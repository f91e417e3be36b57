package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/test/district"
)

// ticksPerSecond is the unit of /proc/pid/stat; it is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// readCPU is the processor time used so far, in seconds, by process; "client" is
// this one.
func readCPU(d *district.District) map[string]float64 {
	used := map[string]float64{"client": cpuOf(os.Getpid())}
	for _, p := range []*district.Process{d.Intake(), d.Scorer(), d.Clerk()} {
		used[p.Name] = cpuOf(p.PID())
	}
	for _, pid := range append(d.Postgres.Children(), d.Postgres.PID()) {
		used["postgresql for "+servedBy(pid)] += cpuOf(pid)
	}
	return used
}

// servedBy is whose connection a process of PostgreSQL serves, by its title:
// "postgres: ek_110106_intake ek_110106 [local] idle".
func servedBy(pid int) string {
	title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "itself"
	}
	for _, process := range postgres.Processes {
		if strings.Contains(string(title), " "+postgres.RoleName(district.Code, process)+" ") {
			return process
		}
	}
	return "itself"
}

// cpuOf reads user and system time, the 14th and 15th field; the second is in
// brackets and may hold anything.
func cpuOf(pid int) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond
}

// perUnit is the processor time between two readings, in microseconds for each of n.
func perUnit(before, after map[string]float64, n int) map[string]float64 {
	out := map[string]float64{}
	for name := range after {
		out[name] = (after[name] - before[name]) * 1e6 / float64(max(1, n))
	}
	return out
}
