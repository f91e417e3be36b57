package instrumenttest

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Form returns a fresh made-up instrument to change in a test: items q1..qn with the
// options lo..hi and no text, and the scale "total", their sum in one band "All", of
// which none may be missing.
func Form(n, lo, hi int) contract.Instrument {
	in := contract.Instrument{Code: "form", Version: "1", Administration: contract.SelfReport}
	total := contract.Scale{
		Code: "total", Method: contract.Sum, MissingAs: contract.Prorate,
		Multiply: contract.Multiplier{Numerator: 1, Denominator: 1}, Rounding: contract.HalfUp,
		Worse: contract.Higher, Purpose: contract.Grade,
		Bands: []contract.Band{{Name: "All", From: float64(n * lo), To: float64(n * hi)}},
	}
	for i := range n {
		code := fmt.Sprintf("q%d", i+1)
		total.Items = append(total.Items, code)
		in.Items = append(in.Items, contract.Item{Code: code, Options: Options(lo, hi)})
	}
	in.Scales = []contract.Scale{total}
	return in
}

// Options returns the options lo..hi without text.
func Options(lo, hi int) []contract.Option {
	var options []contract.Option
	for value := lo; value <= hi; value++ {
		options = append(options, contract.Option{Value: value})
	}
	return options
}
