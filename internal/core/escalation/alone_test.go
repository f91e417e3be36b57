package escalation_test

import (
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

func TestCheckWithoutInstruments(t *testing.T) {
	tests := map[string]struct {
		edit func(*contract.Policy)
		want []string // paths at fault
	}{
		"complete":                     {edit: func(*contract.Policy) {}},
		"about an unknown instrument":  {edit: func(p *contract.Policy) { p.Rules[0].When = "scores['mht'].total > 55" }},
		"leaves a band uncaught":       {edit: func(p *contract.Policy) { p.Rules = p.Rules[:1] }},
		"a rule that does not compile": {edit: func(p *contract.Policy) { p.Rules[1].When = "scores['phq-9'].total >=" }, want: []string{"rules[1].when"}},
		"rules out of order":           {edit: func(p *contract.Policy) { slices.Reverse(p.Rules) }, want: []string{"rules[1].tier", "rules[2].tier"}},
		"a floor without a tier":       {edit: func(p *contract.Policy) { p.Undetermined.Tier = "Nowhere" }, want: []string{"undetermined.tier"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			policy := escalationtest.GradedIntervention()
			tt.edit(&policy)
			if got := fault.Paths(escalation.Check(policy)); !slices.Equal(got, tt.want) {
				t.Errorf("faults at %v, want %v", got, tt.want)
			}
		})
	}
}
