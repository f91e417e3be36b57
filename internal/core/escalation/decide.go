package escalation

import (
	"math"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Input is what is known of one student in one round.
type Input struct {
	Results map[string]instrument.Result // by instrument code
}

// Decision is the tier reached and why.
type Decision struct {
	Tier         string // a tier of the policy, or contract.NoTier
	Rank         int    // 0 severest .. len(tiers) for NoTier
	Rule         string // first rule that matched; empty when none did
	Undetermined bool   // something could not be scored or decided: ask again
	Reasons      []Reason
}

// Decide returns tier = max(critical floor, undetermined floor, rules). It is total:
// a missing or void result, a Grade scale without a value, a critical item without an
// answer and a rule that fails all make the student Undetermined, and the other grounds
// still count. A student to whom nothing applies costs no allocation as long as every
// rule is a plain condition.
func (c *Compiled) Decide(in Input) Decision {
	d := Decision{Tier: contract.NoTier, Rank: len(c.policy.Tiers)}
	c.raiseByCritical(&d, in)
	c.raiseByGaps(&d, in)
	var few [64]float64 // enough for any round seen so far
	c.raiseByRules(&d, c.scoresOf(few[:0], in))
	return d
}

// raise lifts the decision to at least the tier and notes why.
func (d *Decision) raise(c *Compiled, tier string, why Reason) {
	if d.Reasons == nil {
		d.Reasons = make([]Reason, 0, 4) // enough for nearly all, in one allocation
	}
	d.Reasons = append(d.Reasons, why)
	if rank, ok := c.ranks[tier]; ok && rank < d.Rank {
		d.Tier, d.Rank = tier, rank
	}
}

func (d *Decision) undetermined(c *Compiled, why Reason) {
	d.Undetermined = true
	d.raise(c, c.policy.Undetermined.Tier, why)
}

// raiseByRules finds the first rule that matches, and notes the rules before it that
// failed: one of them might have matched.
func (c *Compiled) raiseByRules(d *Decision, scores []float64) {
	for i := range c.rules {
		r := &c.rules[i]
		switch c.outcome(r, scores) {
		case fails:
			d.undetermined(c, Reason{Kind: RuleError, Detail: r.Name, Values: c.values(r, scores)})
		case yes:
			d.Rule = r.Name
			d.raise(c, r.Tier, Reason{Kind: RuleMatch, Detail: r.Name, Values: c.values(r, scores)})
			return
		}
	}
}

// scoresOf appends the score of every slot, NaN where a scale has no value.
func (c *Compiled) scoresOf(scores []float64, in Input) []float64 {
	for i, one := range c.instruments {
		result, ok := in.Results[one.Code()]
		for at := c.first[i]; at < c.first[i+1]; at++ {
			score := math.NaN()
			if scale := find(result.Scales, at-c.first[i], c.slots[at].scale.Code); ok && scale != nil && hasValue(scale.Status) {
				score = scale.Value
			}
			scores = append(scores, score)
		}
	}
	return scores
}

// find returns the result of a scale, which is the i-th wherever a result lists every
// scale; nil when the result does not list it.
func find(scales []instrument.ScaleResult, i int, code string) *instrument.ScaleResult {
	if i < len(scales) && scales[i].Code == code {
		return &scales[i]
	}
	for i := range scales {
		if scales[i].Code == code {
			return &scales[i]
		}
	}
	return nil
}

func hasValue(s instrument.Status) bool { return s == instrument.Scored || s == instrument.Prorated }

// raiseByGaps notes what could not be scored, in the order asked: instruments without
// a result, void results, Grade scales without a value, critical items without an answer.
func (c *Compiled) raiseByGaps(d *Decision, in Input) {
	for i, one := range c.instruments {
		result, ok := in.Results[one.Code()]
		if !ok {
			d.undetermined(c, Reason{Kind: UndeterminedFloor, Detail: one.Code()})
			continue
		}
		if result.Void {
			d.undetermined(c, Reason{Kind: VoidResponse, Detail: one.Code()})
		} else {
			c.raiseByScales(d, i, result.Scales)
		}
		for _, item := range result.CriticalBlank {
			d.undetermined(c, Reason{Kind: UndeterminedFloor, Detail: one.Code() + "." + item})
		}
	}
}

func (c *Compiled) raiseByScales(d *Decision, i int, scales []instrument.ScaleResult) {
	for at := c.first[i]; at < c.first[i+1]; at++ {
		s := &c.slots[at]
		if s.scale.Purpose != contract.Grade {
			continue
		}
		if scale := find(scales, at-c.first[i], s.scale.Code); scale == nil || !hasValue(scale.Status) {
			d.undetermined(c, Reason{Kind: UndeterminedFloor, Detail: s.instrument + "." + s.scale.Code})
		}
	}
}
