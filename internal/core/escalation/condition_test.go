package escalation_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// withRules is graded-intervention with these rules, first to Severe, and then one
// that catches everybody.
func withRules(texts ...string) contract.Policy {
	policy := escalationtest.GradedIntervention()
	policy.Rules = nil
	for _, text := range texts {
		name := "rule " + string(rune('a'+len(policy.Rules)))
		policy.Rules = append(policy.Rules, contract.Rule{Name: name, When: text, Tier: "Severe"})
	}
	policy.Rules = append(policy.Rules, contract.Rule{Name: "all", When: "true", Tier: "Low"})
	return policy
}

// A condition means what CEL says it means, with and without values. The second rule
// is the same one in a form that only CEL can evaluate.
func TestAConditionIsWhatCELSays(t *testing.T) {
	t.Parallel()
	scales := slices.Sorted(maps.Keys(feelingsValues))
	rapid.Check(t, func(t *rapid.T) {
		text := drawRule(t, scales, 3)
		direct, err := escalation.Compile(withRules(text), asked())
		if err != nil {
			t.Skip(err)
		}
		byCEL := escalationtest.MustCompile(withRules("("+text+") ? true : false"), asked()...)
		for range 10 {
			in := of(drawScores(t, scales))
			if diff := cmp.Diff(byCEL.Decide(in), direct.Decide(in)); diff != "" {
				t.Fatalf("%s on %v (-CEL +condition):\n%s", text, in, diff)
			}
		}
	})
}

func drawScores(t *rapid.T, scales []string) map[string]float64 {
	scores := map[string]float64{}
	for _, scale := range scales {
		if rapid.IntRange(0, 3).Draw(t, "has value") > 0 {
			scores[scale] = rapid.SampledFrom(feelingsValues[scale]).Draw(t, scale)
		}
	}
	return scores
}

// What cannot match, or not first, is found, and nothing else is: every combination of
// the values that two scales can take, and of no value, is tried in CEL.
func TestFindingsAreExact(t *testing.T) {
	t.Parallel()
	scales := []string{"rest", "state"}
	rapid.Check(t, func(t *rapid.T) {
		var texts, inCEL []string
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			text := drawRule(t, scales, 2)
			texts, inCEL = append(texts, text), append(inCEL, "("+text+") ? true : false")
		}
		var wantFaults, wantWarnings []string
		first := deciding(scales, inCEL)
		for i := range texts {
			path := fmt.Sprintf("rules[%d].when", i)
			if !deciding(scales, inCEL[i:i+1])["rule a"] {
				wantFaults = append(wantFaults, path)
			}
			if !first["rule "+string(rune('a'+i))] {
				wantWarnings = append(wantWarnings, path)
			}
		}
		if !first["all"] {
			wantWarnings = append(wantWarnings, fmt.Sprintf("rules[%d].when", len(texts)))
		}
		compiled, err := escalation.Compile(withRules(texts...), asked())
		if diff := cmp.Diff(wantFaults, fault.Paths(err)); diff != "" {
			t.Fatalf("faults of %q (-want +got):\n%s", texts, diff)
		}
		if err != nil {
			return
		}
		var warnings []string
		for _, w := range compiled.Warnings() {
			if strings.HasPrefix(w.Path, "rules") {
				warnings = append(warnings, w.Path)
			}
		}
		if diff := cmp.Diff(wantWarnings, warnings); diff != "" {
			t.Fatalf("warnings of %q (-want +got):\n%s", texts, diff)
		}
	})
}

// deciding tells which rules are the first to match for some combination of values.
func deciding(scales, texts []string) map[string]bool {
	c := escalationtest.MustCompile(withRules(texts...), asked()...)
	first, scores := map[string]bool{}, map[string]float64{}
	every(scales, scores, func() { first[c.Decide(of(scores)).Rule] = true })
	return first
}
