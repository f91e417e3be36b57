package rescore_test

import (
	"fmt"
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

// draft builds a random instrument that compiles. Scales come in three kinds: of any
// method with or without gated items, with norms (then small, so that every response can
// be tried to learn which raw values occur), and for validity.
type draft struct {
	*rapid.T
	in contract.Instrument
}

func anInstrument(t *rapid.T) contract.Instrument {
	d := &draft{T: t, in: contract.Instrument{Code: "random", Version: "1", Administration: contract.SelfReport}}
	if often(t, 15) {
		d.longForm()
	} else {
		for range rapid.IntRange(1, 12).Draw(t, "items") {
			d.item()
		}
	}
	for range rapid.IntRange(1, 4).Draw(t, "scales") {
		d.scale(oneOf(t, contract.Grade, contract.Describe))
	}
	d.quality()
	return d.in
}

func oneOf[T any](t *rapid.T, values ...T) T { return rapid.SampledFrom(values).Draw(t, "one of") }

func often(t *rapid.T, percent int) bool { return rapid.IntRange(1, 100).Draw(t, "dice") <= percent }

func (d *draft) item() {
	n := len(d.in.Items)
	item := contract.Item{Code: fmt.Sprintf("q%d", n+1)}
	for _, value := range d.options() {
		if item.Options = append(item.Options, contract.Option{Value: value}); often(d.T, 15) {
			item.Critical = append(item.Critical, contract.CriticalAnswer{Value: value,
				Class: oneOf(d.T, contract.Immediate, contract.Urgent, contract.Review)})
		}
	}
	if n > 0 && often(d.T, 30) {
		item.AskWhen = d.tests(d.in.Items, 2)
	}
	d.in.Items = append(d.in.Items, item)
}

// longForm has as many items as a questionnaire, all with the same options.
func (d *draft) longForm() {
	options := d.options()
	for i := range rapid.IntRange(20, 100).Draw(d.T, "many items") {
		item := contract.Item{Code: fmt.Sprintf("q%d", i+1)}
		for _, value := range options {
			item.Options = append(item.Options, contract.Option{Value: value})
		}
		d.in.Items = append(d.in.Items, item)
	}
}

// options are 0, 1, 2 ... as in most forms, or any values in any order.
func (d *draft) options() []int {
	if often(d.T, 50) {
		return oneOf(d.T, []int{0, 1}, []int{0, 1, 2, 3}, []int{1, 2, 3, 4, 5})
	}
	greatest := oneOf(d.T, 1, 3, 4, 6, 100)
	return rapid.SliceOfNDistinct(rapid.IntRange(0, greatest), 2, 5, rapid.ID).Draw(d.T, "options")
}

// tests draws tests of the given items that can hold.
func (d *draft) tests(of []contract.Item, atMost int) (tests []contract.ItemTest) {
	for range rapid.IntRange(1, atMost).Draw(d.T, "tests") {
		item := oneOf(d.T, of...)
		value := oneOf(d.T, item.Options...).Value
		test := contract.ItemTest{Item: item.Code, From: value, To: value, OrMissing: often(d.T, 30)}
		if often(d.T, 50) {
			test.To = 100
		}
		tests = append(tests, test)
	}
	return tests
}

func (d *draft) scale(purpose contract.ScalePurpose) {
	scale := contract.Scale{
		Code: fmt.Sprintf("s%d", len(d.in.Scales)+1), Purpose: purpose,
		Method:    oneOf(d.T, contract.Sum, contract.Mean, contract.Count, contract.Cases),
		MissingAs: oneOf(d.T, contract.Prorate, contract.Prorate, contract.Zero),
		Multiply:  contract.Multiplier{Numerator: 1, Denominator: 1},
		Rounding:  oneOf(d.T, contract.NotRounded, contract.HalfUp, contract.HalfEven, contract.Down, contract.Up),
		Worse:     oneOf(d.T, contract.Higher, contract.Lower),
	}
	members := d.members(scale.Method)
	for _, item := range members {
		scale.Items = append(scale.Items, item.Code)
	}
	if scale.Method == contract.Cases {
		d.cases(&scale, members)
	} else {
		d.arithmetic(&scale, members)
		if len(members) <= 3 && ungated(members) == len(members) && scale.Rounding != contract.NotRounded {
			d.norms(&scale, members)
		}
	}
	d.bands(&scale)
	d.in.Scales = append(d.in.Scales, scale)
}

// members draws the items of a scale, one of them always asked unless it is Cases.
func (d *draft) members(method contract.Method) []contract.Item {
	items := rapid.Permutation(d.in.Items).Draw(d.T, "order")
	items = items[:rapid.IntRange(1, len(items)).Draw(d.T, "members")]
	if first := d.in.Items[0]; method != contract.Cases && ungated(items) == 0 {
		items = append(slices.Clone(items), first) // nothing comes before it, so it has no gate
	}
	return items
}

func ungated(items []contract.Item) (n int) {
	for _, item := range items {
		if len(item.AskWhen) == 0 {
			n++
		}
	}
	return n
}

func (d *draft) arithmetic(scale *contract.Scale, members []contract.Item) {
	scale.MaxMissing = rapid.IntRange(0, ungated(members)-1).Draw(d.T, "max missing")
	scale.Multiply = contract.Multiplier{
		Numerator:   rapid.IntRange(1, 12).Draw(d.T, "numerator"),
		Denominator: rapid.IntRange(1, 12).Draw(d.T, "denominator"),
	}
	for _, item := range members {
		if often(d.T, 30) {
			scale.Reverse = append(scale.Reverse, item.Code)
		}
		if scale.Method != contract.Count && often(d.T, 30) {
			scale.Weights = append(scale.Weights, contract.Weight{Item: item.Code, Weight: rapid.IntRange(2, 7).Draw(d.T, "weight")})
		}
	}
	if scale.Method == contract.Count {
		from := rapid.IntRange(0, 6).Draw(d.T, "count from")
		scale.Count = &contract.CountRange{From: from, To: rapid.IntRange(from, 100).Draw(d.T, "count to")}
	}
}

func (d *draft) cases(scale *contract.Scale, members []contract.Item) {
	scale.MaxMissing = rapid.IntRange(0, len(members)).Draw(d.T, "max missing")
	values := rapid.SliceOfNDistinct(rapid.IntRange(0, 20), 1, 5, rapid.ID).Draw(d.T, "case values")
	for i, value := range values {
		one := contract.Case{Name: fmt.Sprintf("case%d", i), Value: value}
		for i < len(values)-1 && (len(one.When) == 0 || often(d.T, 30)) {
			tests := d.tests(members, 4)
			least := rapid.IntRange(0, len(tests)).Draw(d.T, "at least")
			most := rapid.IntRange(max(least, 0), len(tests)).Draw(d.T, "at most")
			if least == 0 && most == len(tests) {
				least = 1
			}
			one.When = append(one.When, contract.Condition{Tests: tests, AtLeast: least, AtMost: most})
		}
		scale.Cases = append(scale.Cases, one)
	}
}

// norms gives some groups a table with a row for every raw value that occurs, found by
// trying every response to the scale. Compile may ask for a row too many where options or
// weights leave gaps; such a scale goes without norms.
func (d *draft) norms(scale *contract.Scale, members []contract.Item) {
	scale.Weights, scale.Multiply.Denominator = nil, 1
	scale.Bands = []contract.Band{{Name: "any", From: -1e9, To: 1e9}}
	raws := everyValue(contract.Instrument{Items: members, Scales: []contract.Scale{*scale}})
	groups := oneOf(d.T,
		[]contract.Norm{{Sex: contract.Female}},
		[]contract.Norm{{Sex: contract.Female, MinAge: 11, MaxAge: 13}, {Sex: contract.Female, MinAge: 14, MaxAge: 15}, {Sex: contract.Male}},
		[]contract.Norm{{Sex: contract.SexAny, MinGrade: 4, MaxGrade: 6}, {Sex: contract.SexAny, MinGrade: 7, MaxGrade: 9}},
		[]contract.Norm{{Sex: contract.Male, MinAge: 6, MaxAge: 18, MinGrade: 1, MaxGrade: 12}, {Sex: contract.Female, MinGrade: 3, MaxGrade: 3}},
		[]contract.Norm{{Sex: contract.SexAny}})
	for _, norm := range groups {
		for _, raw := range raws {
			standard := float64(rapid.IntRange(200, 900).Draw(d.T, "standard")) / 10
			norm.Rows = append(norm.Rows, contract.NormRow{Raw: raw, Standard: standard})
		}
		scale.Norms = append(scale.Norms, norm)
	}
	if _, err := instrument.Compile(d.alone(*scale)); err != nil {
		scale.Norms = nil
	}
}

// alone is an instrument of one scale.
func (d *draft) alone(scale contract.Scale) contract.Instrument {
	return contract.Instrument{Code: "alone", Version: "1", Administration: contract.SelfReport, Items: d.in.Items, Scales: []contract.Scale{scale}}
}

// everyValue lists the raw values of the one scale of an instrument over all responses.
func everyValue(in contract.Instrument) []float64 {
	var values []float64
	response := instrument.Response{Answers: make([]instrument.Answer, len(in.Items))}
	var try func(i int)
	try = func(i int) {
		if i == len(in.Items) {
			if r := rescore.Score(in, response).Scales[0]; r.Status == instrument.Scored || r.Status == instrument.Prorated {
				values = append(values, r.Raw)
			}
			return
		}
		response.Answers[i] = instrument.Answer{Missing: instrument.Blank}
		try(i + 1)
		for _, o := range in.Items[i].Options {
			response.Answers[i] = instrument.Answer{Value: o.Value}
			try(i + 1)
		}
	}
	try(0)
	slices.Sort(values)
	return slices.Compact(values)
}

// bands cuts the range of a scale in two, anywhere.
func (d *draft) bands(scale *contract.Scale) {
	scale.Bands = []contract.Band{{Name: "any", From: -1e9, To: 1e9}}
	compiled, err := instrument.Compile(d.alone(*scale))
	if err != nil { // more different values than Compile allows
		scale.Rounding, scale.Weights, scale.Multiply.Numerator = contract.HalfUp, nil, 1
		compiled, err = instrument.Compile(d.alone(*scale))
	}
	if err != nil {
		d.Fatalf("a scale does not compile: %v\n%+v", err, *scale)
	}
	lowest, highest := compiled.Scales()[0].Min, compiled.Scales()[0].Max
	if lowest < highest && often(d.T, 80) {
		cut := rapid.Float64Range(lowest, math.Nextafter(highest, lowest)).Draw(d.T, "cut")
		scale.Bands = []contract.Band{{Name: "lower", From: lowest, To: cut}, {Name: "upper", From: math.Nextafter(cut, highest), To: highest}}
	}
}

// quality draws rules with thresholds of few decimals, as people write them.
func (d *draft) quality() {
	for range rapid.IntRange(0, 4).Draw(d.T, "quality rules") {
		rule := contract.QualityRule{
			Check: oneOf(d.T, contract.ValidityScale, contract.LongestRun, contract.Spread, contract.SecondsPerItem,
				contract.AllLowest, contract.Duplicate, contract.OutOfWindow),
			Effect: oneOf(d.T, contract.Void, contract.Flag),
		}
		switch rule.Check {
		case contract.ValidityScale:
			if !d.validity(&rule) {
				continue
			}
		case contract.LongestRun:
			if len(d.in.Items) < 2 {
				continue
			}
			rule.Threshold = float64(rapid.IntRange(2, len(d.in.Items)).Draw(d.T, "run"))
		case contract.Spread:
			rule.Threshold = float64(rapid.IntRange(1, 300).Draw(d.T, "spread")) / 100
		case contract.SecondsPerItem:
			rule.Threshold = float64(rapid.IntRange(1, 80).Draw(d.T, "seconds")) / 10
		}
		if !slices.ContainsFunc(d.in.Quality, func(other contract.QualityRule) bool { // findings of both would look alike
			return other.Check == rule.Check && other.Scale == rule.Scale && other.Effect == rule.Effect
		}) {
			d.in.Quality = append(d.in.Quality, rule)
		}
	}
}

func (d *draft) validity(rule *contract.QualityRule) bool {
	d.scale(contract.Validity)
	compiled, err := instrument.Compile(contract.Instrument{Code: "v", Version: "1", Administration: contract.SelfReport, Items: d.in.Items, Scales: d.in.Scales})
	if err != nil {
		d.Fatalf("scales do not compile: %v", err)
	}
	scale := compiled.Scales()[len(d.in.Scales)-1]
	if scale.Min == scale.Max {
		return false
	}
	rule.Scale = scale.Code
	rule.Threshold = rapid.Float64Range(math.Nextafter(scale.Min, scale.Max), scale.Max).Draw(d.T, "validity threshold")
	return true
}

// aResponse answers most items, leaves some, and gives some values that are no option.
func aResponse(t *rapid.T, in contract.Instrument) instrument.Response {
	r := instrument.Response{
		Person: instrument.Person{
			Sex: oneOf(t, contract.SexUnknown, contract.Female, contract.Male),
			Age: rapid.IntRange(0, 19).Draw(t, "age"), Grade: rapid.IntRange(0, 13).Draw(t, "grade"),
		},
		Seconds:   float64(oneOf(t, 0, rapid.IntRange(1, 1000).Draw(t, "tenths"))) / 10,
		Duplicate: often(t, 20), OutOfWindow: often(t, 20),
	}
	careless := often(t, 30)
	for _, item := range in.Items {
		switch dice := rapid.IntRange(1, 100).Draw(t, "answer"); {
		case careless:
			r.Answers = append(r.Answers, instrument.Answer{Value: slices.MinFunc(item.Options, byValue).Value})
		case dice <= 15:
			r.Answers = append(r.Answers, instrument.Answer{Value: 1, Missing: oneOf(t,
				instrument.Blank, instrument.Refused, instrument.DontKnow, instrument.NotAsked)})
		case dice <= 20:
			value := oneOf(t, item.Options...).Value
			r.Answers = append(r.Answers, instrument.Answer{Value: oneOf(t, -1, 7, 101, value+128, value+256, value-256)})
		default:
			r.Answers = append(r.Answers, instrument.Answer{Value: oneOf(t, item.Options...).Value})
		}
	}
	if often(t, 10) {
		r.Answers = r.Answers[:rapid.IntRange(0, len(r.Answers)).Draw(t, "cut short")]
	}
	return r
}

func byValue(a, b contract.Option) int { return a.Value - b.Value }
