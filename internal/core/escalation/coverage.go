package escalation

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// runsForCoverage bounds how often Compile runs rules in CEL: some hundred scores for
// each of a few rules. What is beyond it is taken to be in order.
const runsForCoverage = 20_000

// checkCoverage tries every value outside the lowest band of every Grade scale, with
// every other scale at its calmest, and requires a rule to match. A raised score that
// leads nowhere is a fault of the policy, found here and not in the field.
func (c *Compiled) checkCoverage(faults *fault.List) {
	v := coverage{c: c, faults: faults, runs: runsForCoverage}
	var conditions []*condition
	for i := range c.rules {
		if c.rules[i].condition != nil {
			conditions = append(conditions, c.rules[i].condition)
		}
	}
	v.bounds = bounds(conditions)
	if v.anyRuleFails() {
		return
	}
	for at := range c.slots {
		if c.slots[at].scale.Purpose == contract.Grade {
			v.checkScale(at)
		}
	}
}

type coverage struct {
	c      *Compiled
	faults *fault.List
	bounds map[int][]float64 // by slot: what conditions compare it with
	runs   int               // in CEL, left
}

func (v *coverage) checkScale(at int) {
	s, scores := &v.c.slots[at], v.c.calmest()
	var uncaught []float64 // the run of values being read that no rule matches
	flush := func() {
		if n := len(uncaught); n > 0 {
			v.faults.Addf("rules", "band uncaught: no rule matches %s %s..%s (%s); add a rule for it",
				s, brief(uncaught[0]), brief(uncaught[n-1]), s.bands(uncaught[0], uncaught[n-1]))
		}
		uncaught = nil
	}
	last, caught := -1, false
	for _, value := range s.values {
		scores[at] = value
		if class := classOf(value, v.bounds[at]); class != last {
			last, caught = class, v.caughtByCondition(scores)
		}
		if !s.raised(value) || caught || v.caughtInCEL(scores) {
			flush()
			continue
		}
		uncaught = append(uncaught, value)
	}
	flush()
}

func (v *coverage) caughtByCondition(scores []float64) bool {
	return slices.ContainsFunc(v.c.rules, func(r rule) bool {
		return r.condition != nil && r.condition.outcome(scores) == yes
	})
}

func (v *coverage) caughtInCEL(scores []float64) bool {
	return slices.ContainsFunc(v.c.rules, func(r rule) bool {
		if r.condition != nil {
			return false
		}
		v.runs--
		return v.runs < 0 || v.c.outcome(&r, scores) == yes
	})
}

// calmest returns scores with every scale at the end that calls for least help.
func (c *Compiled) calmest() []float64 {
	scores := make([]float64, len(c.slots))
	for at := range c.slots {
		scores[at] = c.slots[at].calmest()
	}
	return scores
}

// anyRuleFails adds a fault for the first rule that fails although it has every score
// it looks at: a condition cannot, CEL can.
func (v *coverage) anyRuleFails() bool {
	for i := range v.c.rules {
		if err := v.failure(&v.c.rules[i]); err != nil {
			v.faults.Addf(fmt.Sprintf("rules[%d].when", i),
				"fails on scores that can occur: %s; write it so that it always gives true or false", err)
			return true
		}
	}
	return false
}

// failure runs a rule on every value of each scale it looks at, the others at their
// calmest, using up to half of the runs that are left.
func (v *coverage) failure(r *rule) error {
	if r.condition != nil {
		return nil
	}
	scores := v.c.calmest()
	if _, err := v.c.run(r, scores); err != nil {
		return err
	}
	enough := v.runs / 2
	for _, at := range r.slots {
		for _, value := range v.c.slots[at].values {
			if v.runs--; v.runs < enough {
				return nil
			}
			scores[at] = value
			if _, err := v.c.run(r, scores); err != nil {
				return err
			}
		}
		scores[at] = v.c.slots[at].calmest()
	}
	return nil
}
