package instrument

import (
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// step is what a raw value is a whole multiple of, over/under, before rounding.
type step struct{ over, under int }

// Values lists the values that the i-th scale can take, rising, each once: perhaps a few
// too many, never one too few.
func (c *Compiled) Values(i int) []float64 {
	raw, _ := c.scales[i].rawValues(maxValues) // Compile has made sure that there are no more
	return valuesOf(c.source.Scales[i], raw)
}

// rawValues lists the raw values that can occur, rising, each once; false when there
// are more than limit. It takes every sum between the least and the greatest to be
// possible, and every total weight between those with all gates shut and open: it may
// list a value too many, never one too few.
func (s *scaleRule) rawValues(limit int) ([]float64, bool) {
	if s.method == contract.Cases {
		return s.caseValues(), true
	}
	lo, hi := s.reachOfRaw()
	if s.rounding != contract.NotRounded && (s.method == contract.Mean || s.prorates()) {
		return multiples(lo, hi, step{1, 1}, contract.NotRounded, nil, limit)
	}
	steps, ok := s.steps(limit)
	values := []float64{lo, hi}
	for one := range steps {
		if values, ok = multiples(lo, hi, one, s.rounding, values, limit); !ok {
			break
		}
	}
	slices.Sort(values)
	return slices.Compact(values), ok
}

func (s *scaleRule) caseValues() []float64 {
	var values []float64
	for _, one := range s.cases {
		values = append(values, one.value)
	}
	slices.Sort(values)
	return values
}

// multiples appends the rounded multiples of a step that lie in lo..hi.
func multiples(lo, hi float64, by step, mode contract.Rounding, values []float64, limit int) ([]float64, bool) {
	first := max(int(math.Floor(lo*float64(by.under)/float64(by.over)))-1, 0)
	for n := first; ; n++ {
		value := round(n*by.over, by.under, mode)
		if value > hi {
			return values, true
		}
		if value < lo {
			continue
		}
		if len(values) > 0 && values[len(values)-1] == value {
			continue
		}
		if len(values) >= limit {
			return values, false
		}
		values = append(values, value)
	}
}

func (s *scaleRule) prorates() bool { return s.prorate && s.maxMissing > 0 }

// steps returns the steps of the values of complete answers and of those that are
// completed by the missing rule; false when there are more than limit.
func (s *scaleRule) steps(limit int) (map[step]bool, bool) {
	steps, most := map[step]bool{}, s.mostMissing()
	if s.method == contract.Mean {
		for answered := max(s.leastWeight()-most, 1); answered <= s.weight; answered++ {
			steps[s.multiplied(1, answered)] = true
		}
		return steps, true
	}
	for total := s.leastWeight(); total <= s.weight; total++ {
		for answered := max(total-most, 1); answered <= total; answered++ {
			steps[s.multiplied(total, answered)] = true
			if len(steps) > limit {
				return nil, false
			}
		}
		if most == 0 {
			break
		}
	}
	return steps, true
}

func (s *scaleRule) multiplied(over, under int) step {
	over, under = over*s.multiply.Numerator, under*s.multiply.Denominator
	a, b := over, under
	for b != 0 {
		a, b = b, a%b
	}
	return step{over / a, under / a}
}

// leastWeight is the total weight when no gate opens.
func (s *scaleRule) leastWeight() int {
	least := s.weight
	for _, t := range s.terms {
		if t.gated {
			least -= t.weight
		}
	}
	return least
}

// mostMissing is the greatest weight that prorating can have to make up for.
func (s *scaleRule) mostMissing() int {
	if !s.prorates() {
		return 0
	}
	var weights []int
	for _, t := range s.terms {
		weights = append(weights, t.weight)
	}
	slices.Sort(weights)
	most := 0
	for _, w := range weights[len(weights)-s.maxMissing:] {
		most += w
	}
	return most
}
