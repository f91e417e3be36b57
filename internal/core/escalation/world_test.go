package escalation_test

import (
	"fmt"
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// feelings is a made-up questionnaire with a scale of every sort, over four items of 0..2:
//
//	load    0..8, whole, Grade, Mild from 4
//	rest    0..2 by quarters (thirds with one item missing), Grade, Lower is worse, Poor up to 0.75
//	state   the outcomes 1, 3 and 9, Grade
//	hurry   how many items are 2, none missing, Describe
//	honest  Validity
func feelings() contract.Instrument {
	in := contract.Instrument{Code: "feelings", Version: "1", Administration: contract.SelfReport}
	codes := []string{"a", "b", "c", "d"}
	for _, code := range codes {
		in.Items = append(in.Items, contract.Item{
			Code: code, Options: []contract.Option{{Value: 0}, {Value: 1}, {Value: 2}},
		})
	}
	scale := func(code string, method contract.Method, purpose contract.ScalePurpose, bands ...contract.Band) contract.Scale {
		return contract.Scale{
			Code: code, Items: codes, Method: method, MissingAs: contract.Prorate, MaxMissing: 1,
			Multiply: contract.Multiplier{Numerator: 1, Denominator: 1}, Rounding: contract.HalfUp,
			Worse: contract.Higher, Purpose: purpose, Bands: bands,
		}
	}
	load := scale("load", contract.Sum, contract.Grade, contract.Band{Name: "Low", To: 3}, contract.Band{Name: "Mild", From: 4, To: 8})
	rest := scale("rest", contract.Mean, contract.Grade, contract.Band{Name: "Poor", To: 0.75}, contract.Band{Name: "Good", From: 0.76, To: 2})
	rest.Rounding, rest.Worse = contract.NotRounded, contract.Lower
	state := scale("state", contract.Cases, contract.Grade,
		contract.Band{Name: "Calm", From: 1, To: 1}, contract.Band{Name: "Tense", From: 3, To: 3}, contract.Band{Name: "Storm", From: 9, To: 9})
	two := []contract.ItemTest{{Item: "a", From: 2, To: 2}}
	state.Cases = []contract.Case{
		{Name: "Storm", Value: 9, When: []contract.Condition{{Tests: two, AtLeast: 1, AtMost: 1}}},
		{Name: "Tense", Value: 3, When: []contract.Condition{{Tests: []contract.ItemTest{{Item: "b", From: 2, To: 2}}, AtLeast: 1, AtMost: 1}}},
		{Name: "Calm", Value: 1},
	}
	hurry := scale("hurry", contract.Count, contract.Describe, contract.Band{Name: "Any", To: 4})
	hurry.Count, hurry.MaxMissing = &contract.CountRange{From: 2, To: 2}, 0
	honest := scale("honest", contract.Sum, contract.Validity, contract.Band{Name: "Any", To: 8})
	in.Scales = []contract.Scale{load, rest, state, hurry, honest}
	in.Quality = []contract.QualityRule{{Check: contract.ValidityScale, Scale: "honest", Threshold: 8, Effect: contract.Void}}
	return in
}

// feelingsValues are the values that the scales of feelings can take, worked out by hand.
var feelingsValues = map[string][]float64{
	"load":  {0, 1, 2, 3, 4, 5, 6, 7, 8},
	"rest":  {0, 0.25, 1. / 3, 0.5, 2. / 3, 0.75, 1, 1.25, 4. / 3, 1.5, 5. / 3, 1.75, 2},
	"state": {1, 3, 9},
	"hurry": {0, 1, 2, 3, 4},
}

// asked is feelings as a round lists it.
func asked() []*instrument.Compiled {
	return []*instrument.Compiled{instrumenttest.MustCompile(feelings())}
}

// of is a result of feelings with these values on its scales; NaN and what is not
// mentioned have none.
func of(scores map[string]float64) escalation.Input {
	result := instrument.Result{}
	for _, scale := range feelings().Scales {
		one := instrument.ScaleResult{Code: scale.Code, Status: instrument.Insufficient, Missing: 4}
		if value, ok := scores[scale.Code]; ok && !math.IsNaN(value) {
			one = instrument.ScaleResult{Code: scale.Code, Status: instrument.Scored, Value: value, Raw: value}
		}
		result.Scales = append(result.Scales, one)
	}
	return escalation.Input{Results: map[string]instrument.Result{"feelings": result}}
}

// drawRule draws a rule over the scales of feelings.
func drawRule(t *rapid.T, scales []string, depth int) string {
	kind := rapid.IntRange(0, 11).Draw(t, "kind")
	if depth == 0 {
		kind %= 7
	}
	scale := rapid.SampledFrom(scales).Draw(t, "scale")
	score := rapid.SampledFrom([]string{"scores['feelings'].%s", "scores.feelings.%s", "scores['feelings']['%s']"}).Draw(t, "spelling")
	score = fmt.Sprintf(score, scale)
	switch {
	case kind == 0:
		return fmt.Sprintf("has(scores['feelings'].%s)", scale)
	case kind == 1:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "constant")
	case kind < 7:
		is := rapid.SampledFrom([]string{"<", "<=", "==", "!=", ">=", ">"}).Draw(t, "relation")
		bound := rapid.SampledFrom(append(slices.Clone(feelingsValues[scale]), 0.7, 2.5, 12)).Draw(t, "bound")
		if rapid.Bool().Draw(t, "turned") {
			return fmt.Sprintf("%v %s %s", bound, is, score)
		}
		return fmt.Sprintf("%s %s %v", score, is, bound)
	case kind == 7:
		return "!(" + drawRule(t, scales, depth-1) + ")"
	}
	join := rapid.SampledFrom([]string{" && ", " || "}).Draw(t, "join")
	return "(" + drawRule(t, scales, depth-1) + join + drawRule(t, scales, depth-1) + ")"
}

// every calls visit with all combinations of values of the scales, and of none.
func every(scales []string, scores map[string]float64, visit func()) {
	if len(scales) == 0 {
		visit()
		return
	}
	for _, value := range append(slices.Clone(feelingsValues[scales[0]]), math.NaN()) {
		scores[scales[0]] = value
		every(scales[1:], scores, visit)
	}
}
