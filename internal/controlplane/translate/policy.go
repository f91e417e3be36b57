package translate

import (
	"cmp"
	"slices"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Policy translates an escalation policy. The steps of a chain are put in order of time,
// whatever order they are written in.
func Policy(name string, spec v1alpha1.EscalationPolicySpec) contract.Policy {
	return contract.Policy{
		Name:  name,
		Tiers: list(spec.Tiers, tier),
		Critical: contract.CriticalFloors{
			Immediate: spec.Critical.Immediate, Urgent: spec.Critical.Urgent, Review: spec.Critical.Review,
		},
		Undetermined: contract.Undetermined{
			Tier: spec.Undetermined.Tier, RetestWithinSchoolDays: int(spec.Undetermined.RetestWithinSchoolDays),
		},
		ReferralRelease: contract.ReferralRelease(spec.ReferralRelease),
		Rules:           list(spec.Rules, rule),
	}
}

// Tighten returns the policy as it is in a district: of the province's deadlines and
// floors and the district's own the stricter. The notes of escalation.Tighten say what of
// the district's has no effect, each with its field.
func Tighten(policy contract.Policy, spec v1alpha1.DistrictSpec) (contract.Policy, []*fault.Error) {
	floors := contract.StricterFloors{
		Immediate: spec.StricterFloors.Immediate, Urgent: spec.StricterFloors.Urgent,
		Review: spec.StricterFloors.Review, Undetermined: spec.StricterFloors.Undetermined,
	}
	return escalation.Tighten(policy, Deadlines(spec), floors)
}

// Deadlines are a district's own.
func Deadlines(spec v1alpha1.DistrictSpec) []contract.Tighter {
	return list(spec.StricterDeadlines, func(d v1alpha1.StricterDeadline) contract.Tighter {
		return contract.Tighter{Tier: d.Tier, RespondWithinMinutes: int(d.RespondWithinMinutes)}
	})
}

func tier(t v1alpha1.Tier) contract.Tier {
	out := contract.Tier{
		Name: t.Name, Lead: contract.Level(t.Lead), With: list(t.With, level),
		RespondWithinMinutes: int(t.RespondWithinMinutes), Actions: list(t.Actions, action),
		ChannelClass: string(t.ChannelClass), OnOverdue: list(t.OnOverdue, chainStep),
	}
	if len(out.OnOverdue) > 0 {
		out.RepeatEveryMinutes = int(t.RepeatEveryMinutes)
	}
	slices.SortStableFunc(out.OnOverdue, func(a, b contract.ChainStep) int { return cmp.Compare(a.AfterMinutes, b.AfterMinutes) })
	return out
}

func level(l v1alpha1.Level) contract.Level { return contract.Level(l) }

func action(a v1alpha1.TierAction) contract.Action { return contract.Action(a) }

func chainStep(s v1alpha1.ChainStep) contract.ChainStep {
	return contract.ChainStep{AfterMinutes: number(s.AfterMinutes), Notify: contract.Level(s.Notify)}
}

func rule(r v1alpha1.Rule) contract.Rule {
	return contract.Rule{Name: r.Name, When: r.When, Tier: r.Tier}
}
