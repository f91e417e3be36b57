package escalation

import (
	"fmt"
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Bounds on one search, in looks at a comparison. A search that ends undecided finds
// nothing to report: a policy is never called wrong on a guess.
const (
	looksForMatch = 20_000
	looksForFirst = 200_000
	looksForHider = 20_000
)

// checkSatisfiable refuses a rule that no scores can make true: its author meant to
// reach somebody and reaches nobody.
func (c *Compiled) checkSatisfiable(faults *fault.List) {
	for i := range c.rules {
		if c.firstToMatch(&c.rules[i], nil, looksForMatch) == never {
			faults.Addf(fmt.Sprintf("rules[%d].when", i),
				"is true for no scores that can occur%s; compare with values in range, or drop the rule", c.ranges(&c.rules[i]))
		}
	}
}

func (c *Compiled) ranges(r *rule) string {
	text := ""
	for _, at := range r.slots {
		s := &c.slots[at]
		text += fmt.Sprintf(", %s is %s..%s", s, brief(s.values[0]), brief(s.values[len(s.values)-1]))
	}
	return text
}

// Warnings lists what is odd in a policy and not certain to let a student down, each at
// its field path: a rule that can never be the first to match, for whoever it is about
// gets a tier at least as severe by the rules before it; scales that no rule catches
// when they are raised together; a tier that nobody can get; and one that is answered
// later than a milder one. It is exact for rules that compare single scores with numbers,
// as if every scale took its values by itself, and silent about others
// (docs/design/0006-policy-findings.md).
func (c *Compiled) Warnings() []*fault.Error {
	var warnings []*fault.Error
	floors := []string{
		c.policy.Critical.Immediate, c.policy.Critical.Urgent, c.policy.Critical.Review, c.policy.Undetermined.Tier,
	}
	for i := range c.rules {
		r := &c.rules[i]
		if c.firstToMatch(r, c.rules[:i], looksForFirst) == never {
			warnings = append(warnings, &fault.Error{
				Path:    fmt.Sprintf("rules[%d].when", i),
				Problem: fmt.Sprintf("rule %q never decides: %s; drop it, or narrow what is before it", r.Name, c.hider(i)),
			})
			continue
		}
		floors = append(floors, r.Tier)
	}
	if scores := c.uncaughtTogether(); scores != "" {
		warnings = append(warnings, &fault.Error{
			Path:    "rules",
			Problem: fmt.Sprintf("no rule matches %s, if these can occur; add a rule, or let one look at less", scores),
		})
	}
	for i, tier := range c.policy.Tiers {
		if !slices.Contains(floors, tier.Name) {
			warnings = append(warnings, &fault.Error{
				Path:    fmt.Sprintf("tiers[%d].name", i),
				Problem: fmt.Sprintf("nobody can get tier %q: no floor and no rule that decides names it; name it in one, or drop it", tier.Name),
			})
		}
	}
	return append(warnings, lateTiers(c.policy.Tiers)...)
}

// lateTiers are those answered later than a milder one: who reaches both gets the severer
// tier, and with it the later deadline.
func lateTiers(tiers []contract.Tier) (warnings []*fault.Error) {
	for i, tier := range tiers {
		j := slices.IndexFunc(tiers[i+1:], func(milder contract.Tier) bool {
			return milder.RespondWithinMinutes < tier.RespondWithinMinutes
		})
		if j >= 0 {
			milder := tiers[i+1+j]
			warnings = append(warnings, &fault.Error{
				Path: fmt.Sprintf("tiers[%d].respondWithinMinutes", i),
				Problem: fmt.Sprintf("tier %q is answered within %d minutes, later than the milder %q within %d; write no more than that",
					tier.Name, tier.RespondWithinMinutes, milder.Name, milder.RespondWithinMinutes),
			})
		}
	}
	return warnings
}

// hider names the rule that by itself hides the i-th, if there is one.
func (c *Compiled) hider(i int) string {
	for j := range i {
		if c.firstToMatch(&c.rules[i], c.rules[j:j+1], looksForHider) == never {
			return fmt.Sprintf("rule %q (rules[%d]) matches whenever it does", c.rules[j].Name, j)
		}
	}
	return "one of the rules before it matches whenever it does"
}

type finding uint8

const (
	undecided finding = iota
	never
	sometimes
)

// search looks for scores on which one rule matches and none of those before it does.
type search struct {
	wanted  *condition
	before  []*condition
	order   []int             // the slots to settle, one after the other
	classes map[int][]float64 // by slot: one score for each way in which the conditions can tell scores apart
	scores  []float64         // of the slots settled so far
	settled []bool
	looks   int // left
	depth   int // where it came to sometimes: the slots of order before it are settled
}

// firstToMatch tells whether the rule can match where none of those before it does.
// Rules that only CEL can evaluate are taken never to match before it.
func (c *Compiled) firstToMatch(r *rule, before []rule, looks int) finding {
	if r.condition == nil {
		return undecided
	}
	s := c.newSearch(r, before, looks)
	return s.run(0)
}

func (c *Compiled) newSearch(r *rule, before []rule, looks int) search {
	s := search{
		wanted: r.condition, order: slices.Clone(r.slots), classes: map[int][]float64{},
		scores: make([]float64, len(c.slots)), settled: make([]bool, len(c.slots)), looks: looks,
	}
	for i := range before {
		if before[i].condition == nil {
			continue
		}
		s.before = append(s.before, before[i].condition)
		for _, at := range before[i].slots {
			if !slices.Contains(s.order, at) {
				s.order = append(s.order, at)
			}
		}
	}
	bounds := bounds(append(s.before[:len(s.before):len(s.before)], s.wanted))
	for _, at := range s.order {
		s.classes[at] = classes(c.slots[at].values, bounds[at])
	}
	return s
}

// bounds lists the numbers that conditions compare each slot with, rising.
func bounds(conditions []*condition) map[int][]float64 {
	found := map[int][]float64{}
	for _, c := range conditions {
		c.comparisons(func(at int, bound float64) { found[at] = append(found[at], bound) })
	}
	for at := range found {
		slices.Sort(found[at])
		found[at] = slices.Compact(found[at])
	}
	return found
}

// classes picks one of every run of values that compare alike with all bounds, both
// rising, and adds the scale without a value.
func classes(values, bounds []float64) []float64 {
	var picked []float64
	last := -1
	for _, value := range values {
		if class := classOf(value, bounds); class != last {
			picked, last = append(picked, value), class
		}
	}
	return append(picked, math.NaN())
}

// classOf numbers the values that compare alike with all bounds, which rise.
func classOf(value float64, bounds []float64) int {
	at, equal := slices.BinarySearch(bounds, value)
	if equal {
		return 2*at + 1
	}
	return 2 * at
}

// run settles the slots from depth on, as far as needed.
func (s *search) run(depth int) finding {
	found, open := s.judge()
	if !open {
		s.depth = depth
		return found
	}
	at := s.order[depth]
	s.settled[at] = true
	defer func() { s.settled[at] = false }()
	for _, score := range s.classes[at] {
		s.scores[at] = score
		if found := s.run(depth + 1); found != never {
			return found
		}
	}
	return never
}

// judge says what is certain whatever the open slots come to.
func (s *search) judge() (found finding, open bool) {
	wanted := s.possible(s.wanted)
	if wanted&yes == 0 {
		return never, false
	}
	open = wanted != yes
	for _, one := range s.before {
		outcome := s.possible(one)
		if outcome == yes {
			return never, false
		}
		open = open || outcome&yes != 0
	}
	if s.looks <= 0 {
		return undecided, false
	}
	return sometimes, open
}

// possible is what a condition can still come to; it may hold more than that where
// one score appears twice.
func (s *search) possible(c *condition) outcomes {
	switch c.kind {
	case compare, present:
		return s.possibleLeaf(c)
	case negated:
		return not(s.possible(&c.of[0]))
	case allOf:
		return both(s.possible(&c.of[0]), s.possible(&c.of[1]))
	case anyOf:
		return either(s.possible(&c.of[0]), s.possible(&c.of[1]))
	}
	return c.always
}

func (s *search) possibleLeaf(c *condition) outcomes {
	if s.settled[c.slot] {
		s.looks--
		return c.leaf(s.scores[c.slot])
	}
	var possible outcomes
	for _, score := range s.classes[c.slot] {
		s.looks--
		possible |= c.leaf(score)
	}
	return possible
}
