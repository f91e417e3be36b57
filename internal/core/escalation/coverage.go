package escalation

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// checkCoverage tries every value above every scale's lowest band, with every other
// scale at its least value, and requires a rule to match and none to fail. A raised
// score that leads nowhere is a fault of the policy, found here and not in the field.
func (c *Compiled) checkCoverage(faults *fault.List) {
	if c.anyRuleFails(faults, c.lowest()) {
		return
	}
	for _, in := range c.instruments {
		for _, scale := range in.Scales() {
			c.checkScaleCoverage(faults, in.Code(), scale)
		}
	}
}

// lowest returns scores with every scale at its least value.
func (c *Compiled) lowest() scores {
	all := make(scores, len(c.instruments))
	for _, in := range c.instruments {
		all[in.Code()] = map[string]int64{}
		for _, scale := range in.Scales() {
			all[in.Code()][scale.Code] = int64(scale.Min)
		}
	}
	return all
}

func (c *Compiled) checkScaleCoverage(faults *fault.List, code string, scale instrument.Scale) {
	s := c.lowest()
	first := -1 // of the run of uncaught values being read; -1: none
	flush := func(last int) {
		faults.AddIf(first >= 0, "rules", "band uncaught: no rule matches scores['%s'].%s %d..%d; add a rule for it",
			code, scale.Code, first, last)
		first = -1
	}
	for value := scale.Lowest.To + 1; value <= scale.Max; value++ {
		s[code][scale.Code] = int64(value)
		if c.anyRuleFails(faults, s) {
			return
		}
		fired, _ := c.firstMatch(s)
		switch {
		case fired != nil:
			flush(value - 1)
		case first < 0:
			first = value
		}
	}
	flush(scale.Max)
}

// anyRuleFails adds a fault for the first rule that fails on s.
func (c *Compiled) anyRuleFails(faults *fault.List, s scores) bool {
	for i, r := range c.rules {
		if _, err := r.matches(s); err != nil {
			faults.Addf(fmt.Sprintf("rules[%d].when", i),
				"fails on scores that can occur: %s; write it so that it always gives true or false", err)
			return true
		}
	}
	return false
}

// firstMatch returns the first rule that matches, nil when none does, and the names
// of the rules before it that failed.
func (c *Compiled) firstMatch(s scores) (fired *rule, failed []string) {
	for i := range c.rules {
		match, err := c.rules[i].matches(s)
		if err != nil {
			failed = append(failed, c.rules[i].Name)
			continue
		}
		if match {
			return &c.rules[i], failed
		}
	}
	return nil, failed
}
