package instrument

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// itemRule is one item as the scorers see it.
type itemRule struct {
	code     string
	lo, hi   int // least and greatest option
	offered  [maxOptionValue + 1]bool
	classes  []contract.Class // by value; nil: no critical answer
	gate     []test           // nil: always asked
	position int
}

func (r *itemRule) offers(value int) bool {
	return uint(value) < uint(len(r.offered)) && r.offered[value]
}

func (r *itemRule) class(value int) contract.Class {
	if uint(value) >= uint(len(r.classes)) {
		return ""
	}
	return r.classes[value]
}

// test is a contract.ItemTest over positions.
type test struct {
	position  int
	from, to  int8
	orMissing bool
}

// scaleRule is one scale as the scorers see it.
type scaleRule struct {
	code       string
	method     contract.Method
	terms      []term
	lo, hi     int // of the sum of complete answers when everything is asked
	weight     int // total, when everything is asked
	gated      bool
	count      contract.CountRange
	cases      []caseRule
	maxMissing int
	prorate    bool
	multiply   contract.Multiplier
	rounding   contract.Rounding
	norms      []contract.Norm
	bands      []contract.Band
	basis      Basis
	purpose    contract.ScalePurpose
	worse      contract.Direction
	min, max   float64 // of the value
}

// term is what one item contributes to a scale: add + times x answer, which is the
// answer or its reverse, weighted. For Count that is 1 when it lies in the range.
type term struct {
	position   int
	add, times int
	weight     int
	lo, hi     int // least and greatest contribution of an answer
	gated      bool
}

// caseRule is a contract.Case over positions.
type caseRule struct {
	value float64
	when  []condition
}

type condition struct {
	tests           []test
	atLeast, atMost int
}

// build makes what the scorers run over. The document has passed check.
func build(in contract.Instrument) *Compiled {
	c := &Compiled{source: in, positions: make(map[string]int, len(in.Items))}
	for i, item := range in.Items {
		c.positions[item.Code] = i
	}
	for i, item := range in.Items {
		rule := newItemRule(i, item)
		rule.gate = c.tests(item.AskWhen)
		c.gated = c.gated || rule.gate != nil
		c.items = append(c.items, rule)
		if len(item.Critical) > 0 {
			c.critical = append(c.critical, i)
		}
	}
	for _, scale := range in.Scales {
		c.scales = append(c.scales, c.newScale(scale))
	}
	for _, rule := range in.Quality {
		c.quality = append(c.quality, c.newQuality(rule))
	}
	return c
}

func newItemRule(position int, item contract.Item) itemRule {
	rule := itemRule{code: item.Code, position: position, lo: maxOptionValue}
	for _, option := range item.Options {
		rule.offered[option.Value] = true
		rule.lo, rule.hi = min(rule.lo, option.Value), max(rule.hi, option.Value)
	}
	for _, critical := range item.Critical {
		if rule.classes == nil {
			rule.classes = make([]contract.Class, maxOptionValue+1)
		}
		rule.classes[critical.Value] = critical.Class
	}
	return rule
}

func (c *Compiled) tests(in []contract.ItemTest) []test {
	var tests []test
	for _, t := range in {
		tests = append(tests, test{
			position: c.positions[t.Item],
			from:     int8(max(t.From, 0)), to: int8(min(t.To, maxOptionValue)),
			orMissing: t.OrMissing,
		})
	}
	return tests
}

func (c *Compiled) newScale(in contract.Scale) scaleRule {
	s := scaleRule{
		code: in.Code, method: in.Method, maxMissing: in.MaxMissing, prorate: in.MissingAs == contract.Prorate,
		multiply: in.Multiply, rounding: in.Rounding, norms: in.Norms, bands: in.Bands, basis: Raw,
		purpose: in.Purpose, worse: in.Worse,
	}
	if in.Count != nil {
		s.count = *in.Count
	}
	if len(in.Norms) > 0 {
		s.basis = Standard
	}
	weights := make(map[string]int, len(in.Weights))
	for _, w := range in.Weights {
		weights[w.Item] = w.Weight
	}
	for _, code := range in.Items {
		t := s.newTerm(&c.items[c.positions[code]], slices.Contains(in.Reverse, code), max(weights[code], 1))
		s.terms = append(s.terms, t)
		s.lo, s.hi, s.weight, s.gated = s.lo+t.lo, s.hi+t.hi, s.weight+t.weight, s.gated || t.gated
	}
	for _, one := range in.Cases {
		s.cases = append(s.cases, c.newCase(one))
	}
	s.min, s.max = s.reach()
	return s
}

func (s *scaleRule) newTerm(item *itemRule, reversed bool, weight int) term {
	t := term{position: item.position, times: weight, weight: weight, gated: item.gate != nil}
	if reversed {
		t.add, t.times = weight*(item.lo+item.hi), -weight
	}
	if s.method != contract.Count {
		t.lo, t.hi = weight*item.lo, weight*item.hi
		return t
	}
	t.lo = 1
	for value, offered := range item.offered {
		if !offered {
			continue
		}
		counted := s.counts(t.add + t.times*value)
		t.lo, t.hi = min(t.lo, counted), max(t.hi, counted)
	}
	return t
}

func (c *Compiled) newCase(in contract.Case) caseRule {
	rule := caseRule{value: float64(in.Value)}
	for _, when := range in.When {
		rule.when = append(rule.when, condition{c.tests(when.Tests), when.AtLeast, when.AtMost})
	}
	return rule
}
