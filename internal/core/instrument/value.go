package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// Whole numbers are int and need its 64 bits: this does not compile where it has fewer.
const _ = uint8(^uint(0)>>63 - 1)

// tally is what a row adds up to on one scale. All figures are whole numbers that a
// float64 holds exactly even after finish has multiplied them: see the bounds in check.
type tally struct {
	sum     int // of contributions of answered items
	weight  int // of answered items
	missing int // asked items without a value
	total   int // weight of asked items
	lo, hi  int // least and greatest sum that complete answers to the asked items reach
}

func (s *scaleRule) tally(row []int8) tally {
	t := tally{weight: s.weight, total: s.weight, lo: s.lo, hi: s.hi}
	for i := range s.terms {
		one := &s.terms[i]
		v := row[one.position]
		switch {
		case v >= 0:
			t.sum += s.contribution(one, int(v))
		case v == noValue:
			t.missing++
			t.weight -= one.weight
		default:
			t.weight -= one.weight
			t.total -= one.weight
			t.lo -= one.lo
			t.hi -= one.hi
		}
	}
	return t
}

// contribution is what an answer adds to the sum.
func (s *scaleRule) contribution(t *term, answer int) int {
	value := t.add + t.times*answer
	if s.method == contract.Count {
		return s.counts(value)
	}
	return value
}

// counts is 1 when Method Count counts the value, otherwise 0.
func (s *scaleRule) counts(value int) int {
	if s.count.From <= value && value <= s.count.To {
		return 1
	}
	return 0
}

// rawValue is the raw value of a tally with no more missing than the scale allows:
// contract.Scale's formulas as one fraction, rounded once.
func (s *scaleRule) rawValue(t tally) float64 {
	over, under := s.fraction(t)
	return round(over*s.multiply.Numerator, under*s.multiply.Denominator, s.rounding)
}

// fraction is the raw value before multiplying and rounding, kept between what
// complete answers reach. Complete answers need no keeping.
func (s *scaleRule) fraction(t tally) (over, under int) {
	under = 1
	if s.method == contract.Mean {
		under = t.total
	}
	if t.missing == 0 {
		return t.sum, under
	}
	if !s.prorate {
		return max(t.sum, t.lo), under
	}
	switch scaled := t.sum * t.total; {
	case scaled <= t.lo*t.weight:
		return t.lo, under
	case scaled >= t.hi*t.weight:
		return t.hi, under
	case s.method == contract.Mean:
		return t.sum, t.weight
	default:
		return scaled, t.weight
	}
}

// round returns over/under, neither below 0 and under not 0, rounded as the mode says.
func round(over, under int, mode contract.Rounding) float64 {
	if mode == contract.NotRounded {
		return float64(over) / float64(under)
	}
	whole, rest := over/under, over%under
	switch mode {
	case contract.HalfUp:
		whole += toInt(2*rest >= under)
	case contract.HalfEven:
		whole += toInt(2*rest > under || 2*rest == under && whole%2 == 1)
	case contract.Up:
		whole += toInt(rest > 0)
	}
	return float64(whole)
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
