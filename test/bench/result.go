package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

// run is one measured run; times are in milliseconds.
type run struct {
	Count         int
	Seconds       float64
	PerSecond     float64
	P50, P99, Max float64
	CPUMicros     map[string]float64 `json:",omitempty"` // for each of Count, by process
}

// pair is two runs after each other: pgbench, then students.
type pair struct {
	Clients          int
	Inserts          run
	Acknowledgements run
	Ratio            float64
}

// result is all that was measured, as it is kept in JSON.
type result struct {
	Facts           facts
	Plan            string
	PayloadBytes    int
	Pairs           []pair
	NotifyAtRest    run
	NotifyUnderLoad run
	MemoryAtRest    memory
	MemoryUnderLoad memory
}

func summarise(took []time.Duration, elapsed time.Duration) run {
	r := run{Count: len(took), Seconds: elapsed.Seconds()}
	if len(took) == 0 {
		return r
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	r.PerSecond = float64(len(took)) / elapsed.Seconds()
	r.P50, r.P99, r.Max = at(.5), at(.99), at(1)
	return r
}

func (r result) write(dir string, at time.Time) error {
	return about.Write(dir, at.Format(time.DateOnly), r.page(at), r)
}

func (r result) page(at time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A district on one machine, %s\n\n", at.Format(time.DateOnly))
	fmt.Fprintf(&b, "`%s` at commit `%s`; raw figures in %s.json. Times in milliseconds. Client, processes and PostgreSQL share the machine.\n\n",
		r.Facts.Script, r.Facts.Commit, at.Format(time.DateOnly))
	r.writeFacts(&b)
	r.writePairs(&b)
	r.writeCPU(&b)
	r.writeNotifications(&b)
	r.writeMemory(&b)
	return b.String()
}

func (r result) writeFacts(b *strings.Builder) {
	f := r.Facts
	b.WriteString("| machine | |\n|---|---|\n")
	for _, row := range [][2]string{
		{"cores", fmt.Sprintf("%d (%s)", f.Cores, f.CPU)}, {"memory", fmt.Sprintf("%d MB", f.MemoryMB)}, {"kernel", f.Kernel},
		{"Go", f.Go}, {"PostgreSQL", f.PostgreSQL + ", " + strings.Join(f.Settings, ", ") + ", fsync and full_page_writes on"}, {"file system", f.Disk},
		{"load average", f.LoadBefore + " before, " + f.LoadAfter + " after; measured at nice " + f.Nice}, {"plan", r.Plan},
	} {
		fmt.Fprintf(b, "| %s | %s |\n", row[0], row[1])
	}
	b.WriteString("\n")
}

func (r result) writePairs(b *strings.Builder) {
	fmt.Fprintf(b, `## Durable acknowledgements over HTTP against plain inserts

One acknowledgement is a 201 for one save of one answer (nine of ten) or for a submission (one of ten), sealed, with its receipt,
obligation (%.1f%% of students) and audit entries on disk, while scorer and casework work on what comes in. One insert is a row of %d bytes,
the size of such a save's body, by pgbench (prepared, one per transaction, 2 threads) over the same Unix socket. Runs alternate.

| clients | inserts/s | p50 | p99 | acknowledgements/s | p50 | p99 | max | ratio |
|---|---|---|---|---|---|---|---|---|
`, 100/float64(oneIn), r.PayloadBytes)
	for _, p := range r.Pairs {
		fmt.Fprintf(b, "| %d | %.0f | %.1f | %.1f | %.0f | %.1f | %.1f | %.1f | %.2f |\n", p.Clients, p.Inserts.PerSecond, p.Inserts.P50, p.Inserts.P99,
			p.Acknowledgements.PerSecond, p.Acknowledgements.P50, p.Acknowledgements.P99, p.Acknowledgements.Max, p.Ratio)
	}
	b.WriteString("\n")
}

func (r result) writeNotifications(b *strings.Builder) {
	b.WriteString(`## From a critical answer to its notification

From the student's 201 to the moment the first gateway has the message, over TLS on the loopback.

| | answers | p50 | p99 | max |
|---|---|---|---|---|
`)
	for _, row := range []struct {
		name string
		run
	}{{"at rest", r.NotifyAtRest}, {"under load (16 clients)", r.NotifyUnderLoad}} {
		fmt.Fprintf(b, "| %s | %d | %.0f | %.0f | %.0f |\n", row.name, row.Count, row.P50, row.P99, row.Max)
	}
	b.WriteString("\n")
}

func (r result) writeMemory(b *strings.Builder) {
	b.WriteString(`## Memory

Resident, in MB; PostgreSQL's is the sum of its processes' proportional sizes, shared buffers included.

| process | at rest | under load, at most |
|---|---|---|
`)
	for _, name := range slices.Sorted(maps.Keys(r.MemoryAtRest)) {
		fmt.Fprintf(b, "| %s | %.0f | %.0f |\n", name, r.MemoryAtRest[name], r.MemoryUnderLoad[name])
	}
}

// writeCPU says where the processor time of an acknowledgement goes: the mean of all runs.
func (r result) writeCPU(b *strings.Builder) {
	sums, total := map[string]float64{}, 0.0
	for _, p := range r.Pairs {
		for name, micros := range p.Acknowledgements.CPUMicros {
			sums[name] += micros / float64(len(r.Pairs))
			total += micros / float64(len(r.Pairs))
		}
	}
	b.WriteString("Processor time of one acknowledgement, mean of the runs:")
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(b, " %s %.0f µs,", name, sums[name])
	}
	fmt.Fprintf(b, " together %.0f µs; %d cores can therefore give %.0f a second at most.\n\n", total, r.Facts.Cores, float64(r.Facts.Cores)*1e6/max(1, total))
}
