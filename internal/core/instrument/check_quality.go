package instrument

import (
	"fmt"
	"math"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Greatest thresholds that make sense.
const (
	maxSpread  = 100 // no standard deviation of options reaches it
	maxSeconds = 600 // for one item
)

// quality checks the quality rules; thresholds of validity scales only where all
// before is sound.
func (c *checker) quality(sound bool) {
	var compiled *Compiled
	if sound {
		compiled = build(contract.Instrument{Items: c.in.Items, Scales: c.in.Scales})
	}
	for i, rule := range c.in.Quality {
		path := fmt.Sprintf("quality[%d]", i)
		oneOf(c, path+".check", "check", rule.Check, contract.ValidityScale, contract.LongestRun, contract.Spread,
			contract.SecondsPerItem, contract.AllLowest, contract.Duplicate, contract.OutOfWindow)
		oneOf(c, path+".effect", "effect", rule.Effect, contract.Void, contract.Flag)
		if rule.Check == contract.ValidityScale {
			c.validityScale(path, rule, compiled)
			continue
		}
		c.AddIf(rule.Scale != "", path+".scale", "check %s looks at no scale; leave it out", rule.Check)
		c.threshold(path+".threshold", rule)
	}
}

func (c *checker) validityScale(path string, rule contract.QualityRule, compiled *Compiled) {
	i, known := c.scales[rule.Scale]
	switch {
	case !known:
		c.Addf(path+".scale", "no scale %q in this instrument; write the code of one of purpose Validity", rule.Scale)
	case c.in.Scales[i].Purpose != contract.Validity:
		c.Addf(path+".scale", "scale %q has purpose %s; write the code of one of purpose Validity", rule.Scale, c.in.Scales[i].Purpose)
	case compiled != nil:
		s := &compiled.scales[i]
		c.AddIf(!(rule.Threshold > s.min && rule.Threshold <= s.max), path+".threshold",
			"is %g; scale %q reaches from %g to %g: write a value above the least and up to the greatest",
			rule.Threshold, rule.Scale, s.min, s.max)
	}
}

func (c *checker) threshold(path string, rule contract.QualityRule) {
	t := rule.Threshold
	switch rule.Check {
	case contract.LongestRun:
		c.AddIf(t != math.Trunc(t) || !(t >= leastAnswered && t <= float64(len(c.in.Items))), path,
			"is %g; write a number of answers in a row, %d..%d", t, leastAnswered, len(c.in.Items))
	case contract.Spread:
		c.AddIf(!(t > 0 && t < maxSpread), path, "is %g; write a standard deviation above 0 and below %d", t, maxSpread)
	case contract.SecondsPerItem:
		c.AddIf(!(t > 0 && t <= maxSeconds), path, "is %g; write seconds above 0, up to %d", t, maxSeconds)
	default:
		c.AddIf(t != 0, path, "is %g; check %s has no threshold, write 0", t, rule.Check)
	}
}
