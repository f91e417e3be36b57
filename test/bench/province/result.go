package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
	"github.com/evenkeel/evenkeel/test/bench/about"
)

// facts are what a reader needs to judge the figures.
type facts struct {
	Date, Commit, Script                   string
	Cores                                  int
	CPU, Kernel, Go                        string
	Students, Districts, BlockRows, Blocks int
	Workers                                int
	LoadBefore, LoadAfter                  string // of the machine, over 1, 5 and 15 minutes
}

// run is one pass over all students.
type run struct {
	Seconds        float64
	QualitySeconds float64 // of a pass with three quality rules as well
	ReadSeconds    float64 // of a pass that only reads the file
	PeakMB         float64 // resident memory, the most since the process began
}

// result is all that was measured, as it is kept in JSON.
type result struct {
	Facts           facts
	GenerateSeconds float64
	TenthPeakMB     float64 // resident memory, the most after making the answers up and a pass over a tenth of them
	Runs            []run

	report report
}

func readFacts(p plan) facts {
	return facts{
		Date: time.Now().Format(time.DateOnly), Commit: about.Commit(),
		Script: "go run ./test/bench/province", Cores: runtime.NumCPU(), CPU: about.CPU(),
		Kernel: about.Kernel(), Go: runtime.Version(),
		Students: p.students, Districts: p.districts, BlockRows: p.blockRows, Blocks: len(layOut(p.students, p.districts, p.blockRows)),
		Workers: p.workers, LoadBefore: about.Load(),
	}
}

// peakMemory is the most this process has had resident, in megabytes; 0: not known.
func peakMemory() float64 {
	var kilobytes float64
	if _, err := fmt.Sscanf(about.Field("/proc/self/status", "VmHWM"), "%f", &kilobytes); err != nil {
		return 0
	}
	return kilobytes / 1024
}

func (r result) write(dir string) error { return about.Write(dir, "province", r.page(), r) }

func (r result) median(of func(run) float64) float64 {
	var all []float64
	for _, one := range r.Runs {
		all = append(all, of(one))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (r result) page() string {
	f, b := r.Facts, &strings.Builder{}
	bytes := float64(f.Students) * items
	seconds := r.median(func(one run) float64 { return one.Seconds })
	careful := r.median(func(one run) float64 { return one.QualitySeconds })
	fmt.Fprintf(b, `# A province re-scored, %s

`+"`%s`"+` at commit `+"`%s`"+`; raw figures in province.json.

**%.2f s** (median of %d) for %d students x %d items: six scales with reversed items, missing answers completed, four bands each, critical
answers, three rules over all scales, tiers, and a suppressed report of each of %d districts. %.0f ns a student, %.2f GB of answers a second. With three quality
rules (longest run, spread, all lowest), which look at every row: **%.2f s**.

| machine | |
|---|---|
| cores | %d (%s); %d workers |
| kernel, Go | %s, %s, %s |
| load average | %s before, %s after |

The answers were made up once, in %.1f s, into a file of columns in %d blocks of up to %d students, and read back from the page cache: a run is
reading, scoring, deciding, counting and suppressing, and holds one block a worker.

| run | seconds | with quality rules | reading alone | resident memory, at most |
|---|---|---|---|---|
`, f.Date, f.Script, f.Commit, seconds, len(r.Runs), f.Students, items, f.Districts, seconds/float64(f.Students)*1e9, bytes/seconds/1e9, careful,
		f.Cores, f.CPU, f.Workers, f.Kernel, f.Go, way(f.Go), f.LoadBefore, f.LoadAfter, r.GenerateSeconds, f.Blocks, f.BlockRows)
	for i, one := range r.Runs {
		fmt.Fprintf(b, "| %d | %.2f | %.2f | %.2f | %.0f MB |\n", i+1, one.Seconds, one.QualitySeconds, one.ReadSeconds, one.PeakMB)
	}
	fmt.Fprintf(b, "\nAfter a pass over a tenth of the students it had been at most %.0f MB: it does not grow with them.\n", r.TenthPeakMB)
	r.writeReport(b)
	return b.String()
}

// way is how columns were scored: vectors are built only with GOEXPERIMENT=simd, which
// the version then says.
func way(version string) string {
	if strings.Contains(version, "simd") {
		return "built with vectors"
	}
	return "portable code"
}

// writeReport shows what came out: the first districts and the one with a handful.
func (r result) writeReport(b *strings.Builder) {
	fmt.Fprintf(b, "\nWhat is published of the first districts and of the smallest (floor %d; a dash is withheld):\n\n", suppress.DefaultFloor)
	b.WriteString("| district | students | Severe | High | Moderate | Low | None |\n|---|---|---|---|---|---|---|\n")
	for i, d := range r.report.Districts {
		if i < 3 || i == len(r.report.Districts)-1 {
			fmt.Fprintf(b, "| %d | %s |", i+1, cell(d.Participants))
			for _, tier := range d.Tiers {
				fmt.Fprintf(b, " %s |", cell(tier))
			}
			b.WriteString("\n")
		}
	}
}

func cell(c contract.Cell) string {
	if c.Suppressed {
		return "-"
	}
	return fmt.Sprint(c.Count)
}
