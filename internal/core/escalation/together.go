package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// uncaughtTogether names scores of complete answers with which a Grade scale is raised
// and no rule matches. Each scale by itself is caught (checkCoverage), so these are scales
// raised together: rules that each want the others to be low let down who is high on all.
// It is "" when there are none, and when the search cannot tell.
func (c *Compiled) uncaughtTogether() string {
	raised := rule{condition: &condition{kind: constant, always: no}}
	for at := range c.slots {
		s := &c.slots[at]
		if s.scale.Purpose != contract.Grade {
			continue
		}
		raised.slots = append(raised.slots, at)
		for _, outside := range []condition{
			{kind: compare, slot: at, is: less, bound: s.scale.Lowest.From},
			{kind: compare, slot: at, is: greater, bound: s.scale.Lowest.To},
		} {
			raised.condition = &condition{kind: anyOf, of: []condition{*raised.condition, outside}}
		}
	}
	if slices.ContainsFunc(c.rules, func(r rule) bool { return r.condition == nil }) {
		return ""
	}
	s := c.newSearch(&raised, c.rules, looksForFirst)
	for at, scores := range s.classes {
		s.classes[at] = scores[:len(scores)-1] // without a value the student is undetermined
	}
	if s.run(0) != sometimes {
		return ""
	}
	var texts []string
	for _, at := range s.order[:s.depth] {
		if value := s.scores[at]; value != c.slots[at].calmest() {
			texts = append(texts, fmt.Sprintf("%s = %s", &c.slots[at], brief(value)))
		}
	}
	return strings.Join(texts, " together with ")
}
