package escalation

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// maxTiers keeps a rank within a byte.
const maxTiers = 100

var (
	levels  = []contract.Level{contract.School, contract.District, contract.City}
	actions = []contract.Action{contract.OpenCase, contract.Notify, contract.DraftReferral, contract.FollowUp}
)

func checkInstruments(faults *fault.List, instruments []*instrument.Compiled) {
	seen := map[string]bool{}
	faults.AddIf(len(instruments) == 0, "instruments", "the round has none; list at least one")
	for i, in := range instruments {
		faults.AddIf(seen[in.Code()], fmt.Sprintf("instruments[%d]", i),
			"%q is listed twice; a round asks each instrument once", in.Code())
		seen[in.Code()] = true
	}
}

func (c *Compiled) checkTiers(faults *fault.List) {
	faults.AddIf(len(c.policy.Tiers) == 0, "tiers", "is empty; list at least one tier, severest first")
	faults.AddIf(len(c.policy.Tiers) > maxTiers, "tiers", "has %d entries; at most %d are allowed", len(c.policy.Tiers), maxTiers)
	for i, tier := range c.policy.Tiers {
		path := fmt.Sprintf("tiers[%d]", i)
		switch {
		case tier.Name == "":
			faults.Addf(path+".name", "is empty; write a name")
		case tier.Name == contract.NoTier:
			faults.Addf(path+".name", "%q is reserved for students to whom no tier applies; write another name", tier.Name)
		case c.ranks[tier.Name] != i:
			faults.Addf(path+".name", "%q is also tiers[%d]; write a name of its own", tier.Name, c.ranks[tier.Name])
		}
		faults.AddIf(tier.RespondWithinMinutes <= 0, path+".respondWithinMinutes",
			"is %d; write the minutes from receipt until the student must have been contacted", tier.RespondWithinMinutes)
		checkLevels(faults, path, tier)
		checkActions(faults, path, tier)
		checkChain(faults, path, tier)
	}
}

func checkLevels(faults *fault.List, path string, tier contract.Tier) {
	faults.AddIf(!slices.Contains(levels, tier.Lead), path+".lead",
		"unknown level %q; write School, District or City", tier.Lead)
	for i, level := range tier.With {
		faults.AddIf(!slices.Contains(levels, level), fmt.Sprintf("%s.with[%d]", path, i),
			"unknown level %q; write School, District or City", level)
	}
}

// checkActions requires OpenCase, Notify and a chain to come together: someone told
// without a case, or a case nobody hears of, is how a child gets lost.
func checkActions(faults *fault.List, path string, tier contract.Tier) {
	seen := map[contract.Action]bool{}
	for i, action := range tier.Actions {
		at := fmt.Sprintf("%s.actions[%d]", path, i)
		faults.AddIf(!slices.Contains(actions, action), at,
			"unknown action %q; write OpenCase, Notify, DraftReferral or FollowUp", action)
		faults.AddIf(seen[action], at, "%q is listed twice; list it once", action)
		seen[action] = true
	}
	if obliges(tier) != mentionsObligation(tier) {
		faults.Addf(path, "tier %q: OpenCase, Notify and a non-empty onOverdue come together; write all three or none", tier.Name)
	}
	faults.AddIf(seen[contract.DraftReferral] && tier.ChannelClass == "", path+".channelClass",
		"tier %q drafts referrals; write the class of channel they go to, such as Psychiatric", tier.Name)
}

// obliges reports whether reaching the tier makes an obligation that is watched.
func obliges(tier contract.Tier) bool {
	return tier.Does(contract.OpenCase) && tier.Does(contract.Notify) && len(tier.OnOverdue) > 0
}

func mentionsObligation(tier contract.Tier) bool {
	return tier.Does(contract.OpenCase) || tier.Does(contract.Notify) || len(tier.OnOverdue) > 0
}

func checkChain(faults *fault.List, path string, tier contract.Tier) {
	for i, step := range tier.OnOverdue {
		at := fmt.Sprintf("%s.onOverdue[%d]", path, i)
		faults.AddIf(step.AfterMinutes < 0, at+".afterMinutes",
			"is %d; write 0 for the deadline itself or the minutes after it", step.AfterMinutes)
		faults.AddIf(i > 0 && step.AfterMinutes <= tier.OnOverdue[max(i-1, 0)].AfterMinutes, at+".afterMinutes",
			"is %d; write more than the step before it, the chain rises", step.AfterMinutes)
		faults.AddIf(!slices.Contains(levels, step.Notify), at+".notify",
			"unknown level %q; write School, District or City", step.Notify)
	}
	faults.AddIf(tier.RepeatEveryMinutes < 0, path+".repeatEveryMinutes",
		"is %d; write the minutes between repetitions of the last step", tier.RepeatEveryMinutes)
}

func (c *Compiled) checkFloors(faults *fault.List) {
	immediate := c.checkFloor(faults, "critical.immediate", c.policy.Critical.Immediate, true)
	urgent := c.checkFloor(faults, "critical.urgent", c.policy.Critical.Urgent, true)
	review := c.checkFloor(faults, "critical.review", c.policy.Critical.Review, false)
	faults.AddIf(immediate > urgent, "critical.immediate", "is milder than critical.urgent; write a tier at least as severe")
	faults.AddIf(urgent > review, "critical.urgent", "is milder than critical.review; write a tier at least as severe")
	c.checkFloor(faults, "undetermined.tier", c.policy.Undetermined.Tier, false)
	faults.AddIf(c.policy.Undetermined.RetestWithinSchoolDays <= 0, "undetermined.retestWithinSchoolDays",
		"is %d; write the school days within which to ask again", c.policy.Undetermined.RetestWithinSchoolDays)
	faults.AddIf(c.policy.ReferralRelease != contract.Human, "referralRelease",
		"is %q; write Human: the machine drafts, a person sends", c.policy.ReferralRelease)
}

// checkFloor checks one floor and returns its rank; an unknown tier ranks as NoTier.
func (c *Compiled) checkFloor(faults *fault.List, path, name string, mustOblige bool) int {
	tier, ok := c.Tier(name)
	switch {
	case !ok:
		faults.Addf(path, "no tier %q; write the name of a tier", name)
		return len(c.policy.Tiers)
	case mustOblige && !obliges(tier):
		faults.Addf(path, "tier %q has no OpenCase, Notify and onOverdue; write one that has all three", name)
	}
	return c.ranks[name]
}
