package rescore_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

// sample is a random instrument with one response to it.
type sample struct {
	in       contract.Instrument
	response instrument.Response
}

// TestRandomInstrumentsReachEverything holds the generator to its purpose: agreement on
// what never comes up would say nothing.
func TestRandomInstrumentsReachEverything(t *testing.T) {
	t.Parallel()
	samples := rapid.Custom(func(t *rapid.T) sample {
		in := anInstrument(t)
		return sample{in, aResponse(t, in)}
	})
	seen := map[string]int{}
	for seed := range 1500 {
		tally(samples.Example(seed), seen)
	}
	for _, what := range []string{
		"Sum Scored", "Sum Prorated", "Mean Scored", "Mean Prorated", "Count Scored", "Count Prorated", "Cases Scored", "Cases Prorated",
		"Sum Insufficient", "Cases Insufficient", "Mean Invalid", "Raw Scored", "Standard Scored", "Standard Prorated", "Standard Insufficient",
		"Zero Prorated", "None Prorated", "HalfUp Prorated", "HalfEven Prorated", "Down Prorated", "Up Prorated", "Validity in a void response",
		"ValidityScale", "LongestRun", "Spread", "SecondsPerItem", "AllLowest", "Duplicate", "OutOfWindow",
		"critical answer", "critical blank", "gate shut", "band lower", "band upper",
	} {
		if seen[what] < 3 {
			t.Errorf("%q came up %d times", what, seen[what])
		}
	}
}

func tally(s sample, seen map[string]int) {
	result := rescore.Score(s.in, s.response)
	for i, r := range result.Scales {
		scale := s.in.Scales[i]
		seen[string(scale.Method)+" "+string(r.Status)]++
		seen[string(r.Basis)+" "+string(r.Status)]++
		if scale.Method != contract.Cases {
			seen[string(scale.Rounding)+" "+string(r.Status)]++
			seen[string(scale.MissingAs)+" "+string(r.Status)]++
		}
		if result.Void && r.Status == instrument.Scored {
			seen["Validity in a void response"]++
		}
		seen["band "+r.Band]++
	}
	for _, f := range result.Findings {
		seen[string(f.Check)]++
	}
	seen["critical answer"] += len(result.Critical)
	seen["critical blank"] += len(result.CriticalBlank)
	for i, item := range s.in.Items {
		if len(item.AskWhen) > 0 && len(item.Critical) > 0 && i < len(s.response.Answers) && s.response.Answers[i].Missing != instrument.None &&
			!slices.Contains(result.CriticalBlank, item.Code) {
			seen["gate shut"]++
		}
	}
}
