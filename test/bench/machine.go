package main

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
	"github.com/evenkeel/evenkeel/test/district"
)

// facts are what a reader needs to judge the figures.
type facts struct {
	Commit     string
	Script     string
	Cores      int
	CPU        string
	MemoryMB   int
	Kernel     string
	Go         string
	PostgreSQL string
	Disk       string // file system under the database
	Settings   []string
	LoadBefore string // of the machine, over 1, 5 and 15 minutes
	LoadAfter  string
	Nice       string // of everything that was measured; other work on the machine has 0
}

func readFacts(ctx context.Context, d *district.District) facts {
	f := facts{
		Commit: about.Commit(), Script: "go run ./test/bench",
		Cores: runtime.NumCPU(), CPU: about.CPU(), Kernel: about.Kernel(), Go: runtime.Version(),
		Disk: about.Output("stat", "--file-system", "--format=%T", d.Postgres.Dir()), Settings: settings, LoadBefore: about.Load(), Nice: about.Output("nice"),
	}
	f.MemoryMB = kilobytes(about.Field("/proc/meminfo", "MemTotal")) / 1024
	if err := d.Owner.QueryRow(ctx, "SHOW server_version").Scan(&f.PostgreSQL); err != nil {
		f.PostgreSQL = "unknown"
	}
	return f
}

func kilobytes(value string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "kB"))) // absent: 0
	return n
}

// memory is resident memory in megabytes, by process. PostgreSQL's is the sum of the
// proportional sizes of its processes, since they share most of it.
type memory map[string]float64

func readMemory(d *district.District) (memory, error) {
	m := memory{}
	for _, p := range []*district.Process{d.Intake(), d.Scorer(), d.Clerk()} {
		m[p.Name] = float64(kilobytes(about.Field(fmt.Sprintf("/proc/%d/status", p.PID()), "VmRSS"))) / 1024
		if m[p.Name] == 0 {
			return nil, fmt.Errorf("%s has no memory: is it running?", p.Name)
		}
	}
	for _, pid := range append(d.Postgres.Children(), d.Postgres.PID()) {
		m["postgresql"] += float64(kilobytes(about.Field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss"))) / 1024
	}
	return m, nil
}

// watchMemory notes the most that each process needs until the returned function is called.
func (b *bench) watchMemory() (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				b.noteMemory()
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}

func (b *bench) noteMemory() {
	now, err := readMemory(b.district)
	if err != nil {
		return // the run itself will say what is wrong
	}
	if b.result.MemoryUnderLoad == nil {
		b.result.MemoryUnderLoad = memory{}
	}
	for name, size := range now {
		b.result.MemoryUnderLoad[name] = max(b.result.MemoryUnderLoad[name], size)
	}
}
