package escalation_test

import (
	"strings"
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

func because(kind escalation.Kind, detail string, values ...escalation.Value) escalation.Reason {
	return escalation.Reason{Kind: kind, Detail: detail, Values: values}
}

// critical is the reason of critical answers of one class, each "instrument.item".
func critical(class contract.Class, items ...string) escalation.Reason {
	r := because(escalation.CriticalFloor, string(class))
	for _, item := range items {
		code, item, _ := strings.Cut(item, ".")
		r.Values = append(r.Values, escalation.Value{Instrument: code, Item: item, Class: class})
	}
	return r
}

func gap(of string) escalation.Reason { return because(escalation.UndeterminedFloor, of) }

func failed(rule string) escalation.Reason { return because(escalation.RuleError, rule) }

// matched is the reason of a rule about the total of PHQ-9.
func matched(rule string, total float64, band string) escalation.Reason {
	return because(escalation.RuleMatch, rule,
		escalation.Value{Instrument: "phq-9", Scale: "total", Value: total, Band: band})
}

func reasons(list ...escalation.Reason) []escalation.Reason { return list }

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
			escalation.Decision{Tier: "Low", Rank: 3, Rule: "mild", Reasons: reasons(matched("mild", 5, "Mild"))},
		},
		"the first matching rule wins": {
			input(3, 3, 3, 3, 3, 0, 0, 0, 0),
			escalation.Decision{
				Tier: "High", Rank: 1, Rule: "severe-or-moderately-severe",
				Reasons: reasons(matched("severe-or-moderately-severe", 15, "ModeratelySevere")),
			},
		},
		"item 9 by itself": {
			input(0, 0, 0, 0, 0, 0, 0, 0, 1),
			escalation.Decision{Tier: "High", Rank: 1, Reasons: reasons(critical("Urgent", "phq-9.q9"))},
		},
		"item 9 above every rule": {
			input(3, 3, 3, 3, 3, 3, 3, 3, 3),
			escalation.Decision{
				Tier: "Severe", Rank: 0, Rule: "severe-or-moderately-severe",
				Reasons: reasons(critical("Immediate", "phq-9.q9"), matched("severe-or-moderately-severe", 27, "Severe")),
			},
		},
		"item 9 although nothing can be scored": {
			input(blank, blank, blank, blank, 0, 0, 0, 0, 2),
			escalation.Decision{
				Tier: "Severe", Rank: 0, Undetermined: true,
				Reasons: reasons(critical("Immediate", "phq-9.q9"), gap("phq-9.total"),
					failed("severe-or-moderately-severe"), failed("moderate"), failed("mild")),
			},
		},
		"critical item blank": {
			input(0, 0, 0, 0, 0, 0, 0, 0, blank),
			escalation.Decision{Tier: "Moderate", Rank: 2, Undetermined: true, Reasons: reasons(gap("phq-9.q9"))},
		},
		"critical item blank with a high total": {
			input(3, 3, 3, 3, 3, 0, 0, 0, blank),
			escalation.Decision{
				Tier: "High", Rank: 1, Undetermined: true, Rule: "severe-or-moderately-severe",
				Reasons: reasons(gap("phq-9.q9"), matched("severe-or-moderately-severe", 17, "ModeratelySevere")),
			},
		},
		"no result at all": {
			escalation.Input{},
			escalation.Decision{
				Tier: "Moderate", Rank: 2, Undetermined: true,
				Reasons: reasons(gap("phq-9"), failed("severe-or-moderately-severe"), failed("moderate"), failed("mild")),
			},
		},
		"a critical answer to an instrument the round does not list": {
			escalation.Input{Results: map[string]instrument.Result{
				"phq-9": input(0, 0, 0, 0, 0, 0, 0, 0, 0).Results["phq-9"],
				"stray": {Critical: []instrument.CriticalHit{{Item: "x", Value: 1, Class: contract.Immediate}}},
			}},
			escalation.Decision{Tier: "Severe", Rank: 0, Reasons: reasons(critical("Immediate", "stray.x"))},
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
				Reasons: reasons(critical("Immediate", "other.y"), critical("Urgent", "phq-9.q9", "other.z"), critical("Review", "other.x")),
			},
		},
		"a class this build does not know": {
			escalation.Input{Results: map[string]instrument.Result{
				"phq-9": {
					Scales:   []instrument.ScaleResult{{Code: "total", Status: instrument.Scored}},
					Critical: []instrument.CriticalHit{{Item: "q9", Value: 1, Class: "Newer"}},
				},
			}},
			escalation.Decision{Tier: "Severe", Rank: 0, Reasons: reasons(critical("Newer", "phq-9.q9"))},
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
		Reasons: reasons(gap("other"), failed("other-first"), matched("moderate", 12, "Moderate")),
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
