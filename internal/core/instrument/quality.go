package instrument

import (
	"math"
	"math/big"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// leastAnswered is the number of answered items below which no check looks at a
// response.
const leastAnswered = 2

// qualityRule is one contract.QualityRule as the scorers see it.
type qualityRule struct {
	finding   Finding
	scale     int     // index, of ValidityScale
	threshold float64 // of ValidityScale
	run       int     // of LongestRun: answers in a row
	// By number of answered items n, of Spread: the least whole number that is not below
	// threshold squared x n x (n-1), which n x (sum of squares) - (sum) squared is compared
	// with, so that no square root is rounded.
	spread []int
	// By number of answered items n, of SecondsPerItem: the least float64 that, written as
	// a decimal, is not below threshold x n.
	seconds []float64
}

func (c *Compiled) newQuality(in contract.QualityRule) qualityRule {
	rule := qualityRule{finding: Finding{Check: in.Check, Scale: in.Scale, Effect: in.Effect}, threshold: in.Threshold}
	switch in.Check {
	case contract.ValidityScale:
		for i := range c.scales {
			if c.scales[i].code == in.Scale {
				rule.scale = i
			}
		}
	case contract.LongestRun:
		rule.run = int(math.Ceil(in.Threshold))
	case contract.Spread:
		rule.spread = spreadLimits(in.Threshold, len(c.items))
	case contract.SecondsPerItem:
		rule.seconds = secondsLimits(in.Threshold, len(c.items))
	}
	return rule
}

// written is the decimal number that was written for a threshold: 3.2 is 16/5, not the
// float64 beside it, so that three answers in 9.6 s are not fewer than 3.2 s each.
func written(threshold float64) *big.Rat {
	exact, ok := new(big.Rat).SetString(strconv.FormatFloat(threshold, 'g', -1, 64))
	if !ok {
		return new(big.Rat) // not a number: refused by check
	}
	return exact
}

func spreadLimits(threshold float64, items int) []int {
	limits := make([]int, items+1)
	exact := written(threshold)
	exact.Mul(exact, exact)
	for n := range limits {
		limit := new(big.Rat).Mul(exact, big.NewRat(int64(n)*int64(n-1), 1))
		up := new(big.Int).Add(limit.Num(), new(big.Int).Sub(limit.Denom(), big.NewInt(1)))
		limits[n] = int(up.Quo(up, limit.Denom()).Int64())
	}
	return limits
}

func secondsLimits(threshold float64, items int) []float64 {
	limits := make([]float64, items+1)
	for n := range limits {
		exact := written(threshold)
		exact.Mul(exact, big.NewRat(int64(n), 1))
		limits[n], _ = exact.Float64()
		if written(limits[n]).Cmp(exact) < 0 { // a product of more digits than a float64 has
			limits[n] = math.Nextafter(limits[n], math.Inf(1))
		}
	}
	return limits
}

// pattern is what the checks look at: count and sums over the answered items, and whether
// every asked item was answered with its lowest option.
type pattern struct {
	answered, sum, squares int
	longest                int
	allLowest              bool
}

func (c *Compiled) pattern(row []int8) pattern {
	p := pattern{allLowest: true}
	run, last := 0, noValue
	for i, v := range row {
		switch {
		case v >= 0:
			p.answered++
			p.sum += int(v)
			p.squares += int(v) * int(v)
			p.allLowest = p.allLowest && int(v) == c.items[i].lo
			if v != last {
				run, last = 0, v
			}
			run++
			p.longest = max(p.longest, run)
		case v == noValue:
			run, last = 0, noValue
			p.allLowest = false
		}
	}
	return p
}

// findings looks at the response and makes its scales Invalid if it is void. The
// scales have been scored.
func (c *Compiled) findings(row []int8, r *Response, out *Result) {
	out.Findings, out.Void = out.Findings[:0], false
	if len(c.quality) == 0 {
		return
	}
	p := c.pattern(row)
	if p.answered < leastAnswered {
		return
	}
	for i := range c.quality {
		rule := &c.quality[i]
		if !rule.found(p, occasion{r.Seconds, r.Duplicate, r.OutOfWindow}) && !rule.lies(out.Scales) {
			continue
		}
		out.Findings = append(out.Findings, rule.finding)
		out.Void = out.Void || rule.finding.Effect == contract.Void
	}
	if out.Void {
		c.invalidate(out.Scales)
	}
}

// occasion is how a response came about.
type occasion struct {
	seconds                float64
	duplicate, outOfWindow bool
}

// lies reports a validity scale at or above its threshold.
func (q *qualityRule) lies(scales []ScaleResult) bool {
	if q.finding.Check != contract.ValidityScale {
		return false
	}
	s := &scales[q.scale]
	return s.Status != Insufficient && s.Value >= q.threshold
}

// found reports whether a check other than ValidityScale finds something.
func (q *qualityRule) found(p pattern, o occasion) bool {
	switch q.finding.Check {
	case contract.LongestRun:
		return p.longest >= q.run
	case contract.Spread:
		return p.answered*p.squares-p.sum*p.sum < q.spread[p.answered]
	case contract.SecondsPerItem:
		return o.seconds > 0 && o.seconds < q.seconds[p.answered]
	case contract.AllLowest:
		return p.allLowest
	case contract.Duplicate:
		return o.duplicate
	case contract.OutOfWindow:
		return o.outOfWindow
	}
	return false
}

func (c *Compiled) invalidate(results []ScaleResult) {
	for i := range results {
		if c.scales[i].purpose == contract.Validity {
			continue
		}
		one := &results[i]
		*one = ScaleResult{Code: one.Code, Status: Invalid, Basis: one.Basis, Missing: one.Missing}
	}
}
