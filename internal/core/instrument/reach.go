package instrument

import (
	"cmp"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// reach returns the least and the greatest value of the scale: of its standard values
// if it has norms, of its cases if it has them. Gates are taken to open or not
// independently of one another.
func (s *scaleRule) reach() (lo, hi float64) {
	switch {
	case len(s.norms) > 0:
		return s.reachOfNorms()
	case s.method == contract.Cases:
		lo, hi = s.cases[0].value, s.cases[0].value
		for _, one := range s.cases {
			lo, hi = min(lo, one.value), max(hi, one.value)
		}
		return lo, hi
	}
	return s.reachOfRaw()
}

func (s *scaleRule) reachOfNorms() (lo, hi float64) {
	lo, hi = s.norms[0].Rows[0].Standard, s.norms[0].Rows[0].Standard
	for _, norm := range s.norms {
		for _, row := range norm.Rows {
			lo, hi = min(lo, row.Standard), max(hi, row.Standard)
		}
	}
	return lo, hi
}

func (s *scaleRule) reachOfRaw() (lo, hi float64) {
	return s.extreme(func(t term) int { return t.lo }, false), s.extreme(func(t term) int { return t.hi }, true)
}

// extreme is the least, or the greatest, raw value of complete answers. A gated item
// joins where that leads further.
func (s *scaleRule) extreme(end func(term) int, greatest bool) float64 {
	var t tally
	var gated []term
	for _, one := range s.terms {
		if one.gated {
			gated = append(gated, one)
			continue
		}
		t.sum, t.total = t.sum+end(one), t.total+one.weight
	}
	further := func(a, b float64) bool { return a < b }
	slices.SortStableFunc(gated, func(a, b term) int { return cmp.Compare(end(a)*b.weight, end(b)*a.weight) })
	if greatest {
		further = func(a, b float64) bool { return a > b }
		slices.Reverse(gated)
	}
	best := s.rawValue(t)
	for _, one := range gated {
		t.sum, t.total = t.sum+end(one), t.total+one.weight
		if value := s.rawValue(t); further(value, best) {
			best = value
		}
	}
	return best
}
