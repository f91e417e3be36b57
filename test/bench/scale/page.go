package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// page is what people read.
func (r result) page() string {
	f, b := r.Facts, &strings.Builder{}
	fmt.Fprintf(b, "# A province from nothing to rest, %s\n\n`%s` at commit `%s`; raw figures in scale.json.\n\n%s\n", f.Date, f.Script, f.Commit, r.headline())
	fmt.Fprintf(b, `
| machine | |
|---|---|
| cores | %d (%s), shared by etcd, kube-apiserver, manager and loader |
| kernel, Go | %s, %s |
| load average | %s before, %s after |
| nice | %s of everything that was measured; other work on the machine has 0 |

`, f.Cores, f.CPU, f.Kernel, f.Go, f.LoadBefore, f.LoadAfter, f.Nice)
	fmt.Fprintf(b, method, f.Loaders, quiet)
	r.table(b, "seconds", r.times())
	r.table(b, "megabytes, resident", r.memory())
	r.table(b, "processor seconds", r.processors())
	for _, one := range r.Runs {
		one.writes(b)
	}
	return b.String()
}

const method = `The cluster is a real etcd and kube-apiserver as the tests start them (etcd without fsync), with the definitions, admission policies and rights
that config/ ships; the manager is a process of its own with the token and the rights of its service account and default settings. The clock runs
from the first create. First the province's objects are declared, the campaign among them, then districts, %d at a time, each with its namespace,
RoleBinding, Secrets, District, channel and schools: the shipped examples. There is no kubelet, so that a district is done with everything applied
and its migration waiting. Settled means that every object's status speaks of its generation, schools are Ready and ScreeningReady, districts
count all of them, the campaign is Planned with a round in every district, and nothing was written for %s; the time is that of the last write before. Writes are
those of the API server's audit log, leases left out. Growth is the slope of log time over log schools by least squares.

"Bare" is the same content on an API server without an operator: one create for each object and one update for each status, by a client with as many
requests under way as loader and operator have together. It watches nothing, decides nothing and applies nothing a second time.
"Tuned" is a run in which etcd and kube-apiserver had GOGC=400: a quarter of their processor time otherwise goes into collecting garbage.

`

func (r result) headline() string {
	var parts []string
	for _, one := range r.Runs {
		if one.Schools == slices.MaxFunc(r.Runs, func(a, b run) int { return cmp.Compare(a.Schools, b.Schools) }).Schools {
			text := fmt.Sprintf("**%.1f s** for %d districts with %d schools%s, manager at most **%.0f MB**, **%d** writes in %.0f s of rest",
				one.Seconds, one.Districts, one.Schools, one.mode(), max(one.PeakMB, one.RestPeakMB), total(one.RestWrites), one.RestSeconds)
			if one.Bare != nil {
				text += fmt.Sprintf(", **%.2f** times the bare client's %.1f s", one.Seconds/one.Bare.Seconds, one.Bare.Seconds)
			}
			parts = append(parts, text+".")
		}
	}
	if n := r.plain(); len(n) > 1 {
		parts = append(parts, fmt.Sprintf("Growth exponent of the time: **%.2f**.", exponent(n)))
	}
	return strings.Join(parts, " ")
}

func (r run) mode() string {
	switch {
	case r.Required:
		return " by capacity"
	case r.Tuned:
		return ", API server tuned"
	}
	return ""
}

// plain are the runs without regard to capacity, beside an API server as it comes.
func (r result) plain() []run {
	return slices.DeleteFunc(slices.Clone(r.Runs), func(one run) bool { return one.Required || one.Tuned })
}

// row is one line of a table: a figure of each run.
type row struct {
	name string
	of   func(run) string
}

func (r result) table(b *strings.Builder, title string, rows []row) {
	fmt.Fprintf(b, "| %s |", title)
	for _, one := range r.Runs {
		fmt.Fprintf(b, " %d schools%s |", one.Schools, one.mode())
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(r.Runs)))
	for _, line := range rows {
		fmt.Fprintf(b, "| %s |", line.name)
		for _, one := range r.Runs {
			fmt.Fprintf(b, " %s |", line.of(one))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func figure(format string, of func(run) float64) func(run) string {
	return func(r run) string { return fmt.Sprintf(format, of(r)) }
}

func (r result) times() []row {
	beside := func(format string, of func(run) float64) func(run) string {
		return func(one run) string {
			if one.Bare == nil {
				return "not run"
			}
			return fmt.Sprintf(format, of(one))
		}
	}
	return []row{
		{"**from the first create to rest**", figure("**%.1f**", func(r run) float64 { return r.Seconds })},
		{"everything declared by the loader", figure("%.1f", func(r run) float64 { return r.DeclaredSeconds })},
		{"last status of a school", figure("%.1f", func(r run) float64 { return r.SchoolsSeconds })},
		{"last object or status of a district", figure("%.1f", func(r run) float64 { return r.DistrictsSeconds })},
		{"the bare client", beside("%.1f", func(r run) float64 { return r.Bare.Seconds })},
		{"times the bare client's", beside("%.2f", func(r run) float64 { return r.Seconds / r.Bare.Seconds })},
		{"writes: all, of the bare client", func(one run) string {
			if one.Bare == nil {
				return fmt.Sprint(total(one.Writes))
			}
			return fmt.Sprintf("%d, %d", total(one.Writes), one.Bare.Writes)
		}},
		{"writes that failed", figure("%.0f", func(r run) float64 { return float64(total(r.Failed)) })},
		{"writes at rest", figure("%.0f", func(r run) float64 { return float64(total(r.RestWrites)) })},
	}
}

func (r result) memory() []row {
	return []row{
		{"manager, at most until everything was settled", figure("%.0f", func(r run) float64 { return r.PeakMB })},
		{"and until the end of the rest", figure("%.0f", func(r run) float64 { return r.RestPeakMB })},
		{"another manager, started on what is there, at most", figure("%.0f", func(r run) float64 { return r.RestartPeakMB })},
	}
}

func (r result) processors() (rows []row) {
	names := map[string]bool{}
	for _, one := range r.Runs {
		for name := range one.Processors {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rows = append(rows, row{name, func(one run) string {
			if one.Bare == nil {
				return fmt.Sprintf("%.1f", one.Processors[name])
			}
			return fmt.Sprintf("%.1f (bare %.1f)", one.Processors[name], one.Bare.Processors[name])
		}})
	}
	return rows
}

// writes shows who wrote what.
func (r run) writes(b *strings.Builder) {
	fmt.Fprintf(b, "Writes with %d schools%s, until everything was settled: %s.", r.Schools, r.mode(), listed(r.Writes))
	fmt.Fprintf(b, " Reconciliations: %s.", listed(r.Reconciliations))
	fmt.Fprintf(b, " Writes of the manager that was started on what is there (applying what is there changes nothing): %s.\n\n", listed(r.RestartWrites))
}

func listed(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
