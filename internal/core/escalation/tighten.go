package escalation

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Tighten returns the policy with a district's own deadlines and floors in it, which
// may only be stricter than the policy's. The error joins everything that would loosen
// it, or that the policy does not know, as *fault.Error at the district's field, e.g.
// "stricterDeadlines[0].respondWithinMinutes" or "stricterFloors.urgent", with the
// remedy. The policy itself is not changed; it has to be one that Check accepts.
func Tighten(policy contract.Policy, deadlines []contract.Tighter, floors contract.StricterFloors) (contract.Policy, error) {
	c := &Compiled{policy: policy, ranks: rankTiers(policy.Tiers)}
	c.policy.Tiers = slices.Clone(policy.Tiers)
	var faults fault.List
	c.tightenDeadlines(&faults, deadlines)
	c.tightenFloor(&faults, "immediate", &c.policy.Critical.Immediate, floors.Immediate)
	c.tightenFloor(&faults, "urgent", &c.policy.Critical.Urgent, floors.Urgent)
	c.tightenFloor(&faults, "review", &c.policy.Critical.Review, floors.Review)
	c.tightenFloor(&faults, "undetermined", &c.policy.Undetermined.Tier, floors.Undetermined)
	if faults.Len() == 0 {
		c.checkFloorOrder(&faults)
	}
	if err := faults.Err(); err != nil {
		return contract.Policy{}, fmt.Errorf("policy %q: %w", policy.Name, err)
	}
	return c.policy, nil
}

func (c *Compiled) tightenDeadlines(faults *fault.List, deadlines []contract.Tighter) {
	seen := map[string]int{}
	for i, d := range deadlines {
		path := fmt.Sprintf("stricterDeadlines[%d]", i)
		tier, ok := c.Tier(d.Tier)
		first, twice := seen[d.Tier]
		seen[d.Tier] = i
		switch {
		case !ok:
			faults.Addf(path+".tier", "no tier %q; write the name of a tier of the policy", d.Tier)
		case twice:
			faults.Addf(path+".tier", "%q is also stricterDeadlines[%d]; write one deadline for a tier", d.Tier, first)
		case d.RespondWithinMinutes < 1:
			faults.Addf(path+".respondWithinMinutes", "is %d; write at least 1", d.RespondWithinMinutes)
		case d.RespondWithinMinutes > tier.RespondWithinMinutes:
			faults.Addf(path+".respondWithinMinutes", "is %d, longer than the policy's %d for tier %q; write no more than that",
				d.RespondWithinMinutes, tier.RespondWithinMinutes, d.Tier)
		default:
			c.policy.Tiers[c.ranks[d.Tier]].RespondWithinMinutes = d.RespondWithinMinutes
		}
	}
}

// tightenFloor raises one floor. A severer tier that would be answered later, or that
// obliges nobody where the policy's does, is no stricter.
func (c *Compiled) tightenFloor(faults *fault.List, name string, floor *string, stricter string) {
	if stricter == "" {
		return
	}
	path := "stricterFloors." + name
	was, _ := c.Tier(*floor)
	tier, ok := c.Tier(stricter)
	switch {
	case !ok:
		faults.Addf(path, "no tier %q; write the name of a tier of the policy", stricter)
	case c.ranks[stricter] > c.ranks[*floor]:
		faults.Addf(path, "tier %q is milder than the policy's %q; write %q or a severer tier", stricter, *floor, *floor)
	case tier.RespondWithinMinutes > was.RespondWithinMinutes:
		faults.Addf(path, "tier %q is answered within %d minutes, later than the policy's %q within %d; shorten it in stricterDeadlines too",
			stricter, tier.RespondWithinMinutes, *floor, was.RespondWithinMinutes)
	case obliges(was) && !obliges(tier):
		faults.Addf(path, "tier %q has no OpenCase, Notify and onOverdue, and the policy's %q has; write one that has all three", stricter, *floor)
	default:
		*floor = stricter
	}
}

// checkFloorOrder keeps a more urgent class at least as severe as a less urgent one.
func (c *Compiled) checkFloorOrder(faults *fault.List) {
	critical := c.policy.Critical
	faults.AddIf(c.ranks[critical.Immediate] > c.ranks[critical.Urgent], "stricterFloors.urgent",
		"tier %q is severer than that of immediate answers, %q; raise stricterFloors.immediate too", critical.Urgent, critical.Immediate)
	faults.AddIf(c.ranks[critical.Urgent] > c.ranks[critical.Review], "stricterFloors.review",
		"tier %q is severer than that of urgent answers, %q; raise stricterFloors.urgent too", critical.Review, critical.Urgent)
}
