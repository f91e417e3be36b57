package simulate

import (
	"cmp"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
)

// tally counts the decisions of one policy.
type tally struct {
	policy       *escalation.Compiled
	students     int
	byTier       map[string]int
	byReason     map[ReasonCount]int // Students 0
	undetermined int
	obligations  Obligations
}

func newTally(policy *escalation.Compiled) *tally {
	return &tally{policy: policy, byTier: map[string]int{}, byReason: map[ReasonCount]int{}}
}

func (t *tally) add(d escalation.Decision, critical contract.Class) {
	t.students++
	t.byTier[d.Tier]++
	if d.Undetermined {
		t.undetermined++
	}
	if reason, ok := t.decisive(d); ok {
		t.byReason[ReasonCount{Tier: d.Tier, Kind: string(reason.Kind), Detail: reason.Detail}]++
	}
	tier, _ := t.policy.Tier(d.Tier)
	switch {
	case !tier.Does(contract.Notify):
	case critical.Rank() >= contract.Urgent.Rank():
		t.obligations.Students, t.obligations.ByAnswer = t.obligations.Students+1, t.obligations.ByAnswer+1
	default:
		t.obligations.Students, t.obligations.ByDecision = t.obligations.Students+1, t.obligations.ByDecision+1
	}
}

// decisive is the first reason that leads to the tier reached: of a student whose total
// is severe and who left an item blank, it is the total.
func (t *tally) decisive(d escalation.Decision) (escalation.Reason, bool) {
	i := slices.IndexFunc(d.Reasons, func(r escalation.Reason) bool { return t.leadsTo(r) == d.Tier })
	if i < 0 {
		return escalation.Reason{}, false
	}
	return d.Reasons[i], true
}

// leadsTo is the tier that a reason asks for.
func (t *tally) leadsTo(r escalation.Reason) string {
	switch r.Kind {
	case escalation.CriticalFloor:
		return t.policy.Floor(contract.Class(r.Detail))
	case escalation.RuleMatch:
		rules := t.policy.Policy().Rules
		i := slices.IndexFunc(rules, func(rule contract.Rule) bool { return rule.Name == r.Detail })
		return rules[i].Tier
	}
	return t.policy.Policy().Undetermined.Tier
}

func (t *tally) outcome(plan *Plan) Outcome {
	out := Outcome{Tiers: []TierCount{}, Reasons: []ReasonCount{}, Undetermined: t.undetermined, Obligations: t.obligations}
	for _, name := range t.policy.Names() {
		tier, _ := t.policy.Tier(name)
		count := TierCount{Tier: name, Lead: tier.Lead, Students: t.byTier[name]}
		if t.students > 0 {
			count.Share = float64(count.Students) / float64(t.students)
		}
		out.Tiers = append(out.Tiers, count)
	}
	for reason, students := range t.byReason {
		reason.Students = students
		out.Reasons = append(out.Reasons, reason)
	}
	slices.SortFunc(out.Reasons, func(a, b ReasonCount) int {
		rankA, _ := t.policy.Rank(a.Tier)
		rankB, _ := t.policy.Rank(b.Tier)
		return cmp.Or(rankA-rankB, b.Students-a.Students, cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	if plan != nil {
		work := plan.work(t)
		out.Work = &work
	}
	return out
}

// change counts what a variant would do differently.
type change struct {
	variant Variant
	base    *escalation.Compiled
	tally   *tally
	moves   map[Move]int // Students 0
}

func newChange(variant Variant, base *escalation.Compiled) *change {
	return &change{variant: variant, base: base, tally: newTally(variant.Policy), moves: map[Move]int{}}
}

func (c *change) add(was, is escalation.Decision, critical contract.Class) {
	c.tally.add(is, critical)
	if was.Tier != is.Tier {
		c.moves[Move{From: was.Tier, To: is.Tier}]++
	}
}

func (c *change) report(plan *Plan) Change {
	out := Change{Name: c.variant.Name, Outcome: c.tally.outcome(plan), Moves: []Move{}}
	for move, students := range c.moves {
		move.Students = students
		out.Moved += students
		out.Moves = append(out.Moves, move)
	}
	slices.SortFunc(out.Moves, func(a, b Move) int {
		fromA, _ := c.base.Rank(a.From)
		fromB, _ := c.base.Rank(b.From)
		toA, _ := c.variant.Policy.Rank(a.To)
		toB, _ := c.variant.Policy.Rank(b.To)
		return cmp.Or(fromA-fromB, toA-toB)
	})
	return out
}
