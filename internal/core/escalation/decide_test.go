package escalation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

func input(values ...int) escalation.Input {
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	return escalation.Input{Results: map[string]instrument.Result{"phq-9": c.Score(instrumenttest.Answers(values...))}}
}

func reasons(pairs ...string) []escalation.Reason {
	var out []escalation.Reason
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, escalation.Reason{Kind: escalation.Kind(pairs[i]), Detail: pairs[i+1]})
	}
	return out
}

func TestDecide(t *testing.T) {
	t.Parallel()
	const blank = -1
	tests := map[string]struct {
		in   escalation.Input
		want escalation.Decision
	}{
		"nothing": {
			input(0, 0, 0, 0, 0, 0, 0, 0, 0),
			escalation.Decision{Tier: "None", Rank: 4},
		},
		"mild": {
			input(3, 2, 0, 0, 0, 0, 0, 0, 0),
			escalation.Decision{Tier: "Low", Rank: 3, Rule: "mild", Reasons: reasons("Rule", "mild")},
		},
		"the first matching rule wins": {
			input(3, 3, 3, 3, 3, 0, 0, 0, 0),
			escalation.Decision{
				Tier: "High", Rank: 1, Rule: "severe-or-moderately-severe",
				Reasons: reasons("Rule", "severe-or-moderately-severe"),
			},
		},
		"item 9 by itself": {
			input(0, 0, 0, 0, 0, 0, 0, 0, 1),
			escalation.Decision{Tier: "High", Rank: 1, Reasons: reasons("CriticalFloor", "Urgent")},
		},
		"item 9 above every rule": {
			input(3, 3, 3, 3, 3, 3, 3, 3, 3),
			escalation.Decision{
				Tier: "Severe", Rank: 0, Rule: "severe-or-moderately-severe",
				Reasons: reasons("CriticalFloor", "Immediate", "Rule", "severe-or-moderately-severe"),
			},
		},
		"item 9 although nothing can be scored": {
			input(blank, blank, blank, blank, 0, 0, 0, 0, 2),
			escalation.Decision{
				Tier: "Severe", Rank: 0, Undetermined: true,
				Reasons: reasons("CriticalFloor", "Immediate", "UndeterminedFloor", "phq-9.total",
					"RuleError", "severe-or-moderately-severe", "RuleError", "moderate", "RuleError", "mild"),
			},
		},
		"critical item blank": {
			input(0, 0, 0, 0, 0, 0, 0, 0, blank),
			escalation.Decision{Tier: "Moderate", Rank: 2, Undetermined: true, Reasons: reasons("UndeterminedFloor", "phq-9.q9")},
		},
		"critical item blank with a high total": {
			input(3, 3, 3, 3, 3, 0, 0, 0, blank),
			escalation.Decision{
				Tier: "High", Rank: 1, Undetermined: true, Rule: "severe-or-moderately-severe",
				Reasons: reasons("UndeterminedFloor", "phq-9.q9", "Rule", "severe-or-moderately-severe"),
			},
		},
		"no result at all": {
			escalation.Input{},
			escalation.Decision{
				Tier: "Moderate", Rank: 2, Undetermined: true,
				Reasons: reasons("UndeterminedFloor", "phq-9",
					"RuleError", "severe-or-moderately-severe", "RuleError", "moderate", "RuleError", "mild"),
			},
		},
		"a critical answer to an instrument the round does not list": {
			escalation.Input{Results: map[string]instrument.Result{
				"phq-9": input(0, 0, 0, 0, 0, 0, 0, 0, 0).Results["phq-9"],
				"stray": {Critical: []instrument.CriticalHit{{Item: "x", Value: 1, Class: contract.Immediate}}},
			}},
			escalation.Decision{Tier: "Severe", Rank: 0, Reasons: reasons("CriticalFloor", "Immediate")},
		},
		"the most urgent class comes first, each once": {
			escalation.Input{Results: map[string]instrument.Result{
				"phq-9": input(0, 0, 0, 0, 0, 0, 0, 0, 1).Results["phq-9"],
				"other": {Critical: []instrument.CriticalHit{
					{Item: "x", Value: 1, Class: contract.Review}, {Item: "y", Value: 1, Class: contract.Immediate},
					{Item: "z", Value: 1, Class: contract.Urgent},
				}},
			}},
			escalation.Decision{
				Tier: "Severe", Rank: 0,
				Reasons: reasons("CriticalFloor", "Immediate", "CriticalFloor", "Urgent", "CriticalFloor", "Review"),
			},
		},
		"a class this build does not know": {
			escalation.Input{Results: map[string]instrument.Result{
				"phq-9": {
					Scales:   []instrument.ScaleResult{{Code: "total", Status: instrument.Scored}},
					Critical: []instrument.CriticalHit{{Item: "q9", Value: 1, Class: "Newer"}},
				},
			}},
			escalation.Decision{Tier: "Severe", Rank: 0, Reasons: reasons("CriticalFloor", "Newer")},
		},
	}
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, c.Decide(tc.in)); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

// A rule that fails before one that matches must not hide it.
func TestAFailingRuleDoesNotHideTheNext(t *testing.T) {
	t.Parallel()
	policy := escalationtest.GradedIntervention()
	policy.Rules = append([]contract.Rule{
		{Name: "other-first", When: "scores['other'].total >= 5", Tier: "High"},
	}, policy.Rules...)
	c := escalationtest.MustCompile(policy, append(phq9(), second())...)
	got := c.Decide(input(3, 3, 3, 3, 0, 0, 0, 0, 0)) // "other" was never answered
	want := escalation.Decision{
		Tier: "Moderate", Rank: 2, Rule: "moderate", Undetermined: true,
		Reasons: reasons("UndeterminedFloor", "other", "RuleError", "other-first", "Rule", "moderate"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decision (-want +got):\n%s", diff)
	}
}

// No answer retracts a floor: the tier of a response is at least that of its critical
// answer, of its gaps and of its rule, and the same answers decide alike.
func TestDecideProperties(t *testing.T) {
	t.Parallel()
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(-1, 3), 9, 9).Draw(t, "values")
		in := input(values...)
		got := c.Decide(in)
		result := in.Results["phq-9"]
		for _, hit := range result.Critical {
			if floor, _ := c.Rank(c.Floor(hit.Class)); got.Rank > floor {
				t.Fatalf("%+v is milder than its critical answer", got)
			}
		}
		gap := result.Scales[0].Status == instrument.Insufficient || len(result.CriticalBlank) > 0
		if gap != got.Undetermined || gap && got.Rank > 2 {
			t.Fatalf("gap %v decided %+v", gap, got)
		}
		if c.Names()[got.Rank] != got.Tier {
			t.Fatalf("rank %d is not tier %s", got.Rank, got.Tier)
		}
		if diff := cmp.Diff(got, c.Decide(in)); diff != "" {
			t.Fatal(diff)
		}
	})
}
