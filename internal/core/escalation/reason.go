package escalation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Kind is the kind of a reason.
type Kind string

// The kinds of reason, in the order in which a decision lists them. UndeterminedFloor
// and VoidResponse are listed together, in the order in which the instruments are asked.
const (
	CriticalFloor     Kind = "CriticalFloor"     // Detail: the class; Values: the items
	UndeterminedFloor Kind = "UndeterminedFloor" // Detail: "phq-9", "phq-9.total" or "phq-9.q9", which has no value
	VoidResponse      Kind = "VoidResponse"      // Detail: the instrument whose answers cannot be relied on
	RuleError         Kind = "RuleError"         // Detail: the rule's name; Values: the scores it had
	RuleMatch         Kind = "Rule"              // Detail: the rule's name; Values: the scores it is about
)

// Reason is one ground of a decision. Detail names what it is about. Values holds what
// it was decided on, which is about one student: a reason stays inside a sealed result
// and never reaches an error, a log, a metric or an object.
type Reason struct {
	Kind   Kind
	Detail string
	Values []Value `json:",omitempty"`
}

// Value is one thing that a decision was made on: the class of an answer to a critical
// item (which answer it was is not needed), or the value of a scale and its band.
type Value struct {
	Instrument string
	Item       string         `json:",omitempty"`
	Class      contract.Class `json:",omitempty"`
	Scale      string         `json:",omitempty"`
	Value      float64        `json:",omitempty"` // of Scale, on the scale's own range
	Band       string         `json:",omitempty"`
}

// raiseByCritical applies the floor of every class among the answers, most urgent
// first. An answer to an instrument that the round does not list counts too.
func (c *Compiled) raiseByCritical(d *Decision, in Input) {
	var hits []Value
	add := func(code string) {
		for _, hit := range in.Results[code].Critical {
			hits = append(hits, Value{Instrument: code, Item: hit.Item, Class: hit.Class})
		}
	}
	for _, one := range c.instruments {
		add(one.Code())
	}
	for _, code := range c.strays(in) {
		add(code)
	}
	slices.SortStableFunc(hits, func(a, b Value) int {
		return cmp.Or(b.Class.Rank()-a.Class.Rank(), strings.Compare(string(a.Class), string(b.Class)))
	})
	for len(hits) > 0 {
		class := hits[0].Class
		n := 1
		for n < len(hits) && hits[n].Class == class {
			n++
		}
		d.raise(c, c.Floor(class), Reason{Kind: CriticalFloor, Detail: string(class), Values: hits[:n:n]})
		hits = hits[n:]
	}
}

// strays lists the instruments with a result that the round does not list.
func (c *Compiled) strays(in Input) []string {
	var strays []string
	for code := range in.Results {
		if !slices.ContainsFunc(c.instruments, func(one *instrument.Compiled) bool { return one.Code() == code }) {
			strays = append(strays, code)
		}
	}
	slices.Sort(strays)
	return strays
}

// values lists the scores that a rule looks at, in the order in which it names them.
func (c *Compiled) values(r *rule, scores []float64) []Value {
	var values []Value
	for _, at := range r.slots {
		if s := &c.slots[at]; !math.IsNaN(scores[at]) {
			values = append(values, Value{
				Instrument: s.instrument, Scale: s.scale.Code, Value: scores[at], Band: s.band(scores[at]),
			})
		}
	}
	return values
}

// Explain says in one line what a person on duty needs to know of the reason.
func (r Reason) Explain() string {
	switch r.Kind {
	case CriticalFloor:
		return fmt.Sprintf("critical answer (%s)%s", r.Detail, listed(r.Values))
	case UndeterminedFloor:
		return fmt.Sprintf("no value for %s: cannot be decided, ask again", r.Detail)
	case VoidResponse:
		return fmt.Sprintf("void: the answers to %s cannot be relied on, ask again", r.Detail)
	case RuleError:
		return fmt.Sprintf("rule %q lacks a score: cannot be decided, ask again%s", r.Detail, listed(r.Values))
	}
	return fmt.Sprintf("rule %q%s", r.Detail, listed(r.Values))
}

// Explain says why the tier was reached, one reason a line, the tier first.
func (d Decision) Explain() string {
	lines := []string{"tier " + d.Tier}
	if len(d.Reasons) == 0 {
		lines = append(lines, "no floor and no rule applies")
	}
	for _, r := range d.Reasons {
		lines = append(lines, r.Explain())
	}
	return strings.Join(lines, "\n")
}

func listed(values []Value) string {
	if len(values) == 0 {
		return ""
	}
	texts := make([]string, 0, len(values))
	for _, v := range values {
		texts = append(texts, v.text())
	}
	return ": " + strings.Join(texts, ", ")
}

func (v Value) text() string {
	switch {
	case v.Item != "":
		return v.Instrument + " item " + v.Item
	case v.Band != "":
		return fmt.Sprintf("%s %s = %s (%s)", v.Instrument, v.Scale, brief(v.Value), v.Band)
	}
	return fmt.Sprintf("%s %s = %s", v.Instrument, v.Scale, brief(v.Value))
}

// brief writes a score with at most four decimals, and none that say nothing.
func brief(value float64) string {
	return strconv.FormatFloat(math.Round(value*1e4)/1e4, 'f', -1, 64)
}
