package instrument_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

func TestScorePHQ9(t *testing.T) {
	t.Parallel()
	total := func(status instrument.Status, value float64, band string, missing int) []instrument.ScaleResult {
		return []instrument.ScaleResult{{
			Code: "total", Status: status, Value: value, Raw: value, Basis: instrument.Raw, Band: band, Missing: missing,
		}}
	}
	hit := func(value int, class contract.Class) []instrument.CriticalHit {
		return []instrument.CriticalHit{{Item: "q9", Value: value, Class: class}}
	}
	const blank = -1
	tests := map[string]struct {
		answers []int
		want    instrument.Result
	}{
		"all zero": {
			[]int{0, 0, 0, 0, 0, 0, 0, 0, 0},
			instrument.Result{Scales: total(instrument.Scored, 0, "None", 0)},
		},
		"all three": {
			[]int{3, 3, 3, 3, 3, 3, 3, 3, 3},
			instrument.Result{Scales: total(instrument.Scored, 27, "Severe", 0), Critical: hit(3, contract.Immediate)},
		},
		"a low total does not hide the critical item": {
			[]int{0, 0, 0, 0, 0, 0, 0, 0, 1},
			instrument.Result{Scales: total(instrument.Scored, 1, "None", 0), Critical: hit(1, contract.Urgent)},
		},
		"two is immediate": {
			[]int{0, 0, 0, 0, 0, 0, 0, 0, 2},
			instrument.Result{Scales: total(instrument.Scored, 2, "None", 0), Critical: hit(2, contract.Immediate)},
		},
		"one missing, half rounds up": { // 4 x 9/8 = 4.5
			[]int{blank, 1, 1, 1, 1, 0, 0, 0, 0},
			instrument.Result{Scales: total(instrument.Prorated, 5, "Mild", 1)},
		},
		"one missing, below half rounds down": { // 3 x 9/8 = 3.375
			[]int{blank, 1, 1, 1, 0, 0, 0, 0, 0},
			instrument.Result{Scales: total(instrument.Prorated, 3, "None", 1)},
		},
		"two missing": { // 14 x 9/7 = 18
			[]int{blank, blank, 2, 2, 2, 2, 3, 3, 0},
			instrument.Result{Scales: total(instrument.Prorated, 18, "ModeratelySevere", 2)},
		},
		"three missing": {
			[]int{blank, blank, blank, 3, 3, 3, 3, 3, 1},
			instrument.Result{Scales: total(instrument.Insufficient, 0, "", 3), Critical: hit(1, contract.Urgent)},
		},
		"critical item blank": {
			[]int{0, 0, 0, 0, 0, 0, 0, 0, blank},
			instrument.Result{Scales: total(instrument.Prorated, 0, "None", 1), CriticalBlank: []string{"q9"}},
		},
		"a value that is not offered is missing": {
			[]int{0, 0, 0, 0, 0, 0, 0, 0, 9},
			instrument.Result{Scales: total(instrument.Prorated, 0, "None", 1), CriticalBlank: []string{"q9"}},
		},
		"nothing": {
			nil,
			instrument.Result{Scales: total(instrument.Insufficient, 0, "", 9), CriticalBlank: []string{"q9"}},
		},
	}
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.Score(instrumenttest.Answers(tc.answers...))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryMissingScoresAlike(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	answers := instrumenttest.Answers(1, 1, 1, 1, 1, 1, 1, 1, -1)
	want := c.Score(answers)
	for _, missing := range []instrument.Missing{instrument.Blank, instrument.Refused, instrument.DontKnow, instrument.NotAsked} {
		answers.Answers[8] = instrument.Answer{Value: 3, Missing: missing}
		if diff := cmp.Diff(want, c.Score(answers)); diff != "" {
			t.Errorf("%s (-blank +got):\n%s", missing, diff)
		}
	}
}

func TestClassAndValid(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	for value, want := range map[int]contract.Class{0: "", 1: contract.Urgent, 2: contract.Immediate, 3: contract.Immediate, 4: ""} {
		if got, ok := c.Class("q9", value); got != want || ok != (want != "") {
			t.Errorf("Class(q9, %d) = %q, %v; want %q", value, got, ok, want)
		}
	}
	if _, ok := c.Class("q1", 3); ok {
		t.Error("q1 is critical")
	}
	for _, bad := range []struct {
		item  string
		value int
	}{{"q9", 4}, {"q9", -1}, {"q10", 0}, {"", 0}} {
		if c.Valid(bad.item, bad.value) == nil {
			t.Errorf("Valid(%q, %d) accepts it", bad.item, bad.value)
		}
	}
	if err := c.Valid("q9", 3); err != nil {
		t.Error(err)
	}
}

// A scored total stays on its scale and in the band that holds it, and the critical
// item shows up exactly once: as a hit, as blank, or as the harmless answer.
func TestScoreProperties(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(-1, 4), 0, 9).Draw(t, "values")
		got := c.Score(instrumenttest.Answers(values...))
		total := got.Scales[0]
		if inBand := bandOf(total.Value) == total.Band; inBand == (total.Status == instrument.Insufficient) {
			t.Fatalf("%+v", total)
		}
		harmless := len(values) == 9 && values[8] == 0
		if n := len(got.Critical) + len(got.CriticalBlank); n > 1 || (n == 0) != harmless {
			t.Fatalf("critical: %+v", got)
		}
	})
}

func bandOf(value float64) string {
	for _, b := range instrumenttest.PHQ9().Scales[0].Bands {
		if b.From <= value && value <= b.To {
			return b.Name
		}
	}
	return fmt.Sprintf("no band holds %g", value)
}
