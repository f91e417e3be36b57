package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// Missing says why an item has no value.
type Missing uint8

// The ways in which an item can be missing. They score alike and are kept apart
// because sources tell them apart. Whether an item was asked follows from its gate, and
// from a refusal or an "I don't know" where it is shut: see contract.Item.AskWhen.
const (
	None     Missing = iota // the item has a value
	Blank                   // left empty
	Refused                 // "I would rather not say"
	DontKnow                // "I don't know"
	NotAsked                // a gated item whose gate did not open
)

// String names the way in which an item is missing.
func (m Missing) String() string {
	switch m {
	case None:
		return "None"
	case Blank:
		return "Blank"
	case Refused:
		return "Refused"
	case DontKnow:
		return "DontKnow"
	case NotAsked:
		return "NotAsked"
	}
	return "Unknown"
}

// declines tells what is said by somebody who was asked.
func (m Missing) declines() bool { return m == Refused || m == DontKnow }

// Answer is what was given to one item: a value, or the way in which it is missing
// (then Value means nothing).
type Answer struct {
	Value   int
	Missing Missing
}

// Person is what norm tables need to know of a student.
type Person struct {
	Sex   contract.Sex // SexUnknown: not known
	Age   int          // in years; 0: not known
	Grade int          // years of schooling, 1 = first year of primary; 0: not known
}

// Response is one student's answers to one instrument.
type Response struct {
	Answers     []Answer // by the item's position; an item beyond its end is Blank
	Person      Person
	Seconds     float64 // from the first page to submission; 0: not known
	Duplicate   bool    // the same student or device answered already
	OutOfWindow bool    // answered outside the session
}

// NewResponse returns a response in which every item is Blank.
func (c *Compiled) NewResponse() *Response {
	answers := make([]Answer, len(c.items))
	for i := range answers {
		answers[i].Missing = Blank
	}
	return &Response{Answers: answers}
}
