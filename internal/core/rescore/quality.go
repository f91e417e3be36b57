package rescore

import (
	"math"
	"math/big"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// leastAnswered is how many answers a response needs before any rule looks at it.
const leastAnswered = 2

// findings applies the instrument's quality rules, in their order, to answers as given.
func (s sheet) findings(response instrument.Response, scales []instrument.ScaleResult) []instrument.Finding {
	if len(s.given()) < leastAnswered {
		return nil
	}
	var found []instrument.Finding
	for _, rule := range s.in.Quality {
		if s.breaks(rule, response, scales) {
			found = append(found, instrument.Finding{Check: rule.Check, Scale: rule.Scale, Effect: rule.Effect})
		}
	}
	return found
}

func (s sheet) breaks(rule contract.QualityRule, response instrument.Response, scales []instrument.ScaleResult) bool {
	switch rule.Check {
	case contract.ValidityScale:
		return reaches(scales, rule.Scale, rule.Threshold)
	case contract.LongestRun:
		return float64(s.longestRun()) >= rule.Threshold
	case contract.Spread:
		// Both sides are squared: no fraction has an exact square root to compare.
		threshold := asWritten(rule.Threshold)
		return threshold.Sign() > 0 && variance(s.given()).Cmp(threshold.Mul(threshold, threshold)) < 0
	case contract.SecondsPerItem:
		return response.Seconds > 0 && !math.IsInf(response.Seconds, 0) && asWritten(response.Seconds).Cmp(
			new(big.Rat).Mul(asWritten(rule.Threshold), big.NewRat(int64(len(s.given())), 1))) < 0
	case contract.AllLowest:
		return s.allLowest()
	case contract.Duplicate:
		return response.Duplicate
	case contract.OutOfWindow:
		return response.OutOfWindow
	}
	return false
}

func reaches(scales []instrument.ScaleResult, code string, threshold float64) bool {
	for _, r := range scales {
		if r.Code == code && (r.Status == instrument.Scored || r.Status == instrument.Prorated) {
			return r.Value >= threshold
		}
	}
	return false
}

// longestRun is the length of the longest run of equal answers. An item that was asked
// and left without a value ends a run; one that was not asked is passed over.
func (s sheet) longestRun() int {
	longest, run, last := 0, 0, 0
	for _, a := range s.answers {
		switch {
		case !a.asked:
			continue
		case !a.given:
			run = 0
			continue
		case run > 0 && a.value == last:
			run++
		default:
			run, last = 1, a.value
		}
		longest = max(longest, run)
	}
	return longest
}

// variance is the sample variance of two or more values.
func variance(values []int) *big.Rat {
	n := big.NewRat(int64(len(values)), 1)
	mean := new(big.Rat)
	for _, v := range values {
		mean.Add(mean, big.NewRat(int64(v), 1))
	}
	mean.Quo(mean, n)
	sum := new(big.Rat)
	for _, v := range values {
		d := new(big.Rat).Sub(big.NewRat(int64(v), 1), mean)
		sum.Add(sum, d.Mul(d, d))
	}
	return sum.Quo(sum, n.Sub(n, big.NewRat(1, 1)))
}

func (s sheet) allLowest() bool {
	for i, a := range s.answers {
		if a.asked && (!a.given || a.value != lowest(s.in.Items[i])) {
			return false
		}
	}
	return true
}

// asWritten is the decimal fraction a person wrote that became this float64: 0.2 is one
// fifth, not the binary number next to it, so that a spread of exactly 0.2 is not below it.
func asWritten(value float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(value, 'g', -1, 64))
	if r == nil { // not a number
		return new(big.Rat)
	}
	return r
}
