package fhir

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// expressions writes the scales of one instrument as FHIRPath over a complete
// QuestionnaireResponse: one in which every item that was asked has an answer. They are
// made of what the FHIRPath standard requires of every engine, take the number from the
// answer's code and so need no lookup of ordinal values, and divide once, as
// contract.Scale asks. Missing answers are not part of them: which of several rules
// applies, and to how many, is not something a form should leave to an expression.
type expressions struct {
	items map[string]contract.Item
}

func newExpressions(in contract.Instrument) expressions {
	e := expressions{items: make(map[string]contract.Item, len(in.Items))}
	for _, item := range in.Items {
		e.items[item.Code] = item
	}
	return e
}

// raw is the raw value of a scale; norms are not applied.
func (e expressions) raw(s contract.Scale) string {
	switch s.Method {
	case contract.Cases:
		return e.cases(s.Cases)
	case contract.Count:
		return quotient(s, product(e.counted(s), s.Multiply.Numerator), s.Multiply.Denominator, "")
	case contract.Mean:
		weight, counted := e.weight(s)
		return quotient(s, product(e.sum(s), s.Multiply.Numerator), s.Multiply.Denominator*weight, counted)
	}
	return quotient(s, product(e.sum(s), s.Multiply.Numerator), s.Multiply.Denominator, "")
}

// group is the items of a scale whose answers count in the same way.
type group struct {
	weight  int
	reverse bool
	edge    int // of a reverse item: lowest + highest option
	items   []string
}

func (e expressions) groups(s contract.Scale) []group {
	var out []group
	for _, code := range s.Items {
		one := group{weight: weightOf(s, code), reverse: slices.Contains(s.Reverse, code)}
		if one.reverse {
			low, high := ends(e.items[code])
			one.edge = low + high
		}
		at := slices.IndexFunc(out, func(g group) bool {
			return g.weight == one.weight && g.reverse == one.reverse && g.edge == one.edge
		})
		if at < 0 {
			at, out = len(out), append(out, one)
		}
		out[at].items = append(out[at].items, code)
	}
	return out
}

func weightOf(s contract.Scale, item string) int {
	for _, w := range s.Weights {
		if w.Item == item {
			return w.Weight
		}
	}
	return 1
}

func ends(item contract.Item) (low, high int) {
	for i, o := range item.Options {
		if i == 0 {
			low, high = o.Value, o.Value
		}
		low, high = min(low, o.Value), max(high, o.Value)
	}
	return low, high
}

// answers are the answers to items as numbers.
func answers(items []string) string {
	return codes(items) + ".select($this.toInteger())"
}

// codes are the codes of the options chosen for items. One pattern is tried much faster
// than the list of items is searched, which counts in forms that calculate as they are
// filled in; codes of items have no character that means something in a pattern.
func codes(items []string) string {
	if len(items) == 1 {
		return "%resource.item.where(linkId = '" + items[0] + "').answer.value.code"
	}
	return "%resource.item.where(linkId.matches('^(" + strings.Join(items, "|") + ")$')).answer.value.code"
}

// values are the answers of a group, reversed where the group is.
func (g group) values() string {
	if g.reverse {
		return codes(g.items) + ".select(" + strconv.Itoa(g.edge) + " - $this.toInteger())"
	}
	return answers(g.items)
}

func (e expressions) sum(s contract.Scale) string {
	var terms []string
	for _, g := range e.groups(s) {
		terms = append(terms, product(g.values()+".aggregate($this + $total, 0)", g.weight))
	}
	return plus(terms)
}

func (e expressions) counted(s contract.Scale) string {
	unweighted := s
	unweighted.Weights = nil
	var terms []string
	for _, g := range e.groups(unweighted) {
		terms = append(terms, countIn(g.values(), s.Count.From, s.Count.To))
	}
	return plus(terms)
}

func countIn(values string, from, to int) string {
	return fmt.Sprintf("%s.where($this >= %d and $this <= %d).count()", values, from, to)
}

