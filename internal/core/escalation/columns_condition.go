package escalation

import (
	"math"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Of every two sets of outcomes a and b: both(a, b) and either(a, b) at 8a+b, and
// not(a) at a.
var bothOf, eitherOf, negations = outcomeTables()

func outcomeTables() (bothOf, eitherOf [64]outcomes, negations [8]outcomes) {
	for a := range outcomes(8) {
		negations[a] = not(a)
		for b := range outcomes(8) {
			bothOf[a<<3|b], eitherOf[a<<3|b] = both(a, b), either(a, b)
		}
	}
	return bothOf, eitherOf, negations
}

// outcomes evaluates a condition on every row of the block. The result is overwritten
// by the next call at the same depth.
func (b *block) outcomes(c *condition, depth int) []outcomes {
	for len(b.out.room) <= depth {
		b.out.room = append(b.out.room, make([]outcomes, blockRows))
	}
	into := b.out.room[depth][:len(b.rank)]
	switch c.kind {
	case constant:
		for i := range into {
			into[i] = c.always
		}
	case compare, present:
		b.leaf(c, into)
	case negated:
		for i, one := range b.outcomes(&c.of[0], depth) {
			into[i] = negations[one&7]
		}
	default:
		b.outcomes(&c.of[0], depth)
		combine(into, b.outcomes(&c.of[1], depth+1), c.kind)
	}
	return into
}

// combine joins two columns of outcomes into the first.
func combine(into, with []outcomes, kind kind) {
	joined := &bothOf
	if kind == anyOf {
		joined = &eitherOf
	}
	for i, one := range with[:len(into)] {
		into[i] = joined[(into[i]<<3|one)&63]
	}
}

// leaf evaluates a comparison or has() on every row. What follows from a score that is
// below, at or above the bound, or not there, is worked out once.
func (b *block) leaf(c *condition, into []outcomes) {
	column := b.column(c.slot)
	if column == nil {
		without := c.leaf(math.NaN())
		for i := range into {
			into[i] = without
		}
		return
	}
	var follows [8]outcomes
	for i, score := range []float64{math.Nextafter(c.bound, math.Inf(-1)), c.bound, math.Nextafter(c.bound, math.Inf(1))} {
		follows[i], follows[i+4] = c.leaf(score), c.leaf(math.NaN())
	}
	values, status := column.Value[b.from:][:len(into)], column.Status[b.from:][:len(into)]
	for i, value := range values {
		which := bit(value >= c.bound) + bit(value > c.bound) + 4*bit(status[i] > instrument.ProratedCode)
		into[i] = follows[which&7]
	}
}

// bit is 1 for true; the compiler makes it without a branch.
func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// column is the column of a slot; nil when nobody answered the instrument.
func (b *block) column(at int) *instrument.ScaleColumn {
	s := &b.c.slots[at]
	if b.in[s.asked] == nil {
		return nil
	}
	return &b.in[s.asked].Scales[at-b.c.first[s.asked]]
}

// score is the score of one row; NaN where there is none.
func (b *block) score(at, row int) float64 {
	column := b.column(at)
	if column == nil || column.Status[b.from+row] > instrument.ProratedCode {
		return math.NaN()
	}
	return column.Value[b.from+row]
}
