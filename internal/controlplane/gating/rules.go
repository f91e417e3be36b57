package gating

import "github.com/evenkeel/evenkeel/api/v1alpha1"

// defaults are what is asked of a gate that a campaign does not list. api/v1alpha1 documents them.
var defaults = map[v1alpha1.GateName]v1alpha1.GateRule{
	v1alpha1.GateStaffing:        {Enforcement: v1alpha1.EnforcementRequired},
	v1alpha1.GateReferralChannel: {Enforcement: v1alpha1.EnforcementRequired},
	v1alpha1.GateDutyChain:       {Enforcement: v1alpha1.EnforcementRequired},
	v1alpha1.GatePublicity:       {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 180},
	v1alpha1.GateTraining:        {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 365},
	v1alpha1.GateDutyDrill:       {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 1},
	v1alpha1.GateCounsellingRoom: {Enforcement: v1alpha1.EnforcementAdvisory, HoursPerWeek: 1},
	v1alpha1.GateExpertGroup:     {Enforcement: v1alpha1.EnforcementAdvisory},
}

// Asked is what a campaign asks of a gate: what it lists, and for the rest the defaults.
func Asked(campaign *v1alpha1.ScreeningCampaign, name v1alpha1.GateName) v1alpha1.GateRule {
	out := defaults[name]
	out.Name = name
	if campaign == nil {
		return out
	}
	for _, listed := range campaign.Spec.Gates {
		if listed.Name != name {
			continue
		}
		out.Enforcement = listed.Enforcement
		if listed.WithinDays > 0 {
			out.WithinDays = listed.WithinDays
		}
		if listed.HoursPerWeek > 0 {
			out.HoursPerWeek = listed.HoursPerWeek
		}
	}
	return out
}

// Asked is what the campaign of the round asks of a gate.
func (s *Scene) Asked(name v1alpha1.GateName) v1alpha1.GateRule { return Asked(s.Campaign, name) }

// Check is a gate that declared Schools, District and campaign decide.
type Check struct {
	Name      v1alpha1.GateName
	Condition string // of a ScreeningRound
	Holds     string // what the condition says when there is nothing else to say
	Look      func(*Scene) Gate
}

// Checks are those gates, in the order in which they count.
var Checks = []Check{
	{v1alpha1.GateStaffing, v1alpha1.ConditionSchoolsStaffed, "Every school has somebody to answer a child until the round closes", staffingGate},
	{v1alpha1.GatePublicity, v1alpha1.ConditionPublicityHeld, "Every school has held publicity", publicityGate},
	{v1alpha1.GateTraining, v1alpha1.ConditionSchoolsTrained, "Every school's staff is trained", trainingGate},
	{v1alpha1.GateCounsellingRoom, v1alpha1.ConditionCounsellingRoomsOpen, "Every school has an open counselling room", roomGate},
	{v1alpha1.GateExpertGroup, v1alpha1.ConditionAreasCovered, "Every area with schools of the cohort has an expert group", areaGate},
}
