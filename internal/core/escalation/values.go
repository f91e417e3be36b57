package escalation

import (
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// maxValues bounds the values of one scale that are tried; a scale that has more (one
// with large weights, not rounded) is sampled.
const maxValues = 20_000

// valuesOf lists the values that a scale can take, rising; perhaps a few more, never
// fewer unless sampled. A value that no band holds cannot occur: instrument.Compile
// requires a band for every one that can.
func valuesOf(in contract.Instrument, source contract.Scale, scale instrument.Scale) (values []float64, sampled bool) {
	switch {
	case len(source.Norms) > 0:
		for _, norm := range source.Norms {
			for _, row := range norm.Rows {
				values = append(values, row.Standard)
			}
		}
	case source.Method == contract.Cases:
		for _, one := range source.Cases {
			values = append(values, float64(one.Value))
		}
	case source.Rounding != contract.NotRounded:
		for whole := math.Ceil(scale.Min); whole <= scale.Max; whole++ {
			values = append(values, whole)
		}
	default:
		values, sampled = fractions(in, source, scale)
	}
	values = append(values, scale.Min, scale.Max)
	values = slices.DeleteFunc(values, func(v float64) bool { return bandOf(scale.Bands, v) == "" })
	slices.Sort(values)
	return slices.Compact(values), sampled
}

// fractions lists multiply x sum x over/under for every sum, as contract.Scale says.
func fractions(in contract.Instrument, source contract.Scale, scale instrument.Scale) (values []float64, sampled bool) {
	overs, unders := shares(in, source)
	numerator, denominator := source.Multiply.Numerator, source.Multiply.Denominator
	for _, over := range overs {
		for _, under := range unders {
			unit := float64(numerator*over) / float64(denominator*under)
			first, last := int(scale.Min/unit), int(scale.Max/unit)+1
			for sum := first; sum <= last; sum++ {
				if len(values) == maxValues {
					return values, true
				}
				value := float64(numerator*over*sum) / float64(denominator*under)
				if scale.Min <= value && value <= scale.Max {
					values = append(values, value)
				}
			}
		}
	}
	return values, false
}

// shares lists what a scale's sum can be multiplied with and divided by: the weights
// of what was asked and of what was answered.
func shares(in contract.Instrument, source contract.Scale) (overs, unders []int) {
	total, least := weights(in, source)
	switch prorated := source.MissingAs == contract.Prorate; {
	case source.Method == contract.Mean && prorated:
		return []int{1}, upTo(least-missable(source), total)
	case source.Method == contract.Mean:
		return []int{1}, upTo(least, total)
	case prorated && source.MaxMissing > 0:
		return upTo(least, total), upTo(least-missable(source), total)
	}
	return []int{1}, []int{1}
}

// weights is the total weight of a scale's items, and that of those always asked.
func weights(in contract.Instrument, source contract.Scale) (total, always int) {
	for _, item := range in.Items {
		if !slices.Contains(source.Items, item.Code) {
			continue
		}
		weight := 1
		for _, w := range source.Weights {
			if w.Item == item.Code {
				weight = w.Weight
			}
		}
		total += weight
		if len(item.AskWhen) == 0 {
			always += weight
		}
	}
	return total, always
}

// missable is the most weight that can be missing.
func missable(source contract.Scale) int {
	heaviest := 1
	for _, w := range source.Weights {
		heaviest = max(heaviest, w.Weight)
	}
	return heaviest * source.MaxMissing
}

// upTo lists the whole numbers above 0 of a range.
func upTo(from, to int) []int {
	var numbers []int
	for n := max(from, 1); n <= to; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

func bandOf(bands []contract.Band, value float64) string {
	for _, b := range bands {
		if b.From <= value && value <= b.To {
			return b.Name
		}
	}
	return ""
}
