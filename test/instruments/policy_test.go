package instruments

import (
	"fmt"
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Every instrument can be answered by a policy that says what to do beyond the band that asks for nothing,
// and by none that forgets a graded scale.
func TestAPolicyCanAnswerEveryInstrument(t *testing.T) {
	for _, file := range files(t) {
		compiled := load(t, decode(t, file).Spec.Code)
		policy := escalationtest.GradedIntervention()
		policy.Rules = rulesFor(compiled)
		policy.Tiers = slices.DeleteFunc(policy.Tiers, func(tier contract.Tier) bool { return tier.Name == "Low" })
		if _, err := escalation.Compile(policy, []*instrument.Compiled{compiled}); err != nil {
			t.Errorf("%s: %v", compiled.Code(), err)
		}
		for i := range policy.Rules {
			lacking := policy
			lacking.Rules = slices.Delete(slices.Clone(policy.Rules), i, i+1)
			if _, err := escalation.Compile(lacking, []*instrument.Compiled{compiled}); err == nil {
				t.Errorf("%s: nobody misses the rule %s", compiled.Code(), policy.Rules[i].When)
			}
		}
	}
}

func rulesFor(c *instrument.Compiled) []contract.Rule {
	var out []contract.Rule
	for _, scale := range c.Scales() {
		if scale.Purpose != contract.Grade {
			continue
		}
		when := fmt.Sprintf("scores['%s'].%s > %g", c.Code(), scale.Code, scale.Lowest.To)
		if scale.Worse == contract.Lower {
			when = fmt.Sprintf("scores['%s'].%s < %g", c.Code(), scale.Code, scale.Lowest.From)
		}
		out = append(out, contract.Rule{Name: scale.Code, When: when, Tier: "Moderate"})
	}
	return out
}
