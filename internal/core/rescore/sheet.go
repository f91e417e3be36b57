package rescore

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// sheet is a response laid beside its instrument, one answer per item.
type sheet struct {
	in      contract.Instrument
	answers []answer
}

// answer is what became of one item.
type answer struct {
	asked bool // every item without a gate, every gated one whose gate opened, and whatever was answered or refused all the same
	given bool // has a value
	value int  // as given, not reversed
}

func (a answer) missing() bool { return a.asked && !a.given }

// read works out, item after item, what was asked: a gate looks at earlier items only.
func read(in contract.Instrument, response instrument.Response) []answer {
	s := sheet{in: in}
	for i, item := range in.Items {
		var a answer
		if i < len(response.Answers) && response.Answers[i].Missing == instrument.None && offers(item, response.Answers[i].Value) {
			a.given, a.value = true, response.Answers[i].Value
		}
		a.asked = a.given || said(response, i) || len(item.AskWhen) == 0 || slices.ContainsFunc(item.AskWhen, s.holds)
		s.answers = append(s.answers, a)
	}
	return s.answers
}

// said tells a student who was asked the item and would not or could not answer it.
func said(response instrument.Response, i int) bool {
	return i < len(response.Answers) &&
		(response.Answers[i].Missing == instrument.Refused || response.Answers[i].Missing == instrument.DontKnow)
}

// offers says whether a value is one of the item's options; any other is no answer.
func offers(item contract.Item, value int) bool {
	return slices.ContainsFunc(item.Options, func(o contract.Option) bool { return o.Value == value })
}

// holds says whether a test of an item that has been read holds.
func (s sheet) holds(t contract.ItemTest) bool {
	a := s.answer(t.Item)
	if a.given {
		return t.From <= a.value && a.value <= t.To
	}
	return t.OrMissing && a.missing()
}

// answer is that of the item with this code; an item not read yet counts as not asked.
func (s sheet) answer(code string) answer {
	for i, a := range s.answers {
		if s.in.Items[i].Code == code {
			return a
		}
	}
	return answer{}
}

func (s sheet) item(code string) contract.Item {
	for _, item := range s.in.Items {
		if item.Code == code {
			return item
		}
	}
	return contract.Item{}
}

// given lists the values of all answered items in the order asked.
func (s sheet) given() []int {
	var values []int
	for _, a := range s.answers {
		if a.given {
			values = append(values, a.value)
		}
	}
	return values
}

// lowest is an item's lowest option, highest its highest.
func lowest(item contract.Item) int {
	return slices.MinFunc(item.Options, byValue).Value
}

func highest(item contract.Item) int {
	return slices.MaxFunc(item.Options, byValue).Value
}

func byValue(a, b contract.Option) int { return a.Value - b.Value }
