package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// The streamed report is the one that scoring and deciding one student after the other
// gives, whatever the workers and the blocks.
func TestTheStreamedReportIsThatOfOneByOne(t *testing.T) {
	t.Parallel()
	const students, districts, blockRows = 6000, 9, 500
	path, blocks := filepath.Join(t.TempDir(), "answers"), layOut(students, districts, blockRows)
	if err := generate(path, blocks, 1); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, quality := range []bool{false, true} {
		c, err := compile(quality)
		if err != nil {
			t.Fatal(err)
		}
		want, rows := oneByOne(t, c, f, blocks, districts)
		if rows != students {
			t.Fatalf("%d students in the blocks", rows)
		}
		for _, workers := range []int{1, 3} {
			got, err := stream(f, blocks, districts, workers, c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("quality rules %v, %d workers (-one by one +streamed):\n%s", quality, workers, diff)
			}
		}
		checkVaried(t, want)
	}
}

func oneByOne(t *testing.T, c compiled, f *os.File, blocks []block, districts int) (report, int) {
	t.Helper()
	counts, rows := make([]tally, districts), 0
	for _, b := range blocks {
		var in instrument.Columns
		if _, err := b.read(f, nil, &in); err != nil {
			t.Fatal(err)
		}
		for row := range b.rows {
			counts[b.district].one(c, in, row)
			rows++
		}
	}
	return publish(counts), rows
}

// one scores, decides and counts one student.
func (t *tally) one(c compiled, in instrument.Columns, row int) {
	response := c.survey.NewResponse()
	for i, column := range in.Items {
		if column[row] >= 0 {
			response.Answers[i] = instrument.Answer{Value: int(column[row])}
		}
	}
	var result instrument.Result
	c.survey.ScoreInto(response, &result)
	decision := c.policy.Decide(escalation.Input{Results: map[string]instrument.Result{"survey": result}})
	t.tiers[decision.Rank]++
	for s, scale := range result.Scales {
		band := 4
		for i, b := range c.survey.Scales()[s].Bands {
			if b.Name == scale.Band {
				band = i
			}
		}
		t.bands[s][band]++
	}
}

// checkVaried makes sure that the comparison above could fail: students of every tier,
// a scale with students in every band, and a district that is withheld.
func checkVaried(t *testing.T, r report) {
	t.Helper()
	tiers := map[int]bool{}
	for _, d := range r.Districts {
		for i, cell := range d.Tiers {
			tiers[i] = tiers[i] || !cell.Suppressed
		}
	}
	if !tiers[0] || !tiers[1] || !tiers[2] || !tiers[3] || !tiers[4] {
		t.Errorf("published tiers %v", tiers)
	}
	if last := r.Districts[len(r.Districts)-1]; !last.Participants.Suppressed {
		t.Errorf("the smallest district is published: %+v", last)
	}
	for i, cell := range r.Bands[0][:3] { // the last two are few, and withheld together
		if cell.Suppressed {
			t.Errorf("band %d has fewer than ten students", i)
		}
	}
}

func TestPlansThatCannotBeMeasured(t *testing.T) {
	t.Parallel()
	good := plan{students: 2000, districts: 10, blockRows: 100, workers: 1, runs: 1}
	for name, edit := range map[string]func(*plan){
		"no students": func(p *plan) { p.students = 0 }, "too many districts": func(p *plan) { p.districts = 300 },
		"one district": func(p *plan) { p.districts = 1 }, "no rows": func(p *plan) { p.blockRows = 0 },
		"no workers": func(p *plan) { p.workers = 0 }, "no runs": func(p *plan) { p.runs = 0 },
	} {
		p := good
		edit(&p)
		if p.check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
}