// weight is the total weight of a scale's items; when one of them may not have been
// asked it is 1, and counted is an expression of the weight of those that were.
func (e expressions) weight(s contract.Scale) (total int, counted string) {
	var terms []string
	gated := false
	for _, g := range e.groups(s) {
		total += g.weight * len(g.items)
		terms = append(terms, product(codes(g.items)+".count()", g.weight))
		gated = gated || slices.ContainsFunc(g.items, func(code string) bool { return len(e.items[code].AskWhen) > 0 })
	}
	if gated {
		return 1, plus(terms)
	}
	return total, ""
}

func product(expression string, factor int) string {
	if factor == 1 {
		return expression
	}
	return strconv.Itoa(factor) + " * " + parenthesised(expression)
}

func plus(terms []string) string {
	return strings.Join(terms, " + ")
}

// parenthesised keeps a sum together. A product or a path needs no parentheses, but
// does not mind them.
func parenthesised(expression string) string {
	return "(" + expression + ")"
}

// quotient is numerator / (denominator x counted), rounded as the scale says. Values
// are not negative, so that div, which cuts towards zero, is the floor. A scale of which
// nothing was asked is divided by zero, which in FHIRPath is empty: it has no value.
func quotient(s contract.Scale, numerator string, denominator int, counted string) string {
	if denominator == 1 && counted == "" {
		return numerator
	}
	d := strconv.Itoa(denominator)
	if counted != "" {
		d = parenthesised(product(counted, denominator))
	}
	n := parenthesised(numerator)
	switch s.Rounding {
	case contract.HalfUp:
		return fmt.Sprintf("(2 * %s + %s) div (2 * %s)", n, d, d)
	case contract.Down:
		return n + " div " + d
	case contract.Up:
		return fmt.Sprintf("(%s + %s - 1) div %s", n, d, d)
	case contract.HalfEven:
		return fmt.Sprintf("%s.select(iif(2 * ($this mod %[2]s) + ($this div %[2]s) mod 2 > %[2]s, $this div %[2]s + 1, $this div %[2]s))", n, d)
	}
	return n + " / " + d
}

// cases is a chain: the first case that holds, or nothing.
func (e expressions) cases(cases []contract.Case) string {
	out := "{}"
	for _, c := range slices.Backward(cases) {
		value := strconv.Itoa(c.Value)
		if len(c.When) == 0 {
			out = value
			continue
		}
		var all []string
		for _, condition := range c.When {
			all = append(all, e.condition(condition))
		}
		out = fmt.Sprintf("iif(%s, %s, %s)", strings.Join(all, " and "), value, out)
	}
	return out
}

func (e expressions) condition(c contract.Condition) string {
	held := e.held(c.Tests)
	switch {
	case c.AtMost >= len(c.Tests):
		return fmt.Sprintf("(%s >= %d)", held, c.AtLeast)
	case c.AtLeast <= 0:
		return fmt.Sprintf("(%s <= %d)", held, c.AtMost)
	case c.AtLeast == c.AtMost:
		return fmt.Sprintf("(%s = %d)", held, c.AtLeast)
	}
	return fmt.Sprintf("(%s >= %d and %s <= %d)", held, c.AtLeast, held, c.AtMost)
}

// held is how many of the tests hold. Tests of different items for the same range are
// counted at once. In a complete form nothing that was asked is missing, so what a test
// says of missing answers does not matter.
func (e expressions) held(tests []contract.ItemTest) string {
	type same struct {
		from, to int
		items    []string
	}
	var groups []same
	for _, t := range tests {
		at := slices.IndexFunc(groups, func(g same) bool {
			return g.from == t.From && g.to == t.To && !slices.Contains(g.items, t.Item)
		})
		if at < 0 {
			at, groups = len(groups), append(groups, same{from: t.From, to: t.To})
		}
		groups[at].items = append(groups[at].items, t.Item)
	}
	var terms []string
	for _, g := range groups {
		terms = append(terms, countIn(answers(g.items), g.from, g.to))
	}
	return plus(terms)
}
