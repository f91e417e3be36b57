package escalation

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Tighten returns the policy with a district's own deadlines and floors in it, wherever
// they are stricter. Of two deadlines the sooner holds and of two floors the severer,
// so that a policy which the province tightens later never stands against a district:
// nothing is loosened, and no round is kept from opening for it. The notes say what of
// the district's has no effect and why, each at its field, e.g.
// "stricterDeadlines[0].tier" or "stricterFloors.urgent", with the remedy. The policy
// itself is not changed; it has to be one that Check accepts.
func Tighten(policy contract.Policy, deadlines []contract.Tighter, floors contract.StricterFloors) (contract.Policy, []*fault.Error) {
	c := &Compiled{policy: policy, ranks: rankTiers(policy.Tiers)}
	c.policy.Tiers = slices.Clone(policy.Tiers)
	var notes fault.List
	c.tightenDeadlines(&notes, deadlines)
	critical := &c.policy.Critical
	c.raiseFloor(&notes, "immediate", floors.Immediate, &critical.Immediate)
	c.raiseFloor(&notes, "urgent", floors.Urgent, &critical.Urgent, &critical.Immediate)
	c.raiseFloor(&notes, "review", floors.Review, &critical.Review, &critical.Urgent, &critical.Immediate)
	c.raiseFloor(&notes, "undetermined", floors.Undetermined, &c.policy.Undetermined.Tier)
	return c.policy, fault.All(notes.Err())
}

func (c *Compiled) tightenDeadlines(notes *fault.List, deadlines []contract.Tighter) {
	seen := map[string]int{}
	for i, d := range deadlines {
		path := fmt.Sprintf("stricterDeadlines[%d]", i)
		rank, ok := c.ranks[d.Tier]
		if !ok || d.Tier == contract.NoTier {
			notes.Addf(path+".tier", "no tier %q; write the name of a tier of the policy", d.Tier)
			continue
		}
		first, twice := seen[d.Tier]
		notes.AddIf(twice, path+".tier", "%q is also stricterDeadlines[%d], and the sooner of both holds; write one deadline for a tier", d.Tier, first)
		seen[d.Tier] = i
		tier := &c.policy.Tiers[rank]
		switch {
		case d.RespondWithinMinutes < 1:
			notes.Addf(path+".respondWithinMinutes", "is %d; write at least 1", d.RespondWithinMinutes)
		case d.RespondWithinMinutes > tier.RespondWithinMinutes && !twice:
			notes.Addf(path+".respondWithinMinutes", "is %d, longer than the policy's %d for tier %q, which holds; write no more than that",
				d.RespondWithinMinutes, tier.RespondWithinMinutes, d.Tier)
		default:
			tier.RespondWithinMinutes = min(tier.RespondWithinMinutes, d.RespondWithinMinutes)
		}
	}
}

// raiseFloor raises a floor, and with it those of more urgent answers that are milder:
// an answer is never treated as more than a more urgent one. It raises none of them when
// one cannot be, and then says why.
func (c *Compiled) raiseFloor(notes *fault.List, name, stricter string, floor *string, moreUrgent ...*string) {
	if stricter == "" {
		return
	}
	path := "stricterFloors." + name
	if _, ok := c.Tier(stricter); !ok {
		notes.Addf(path, "no tier %q; write the name of a tier of the policy", stricter)
		return
	}
	if c.ranks[stricter] > c.ranks[*floor] {
		notes.Addf(path, "tier %q is milder than the policy's %q, which holds; write %q or a severer tier", stricter, *floor, *floor)
		return
	}
	raised := []*string{floor}
	for _, other := range moreUrgent {
		if c.ranks[stricter] < c.ranks[*other] {
			raised = append(raised, other)
		}
	}
	for _, one := range raised {
		if problem := c.looser(stricter, *one); problem != "" {
			notes.Addf(path, "%s", problem)
			return
		}
	}
	for _, one := range raised {
		*one = stricter
	}
}

// looser says in what a severer tier is less than another one; "" when in nothing. A tier
// that is answered later, or that obliges nobody where the other does, is no stricter.
func (c *Compiled) looser(severer, than string) string {
	tier, _ := c.Tier(severer)
	was, _ := c.Tier(than)
	switch {
	case tier.RespondWithinMinutes > was.RespondWithinMinutes:
		return fmt.Sprintf("tier %q is answered within %d minutes, later than %q within %d, which holds; shorten it in stricterDeadlines too",
			severer, tier.RespondWithinMinutes, than, was.RespondWithinMinutes)
	case obliges(was) && !obliges(tier):
		return fmt.Sprintf("tier %q has no OpenCase, Notify and onOverdue, and %q, which holds, has; write one that has all three", severer, than)
	}
	return ""
}
