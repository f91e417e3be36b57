package instrument_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// checksFound scores a response to six items 1..5 under one rule.
func checksFound(rule contract.QualityRule, change func(*instrument.Response), answers ...int) []contract.QualityCheck {
	in := instrumenttest.Form(6, 1, 5)
	rule.Effect = contract.Flag
	in.Quality = []contract.QualityRule{rule}
	r := instrumenttest.Answers(answers...)
	change(r)
	var checks []contract.QualityCheck
	for _, f := range instrumenttest.MustCompile(in).Score(r).Findings {
		checks = append(checks, f.Check)
	}
	return checks
}

func TestChecks(t *testing.T) {
	t.Parallel()
	unchanged := func(*instrument.Response) {}
	seconds := func(s float64) func(*instrument.Response) {
		return func(r *instrument.Response) { r.Seconds = s }
	}
	run := contract.QualityRule{Check: contract.LongestRun, Threshold: 4}
	spread := contract.QualityRule{Check: contract.Spread, Threshold: 1}
	pace := contract.QualityRule{Check: contract.SecondsPerItem, Threshold: 0.1}
	lowest := contract.QualityRule{Check: contract.AllLowest}
	tests := map[string]struct {
		rule    contract.QualityRule
		change  func(*instrument.Response)
		answers []int
		found   bool
	}{
		"run of four":                           {run, unchanged, []int{1, 2, 2, 2, 2, 1}, true},
		"run of three":                          {run, unchanged, []int{1, 2, 2, 2, 1, 2}, false},
		"run broken by a gap":                   {run, unchanged, []int{2, 2, 2, blank, 2, 2}, false},
		"run at the end":                        {run, unchanged, []int{1, 1, 2, 2, 2, 2}, true},
		"spread of 1 is not below 1":            {spread, unchanged, []int{1, 2, 3, blank, blank, blank}, false}, // variance (14 - 36/3)/2 = 1
		"spread below 1":                        {spread, unchanged, []int{1, 2, 3, 2, blank, blank}, true},
		"0.6 s for six is not fewer than 0.1":   {pace, seconds(0.6), []int{1, 2, 3, 4, 5, 1}, false},
		"a hair less is":                        {pace, seconds(math.Nextafter(0.6, 0)), []int{1, 2, 3, 4, 5, 1}, true},
		"fewer seconds than 0.1 each":           {pace, seconds(0.599), []int{1, 2, 3, 4, 5, 1}, true},
		"seconds count answered items":          {pace, seconds(0.599), []int{1, 2, 3, 4, 5, blank}, false},
		"no duration":                           {pace, unchanged, []int{1, 2, 3, 4, 5, 1}, false},
		"all lowest":                            {lowest, unchanged, []int{1, 1, 1, 1, 1, 1}, true},
		"all lowest but one":                    {lowest, unchanged, []int{1, 1, 1, 1, 1, 2}, false},
		"all lowest, one blank":                 {lowest, unchanged, []int{1, 1, 1, 1, 1, blank}, false},
		"one answer is not looked at":           {contract.QualityRule{Check: contract.Duplicate}, duplicate, []int{1}, false},
		"two answers are":                       {contract.QualityRule{Check: contract.Duplicate}, duplicate, []int{1, 2}, true},
		"out of window":                         {contract.QualityRule{Check: contract.OutOfWindow}, outOfWindow, []int{1, 2}, true},
		"a duplicate in the window is in it":    {contract.QualityRule{Check: contract.OutOfWindow}, duplicate, []int{1, 2}, false},
		"out of window only is not a duplicate": {contract.QualityRule{Check: contract.Duplicate}, outOfWindow, []int{1, 2}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := checksFound(tc.rule, tc.change, tc.answers...)
			if slices.Contains(got, tc.rule.Check) != tc.found {
				t.Errorf("found %v, want found: %v", got, tc.found)
			}
		})
	}
}

func duplicate(r *instrument.Response)   { r.Duplicate = true }
func outOfWindow(r *instrument.Response) { r.OutOfWindow = true }

// An item that was not asked does not break a run and is not one that lacks an answer.
func TestChecksPassOverWhatWasNotAsked(t *testing.T) {
	t.Parallel()
	in := gatedForm()
	in.Items = append(in.Items, contract.Item{Code: "q4", Options: instrumenttest.Options(0, 1)})
	in.Quality = []contract.QualityRule{
		{Check: contract.LongestRun, Threshold: 3, Effect: contract.Flag}, {Check: contract.AllLowest, Effect: contract.Flag},
	}
	got := instrumenttest.MustCompile(in).Score(instrumenttest.Answers(0, 0, blank, 0)).Findings
	want := []instrument.Finding{{Check: contract.LongestRun, Effect: contract.Flag}, {Check: contract.AllLowest, Effect: contract.Flag}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A void response has no scores but those of Validity scales, and all its critical
// answers.
func TestVoid(t *testing.T) {
	t.Parallel()
	in := judged()
	in.Items[0].Critical = []contract.CriticalAnswer{{Value: 1, Class: contract.Urgent}}
	in.Items[3].Critical = []contract.CriticalAnswer{{Value: 1, Class: contract.Urgent}}
	in.Scales[1].MaxMissing = 1
	got := instrumenttest.MustCompile(in).Score(instrumenttest.Answers(1, 1, 1))
	want := instrument.Result{
		Scales: []instrument.ScaleResult{
			{Code: "total", Status: instrument.Invalid, Basis: instrument.Raw, Missing: 1},
			{Code: "lie", Status: instrument.Prorated, Basis: instrument.Raw, Value: 4, Raw: 4, Band: "All", Missing: 1},
		},
		Critical:      []instrument.CriticalHit{{Item: "q1", Value: 1, Class: contract.Urgent}},
		CriticalBlank: []string{"q4"},
		Findings: []instrument.Finding{
			{Check: contract.ValidityScale, Scale: "lie", Effect: contract.Void},
			{Check: contract.LongestRun, Effect: contract.Flag},
			{Check: contract.Spread, Effect: contract.Flag},
		},
		Void: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// Results are reused: nothing of one response is left in the next one's.
func TestScoreIntoForgets(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(judged())
	var out instrument.Result
	c.ScoreInto(instrumenttest.Answers(1, 1, 1, 1), &out)
	if !out.Void {
		t.Fatalf("not void: %+v", out)
	}
	harmless := instrumenttest.Answers(0, 1, 0, 1)
	c.ScoreInto(harmless, &out)
	want := c.Score(harmless)
	if out.Void || len(out.Findings) > 0 {
		t.Errorf("still found: %+v", out)
	}
	if diff := cmp.Diff(want.Scales, out.Scales); diff != "" {
		t.Errorf("scales (-fresh +reused):\n%s", diff)
	}
}
