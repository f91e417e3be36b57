package scorer

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// responses are the accepted answers of an attempt, one response for each instrument
// that got any, by code.
type responses map[string]*instrument.Response

// put notes an answer; a later one to the same item replaces it.
func (rs responses) put(c *instrument.Compiled, item string, value int) error {
	if err := c.Valid(item, value); err != nil {
		return fmt.Errorf("a stored answer does not fit the round's meaning: %w", err)
	}
	position, _ := c.Position(item)
	rs.of(c).Answers[position] = instrument.Answer{Value: value}
	return nil
}

// of is the response to an instrument, with every item blank if nothing was answered.
func (rs responses) of(c *instrument.Compiled) *instrument.Response {
	if rs[c.Code()] == nil {
		rs[c.Code()] = c.NewResponse()
	}
	return rs[c.Code()]
}

// describe adds what is known of the attempt as a whole. The instruments of a form share
// its time by their answers. No response is out of its window: what comes after a
// session is stored and heard, and not accepted.
func (rs responses) describe(a attempt) {
	total := 0
	for _, r := range rs {
		total += answered(r)
	}
	for _, r := range rs {
		r.Person, r.Duplicate = a.person, a.duplicate
		if total > 0 {
			r.Seconds = a.seconds * float64(answered(r)) / float64(total)
		}
	}
}

func answered(r *instrument.Response) int {
	n := 0
	for _, a := range r.Answers {
		if a.Missing == instrument.None {
			n++
		}
	}
	return n
}
