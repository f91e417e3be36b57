package rescore

import (
	"math/big"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// score computes one scale, without regard to what the quality rules may find.
func (s sheet) score(scale contract.Scale, person instrument.Person) instrument.ScaleResult {
	out := instrument.ScaleResult{Code: scale.Code, Status: instrument.Scored, Basis: instrument.Raw}
	if len(scale.Norms) > 0 {
		out.Basis = instrument.Standard
	}
	for _, code := range scale.Items {
		if s.answer(code).missing() {
			out.Missing++
		}
	}
	raw := s.raw(scale)
	if out.Missing > scale.MaxMissing || raw == nil {
		return withoutValue(out, instrument.Insufficient)
	}
	if out.Missing > 0 {
		out.Status = instrument.Prorated
	}
	out.Raw, _ = raw.Float64()
	value, known := standard(scale.Norms, out.Raw, person)
	if !known {
		return withoutValue(out, instrument.Insufficient)
	}
	out.Value = value
	out.Band = bandOf(scale.Bands, out.Value)
	return out
}

// raw is the raw value as a fraction, rounded and kept in range; nil when nothing was
// answered that it could be computed from.
func (s sheet) raw(scale contract.Scale) *big.Rat {
	if scale.Method == contract.Cases {
		return s.firstCase(scale.Cases)
	}
	multiply := big.NewRat(int64(scale.Multiply.Numerator), int64(scale.Multiply.Denominator))
	value := s.computed(scale)
	if value == nil {
		return nil
	}
	value = rounded(value.Mul(value, multiply), scale.Rounding)
	least, greatest := s.bounds(scale)
	least = rounded(least.Mul(least, multiply), scale.Rounding)
	greatest = rounded(greatest.Mul(greatest, multiply), scale.Rounding)
	if value.Cmp(least) < 0 {
		return least
	}
	if value.Cmp(greatest) > 0 {
		return greatest
	}
	return value
}

// computed is a Sum, Mean or Count before it is multiplied and rounded. What was not
// asked takes no part in anything.
func (s sheet) computed(scale contract.Scale) *big.Rat {
	asked, answered := new(big.Rat), new(big.Rat) // weights; for Count each item weighs 1
	total := new(big.Rat)
	for _, code := range scale.Items {
		a, weight := s.answer(code), weightOf(scale, code)
		if !a.asked {
			continue
		}
		asked.Add(asked, weight)
		if !a.given {
			continue
		}
		answered.Add(answered, weight)
		total.Add(total, new(big.Rat).Mul(weight, s.worth(scale, code, a.value)))
	}
	if answered.Sign() == 0 {
		return nil
	}
	switch {
	case scale.Method == contract.Mean && scale.MissingAs == contract.Zero:
		return total.Quo(total, asked)
	case scale.Method == contract.Mean:
		return total.Quo(total, answered)
	case scale.MissingAs == contract.Zero:
		return total
	}
	return total.Mul(total, asked.Quo(asked, answered))
}

// worth is what an answer contributes before its weight: its value, turned round if the
// item is reversed; for Count 1 or 0.
func (s sheet) worth(scale contract.Scale, code string, value int) *big.Rat {
	if slices.Contains(scale.Reverse, code) {
		item := s.item(code)
		value = lowest(item) + highest(item) - value
	}
	if scale.Method != contract.Count {
		return big.NewRat(int64(value), 1)
	}
	if scale.Count.From <= value && value <= scale.Count.To {
		return big.NewRat(1, 1)
	}
	return new(big.Rat)
}

func weightOf(scale contract.Scale, code string) *big.Rat {
	for _, w := range scale.Weights {
		if w.Item == code && scale.Method != contract.Count {
			return big.NewRat(int64(w.Weight), 1)
		}
	}
	return big.NewRat(1, 1)
}

func bandOf(bands []contract.Band, value float64) string {
	for _, b := range bands {
		if b.From <= value && value <= b.To {
			return b.Name
		}
	}
	return ""
}
