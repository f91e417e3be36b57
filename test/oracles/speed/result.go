package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

// result is all that was measured, as it is kept in JSON.
type result struct {
	Facts             facts
	Rows, Many, Forms int
	Turns             int
	Figures           []figures
}

// facts are what a reader needs to judge the figures.
type facts struct {
	Date       string
	Commit     string
	CPU        string
	Cores      int
	Kernel     string
	Go         string
	Versions   []string
	LoadBefore string // of the machine, over 1, 5 and 15 minutes
	LoadAfter  string
}

func readFacts(s settings) facts {
	f := facts{
		Date: time.Now().UTC().Format(time.DateOnly), Commit: about.Commit(),
		CPU: about.CPU(), Cores: runtime.NumCPU(), Kernel: about.Kernel(), Go: runtime.Version(), LoadBefore: about.Load(),
	}
	f.Versions = []string{
		about.Output("Rscript", "-e", `cat("R ", format(getRversion()), ", psych ", format(packageVersion("psych")), ", BLAS ", basename(extSoftVersion()[["BLAS"]]), sep = "")`),
		"numpy " + about.Output("/usr/bin/python3", "-c", "import numpy; print(numpy.__version__)"),
		"Node " + about.Output("node", "--version"),
		"fhirpath " + about.Output("node", "-p", `require(`+"`"+absolute(s.engine)+"/node_modules/fhirpath/package.json`"+`).version`),
	}
	return f
}

func absolute(path string) string {
	out, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return out
}

func (r result) of(name string) (figures, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f, true
		}
	}
	return figures{}, false
}

// perRow is the median over the turns, in nanoseconds.
func (f figures) perRow() float64 {
	var all []float64
	for _, t := range f.Turns {
		all = append(all, t.Seconds*1e9/float64(t.Rows))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// check sees that those who scored the same answers came to the same.
func (r result) check() error {
	for _, same := range [][]string{
		{nameColumns, nameValues, nameInto, nameItems, nameFast, nameNumpy, nameColumns + vector, nameValues + vector},
		{nameBlocks, nameCounts, nameOnly, nameBlocks + vector, nameCounts + vector, nameOnly + vector, nameOnly + allCores, nameOnly + vector + allCores},
	} {
		first, _ := r.of(same[0])
		want := first.Turns[0]
		for _, name := range same {
			f, entered := r.of(name)
			if !entered {
				continue
			}
			for _, t := range f.Turns {
				counted := !strings.Contains(name, nameOnly)
				if counted && t.Missing != want.Missing || !(math.Abs(t.Sum-want.Sum) <= 1e-9*want.Sum) {
					return fmt.Errorf("%s came to %v with %d missing, %s to %v with %d", name, t.Sum, t.Missing, same[0], want.Sum, want.Missing)
				}
			}
		}
	}
	return nil
}

func (r result) write(dir string) error {
	page := r.page()
	fmt.Print(page)
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "scoring.json"), append(raw, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "scoring.md"), []byte(page), 0o644)
}

func (r result) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Scoring, beside others doing the same work

Written by "make bench-scoring" on %s at commit %s; raw figures in scoring.json. %s, %d cores, %s, %s; %s.
Load average %s before, %s after. Contestants take turns, %d each; the figures are medians. All use one thread
unless they are said to use all cores.

60 items of 1 to 5, one answer in %d missing; six scales of ten items, three of them reversed: the mean of the answered
items and the number of the missing ones. psych's impute = "none" is that mean. What the contestants came to is compared:
the sum of all means and the count of all missing answers are the same. fhirpath evaluates an exported Questionnaire and
gets complete forms, since the expressions have nothing to say of missing answers. ScoreColumns and ScoreInto make the
status and the band of every scale besides, scoreItems reliabilities and correlations, which cannot be left out. "Scores
only" is ScoreColumns without statuses, bands and missing counts; a scale without a score is NaN there.

`, r.Facts.Date, r.Facts.Commit, r.Facts.CPU, r.Facts.Cores, r.Facts.Kernel, r.Facts.Go, strings.Join(r.Facts.Versions, ", "),
		r.Facts.LoadBefore, r.Facts.LoadAfter, r.Turns, missingOneIn)
	r.writeScored(&b)
	r.writeRead(&b)
	return b.String()
}

func (r result) writeScored(b *strings.Builder) {
	items, _ := r.of(nameItems)
	columns, _ := r.of(nameColumns)
	fmt.Fprintf(b, "| %d responses | ns a response | responses a second | times as fast as scoreItems | times the time of ScoreColumns |\n|---|---|---|---|---|\n", r.Rows)
	for _, name := range []string{
		nameValues + vector, nameColumns + vector, nameValues, nameColumns, nameInto, nameNumpy, nameFast, nameItems, nameFhirpath,
	} {
		f, entered := r.of(name)
		if !entered {
			continue
		}
		if name == nameFhirpath {
			name = fmt.Sprintf("%s (%d forms)", name, r.Forms)
		}
		fmt.Fprintf(b, "| %s | %.4g | %.3g | %.3g | %.3g |\n", name, f.perRow(), 1e9/f.perRow(), items.perRow()/f.perRow(), f.perRow()/columns.perRow())
	}
}

// ofReading is the median over the turns of the time of reading by that of scoring.
func (f figures) ofReading() float64 {
	var all []float64
	for _, t := range f.Turns {
		all = append(all, t.Reading/t.Seconds)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (r result) writeRead(b *strings.Builder) {
	fmt.Fprintf(b, `
Against the memory: ScoreColumns on %d responses, a block of %d at a time into the same scores, as a re-score uses
them. After every pass the same process reads the same answers with bytes.Count, which does so with vector instructions
and does nothing else, on as many cores; "of reading" is the median over the turns of its time by that of scoring.

| %d responses | ns a response | GB/s of answers | of reading |
|---|---|---|---|
`, r.Many, blockRows, r.Many)
	for _, name := range []string{
		nameOnly + vector, nameCounts + vector, nameBlocks + vector, nameOnly + vector + allCores, nameOnly, nameCounts, nameBlocks, nameOnly + allCores,
	} {
		if f, entered := r.of(name); entered {
			fmt.Fprintf(b, "| %s | %.3g | %.3g | %.2f |\n", name, f.perRow(), items/f.perRow(), f.ofReading())
		}
	}
	b.WriteString(`
Scores only writes 48 bytes of scores for every 60 of answers. Adding the columns up with vector instructions does not
take longer than reading them one after the other, since ten are fetched at a time; what remains is the look-up of six
scores a response. Each further column of the output is six look-ups more, which is why everything takes about twice as
long. Portable Go is bound by adding up eight rows in a word, not by the memory.
`)
}
