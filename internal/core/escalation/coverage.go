package escalation

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// checkCoverage tries every value outside the lowest band of every Grade scale, with
// every other scale at its calmest, and requires a rule to match. A raised score that
// leads nowhere is a fault of the policy, found here and not in the field.
func (c *Compiled) checkCoverage(faults *fault.List) {
	if c.anyRuleFails(faults) {
		return
	}
	for at := range c.slots {
		if c.slots[at].scale.Purpose == contract.Grade {
			c.checkScaleCoverage(faults, at)
		}
	}
}

// calmest returns scores with every scale at the end that calls for least help.
func (c *Compiled) calmest() []float64 {
	scores := make([]float64, len(c.slots))
	for at := range c.slots {
		scores[at] = c.slots[at].calmest()
	}
	return scores
}

func (c *Compiled) checkScaleCoverage(faults *fault.List, at int) {
	s, scores := &c.slots[at], c.calmest()
	var uncaught []float64 // the run of values being read that no rule matches
	flush := func() {
		if n := len(uncaught); n > 0 {
			faults.Addf("rules", "band uncaught: no rule matches %s %s..%s (%s); add a rule for it",
				s, brief(uncaught[0]), brief(uncaught[n-1]), s.bands(uncaught[0], uncaught[n-1]))
		}
		uncaught = nil
	}
	for _, value := range s.values {
		scores[at] = value
		if !s.raised(value) || c.anyMatches(scores) {
			flush()
			continue
		}
		uncaught = append(uncaught, value)
	}
	flush()
}

func (c *Compiled) anyMatches(scores []float64) bool {
	for i := range c.rules {
		if c.outcome(&c.rules[i], scores) == yes {
			return true
		}
	}
	return false
}

// anyRuleFails adds a fault for the first rule that fails although it has every score
// it looks at: a condition cannot, CEL can.
func (c *Compiled) anyRuleFails(faults *fault.List) bool {
	for i := range c.rules {
		if err := c.failure(&c.rules[i]); err != nil {
			faults.Addf(fmt.Sprintf("rules[%d].when", i),
				"fails on scores that can occur: %s; write it so that it always gives true or false", err)
			return true
		}
	}
	return false
}

// failure runs a rule on every value of each scale it looks at, the others at their calmest.
func (c *Compiled) failure(r *rule) error {
	if r.condition != nil {
		return nil
	}
	scores := c.calmest()
	if _, err := c.run(r, scores); err != nil {
		return err
	}
	for _, at := range r.slots {
		for _, value := range c.slots[at].values {
			scores[at] = value
			if _, err := c.run(r, scores); err != nil {
				return err
			}
		}
		scores[at] = c.slots[at].calmest()
	}
	return nil
}
