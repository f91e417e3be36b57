// Package escalationtest provides escalation policies to tests.
package escalationtest

import (
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// GradedIntervention returns a fresh copy of the policy of design.md, section 2, for
// PHQ-9. The chains and their repetition are ours: the design leaves them open.
func GradedIntervention() contract.Policy {
	return contract.Policy{
		Name: "graded-intervention",
		Tiers: []contract.Tier{
			severe(),
			high(),
			{
				Name: "Moderate", Lead: contract.District, With: []contract.Level{contract.School},
				RespondWithinMinutes: 10080, Actions: []contract.Action{contract.FollowUp},
			},
			{
				Name: "Low", Lead: contract.School,
				RespondWithinMinutes: 20160, Actions: []contract.Action{contract.FollowUp},
			},
		},
		Critical:        contract.CriticalFloors{Immediate: "Severe", Urgent: "High", Review: "Moderate"},
		Undetermined:    contract.Undetermined{Tier: "Moderate", RetestWithinSchoolDays: 5},
		ReferralRelease: contract.Human,
		Rules: []contract.Rule{
			{Name: "severe-or-moderately-severe", When: "scores['phq-9'].total >= 15", Tier: "High"},
			{Name: "moderate", When: "scores['phq-9'].total >= 10", Tier: "Moderate"},
			{Name: "mild", When: "scores['phq-9'].total >= 5", Tier: "Low"},
		},
	}
}

func severe() contract.Tier {
	return contract.Tier{
		Name: "Severe", Lead: contract.City, With: []contract.Level{contract.District, contract.School},
		RespondWithinMinutes: 30,
		Actions:              []contract.Action{contract.OpenCase, contract.Notify, contract.DraftReferral},
		ChannelClass:         "Psychiatric",
		OnOverdue: []contract.ChainStep{
			{AfterMinutes: 0, Notify: contract.District},
			{AfterMinutes: 15, Notify: contract.City},
		},
		RepeatEveryMinutes: 15,
	}
}

func high() contract.Tier {
	return contract.Tier{
		Name: "High", Lead: contract.District, With: []contract.Level{contract.School},
		RespondWithinMinutes: 480,
		Actions:              []contract.Action{contract.OpenCase, contract.Notify},
		OnOverdue: []contract.ChainStep{
			{AfterMinutes: 0, Notify: contract.District},
			{AfterMinutes: 120, Notify: contract.City},
		},
		RepeatEveryMinutes: 60,
	}
}

// MustCompile compiles a policy that a test relies on; without instruments it takes
// PHQ-9 alone. It panics on a fault.
func MustCompile(policy contract.Policy, instruments ...*instrument.Compiled) *escalation.Compiled {
	if len(instruments) == 0 {
		instruments = []*instrument.Compiled{instrumenttest.MustCompile(instrumenttest.PHQ9())}
	}
	compiled, err := escalation.Compile(policy, instruments)
	if err != nil {
		panic(err)
	}
	return compiled
}
