package escalation

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// slot is one scale of the round. Scores are kept in the order of the slots: the
// instruments as asked, and the scales of each in its own order.
type slot struct {
	instrument string
	asked      int // the instrument's place in the round
	scale      instrument.Scale
	values     []float64 // that can occur, rising
}

// layOut makes the slots.
func (c *Compiled) layOut() {
	c.first = make([]int, 1, len(c.instruments)+1)
	for asked, in := range c.instruments {
		for i, scale := range in.Scales() {
			c.slots = append(c.slots, slot{instrument: in.Code(), asked: asked, scale: scale, values: in.Values(i)})
		}
		c.first = append(c.first, len(c.slots))
	}
}

// String is how a rule names the score.
func (s *slot) String() string { return fmt.Sprintf("scores['%s'].%s", s.instrument, s.scale.Code) }

// calmest is the value that calls for least help.
func (s *slot) calmest() float64 {
	if s.scale.Worse == contract.Lower {
		return s.values[len(s.values)-1]
	}
	return s.values[0]
}

// raised tells values outside the band that asks for nothing.
func (s *slot) raised(value float64) bool {
	return value < s.scale.Lowest.From || value > s.scale.Lowest.To
}

// band names the band of a value.
func (s *slot) band(value float64) string {
	for _, b := range s.scale.Bands {
		if b.From <= value && value <= b.To {
			return b.Name
		}
	}
	return ""
}

// bands names the band of both ends of a range.
func (s *slot) bands(from, to float64) string {
	if s.band(from) == s.band(to) {
		return s.band(from)
	}
	return s.band(from) + " to " + s.band(to)
}
