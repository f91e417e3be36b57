package instrument_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// columnsOf turns responses into columns, as a reader of a file would.
func columnsOf(c *instrument.Compiled, responses []*instrument.Response) *instrument.Columns {
	in := &instrument.Columns{Rows: len(responses), Items: make([][]int8, len(c.Source().Items))}
	sexes := map[contract.Sex]instrument.SexCode{contract.Female: instrument.FemaleCode, contract.Male: instrument.MaleCode}
	for _, r := range responses {
		for i := range in.Items {
			code := instrument.BlankCode
			if i < len(r.Answers) {
				code = r.Answers[i].Code()
			}
			in.Items[i] = append(in.Items[i], code)
		}
		in.Sex = append(in.Sex, sexes[r.Person.Sex])
		in.Age, in.Grade = append(in.Age, int8(r.Person.Age)), append(in.Grade, int8(r.Person.Grade))
		in.Seconds = append(in.Seconds, r.Seconds)
		in.Duplicate, in.OutOfWindow = append(in.Duplicate, r.Duplicate), append(in.OutOfWindow, r.OutOfWindow)
	}
	return in
}

// rowDiff says where a row of column scores differs from a result, empty when nowhere.
func rowDiff(c *instrument.Compiled, out *instrument.ColumnScores, row int, want instrument.Result) string {
	for i, w := range want.Scales {
		if diff := scaleDiff(c.Scales()[i], &out.Scales[i], out.Without, row, w); diff != "" {
			return fmt.Sprintf("scale %s without %b: %s, want %+v", w.Code, out.Without, diff, w)
		}
	}
	rank := 0
	for _, hit := range want.Critical {
		rank = max(rank, hit.Class.Rank())
	}
	if int(out.Critical[row]) != rank || out.CriticalBlank[row] != (len(want.CriticalBlank) > 0) || out.Void[row] != want.Void {
		return fmt.Sprintf("critical %d blank %v void %v, want %+v", out.Critical[row], out.CriticalBlank[row], out.Void[row], want)
	}
	return findingDiff(c, out, row, want)
}

// scaleDiff leaves out what the columns are without, and requires it not to be there.
func scaleDiff(
	of instrument.Scale, got *instrument.ScaleColumn, without instrument.Parts, row int, want instrument.ScaleResult,
) string {
	if without&instrument.Statuses != 0 && want.Status != instrument.Scored && want.Status != instrument.Prorated {
		want.Value, want.Raw = math.NaN(), math.NaN()
	}
	value, raw := got.Value[row], got.Value[row]
	if got.Raw != nil {
		raw = got.Raw[row]
	}
	switch {
	case math.Float64bits(value) != math.Float64bits(want.Value) || math.Float64bits(raw) != math.Float64bits(want.Raw):
		return fmt.Sprintf("value %g raw %g", value, raw)
	case (got.Status == nil) != (without&instrument.Statuses != 0) || got.Status != nil && got.Status[row].Status() != want.Status:
		return fmt.Sprintf("status %v", got.Status)
	case (got.Missing == nil) != (without&instrument.MissingCounts != 0) || got.Missing != nil && int(got.Missing[row]) != want.Missing:
		return fmt.Sprintf("missing %v", got.Missing)
	case (got.Band == nil) != (without&instrument.Bands != 0):
		return fmt.Sprintf("%d bands", len(got.Band))
	case got.Band != nil && bandName(of, got.Band[row]) != want.Band:
		return fmt.Sprintf("band %d", got.Band[row])
	}
	return ""
}

func bandName(of instrument.Scale, band int8) string {
	if band < 0 {
		return ""
	}
	return of.Bands[band].Name
}

// everyPart are empty scores without each combination of parts.
func everyPart() []instrument.ColumnScores {
	out := make([]instrument.ColumnScores, instrument.Details+1)
	for without := range out {
		out[without].Without = instrument.Parts(without)
	}
	return out
}

func findingDiff(c *instrument.Compiled, out *instrument.ColumnScores, row int, want instrument.Result) string {
	var got []instrument.Finding
	for i, rule := range c.Source().Quality {
		if out.Findings[row]>>i&1 == 1 {
			got = append(got, instrument.Finding{Check: rule.Check, Scale: rule.Scale, Effect: rule.Effect})
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want.Findings) {
		return fmt.Sprintf("findings %v, want %v", got, want.Findings)
	}
	return ""
}

// form draws an instrument with a bit of everything; false when it does not compile.
func form(t *rapid.T) (*instrument.Compiled, bool) {
	n := rapid.IntRange(2, 40).Draw(t, "items")
	lo := rapid.IntRange(0, 2).Draw(t, "lo")
	in := instrumenttest.Form(n, lo, lo+rapid.SampledFrom([]int{1, 3, 4, 60, 98}).Draw(t, "width"))
	for i := range in.Items {
		change(t, &in, i)
	}
	base := in.Scales[0]
	in.Scales = nil
	for i := range rapid.IntRange(1, 4).Draw(t, "scales") {
		s := base
		s.Code = fmt.Sprintf("s%d", i)
		in.Scales = append(in.Scales, scale(t, &in, s))
	}
	in.Quality = quality(t, in)
	cutBands(t, &in)
	c, err := instrument.Compile(in)
	return c, err == nil
}

func change(t *rapid.T, in *contract.Instrument, i int) {
	item := &in.Items[i]
	switch rapid.IntRange(0, 12).Draw(t, "change") {
	case 0:
		item.Options = append(item.Options[:1:1], item.Options[len(item.Options)-1]) // a hole
	case 1:
		if i > 0 {
			item.AskWhen = []contract.ItemTest{{
				Item: in.Items[rapid.IntRange(0, i-1).Draw(t, "gate")].Code, From: 1, To: 3, OrMissing: rapid.Bool().Draw(t, "orMissing"),
			}}
		}
	case 2:
		item.Options = instrumenttest.Options(0, 5)
	}
	if rapid.IntRange(0, 8).Draw(t, "critical") == 0 {
		item.Critical = []contract.CriticalAnswer{
			{Value: item.Options[0].Value, Class: contract.Review}, {Value: item.Options[1].Value, Class: contract.Immediate},
		}
	}
}

func scale(t *rapid.T, in *contract.Instrument, s contract.Scale) contract.Scale {
	n := len(in.Items)
	size := rapid.IntRange(1, n).Draw(t, "size")
	s.Items = s.Items[rapid.IntRange(0, n-size).Draw(t, "first"):][:size]
	s.Method = rapid.SampledFrom([]contract.Method{contract.Sum, contract.Sum, contract.Mean, contract.Count, contract.Cases}).Draw(t, "method")
	s.MaxMissing = rapid.IntRange(0, min(size-1, 5)).Draw(t, "maxMissing")
	s.MissingAs = rapid.SampledFrom([]contract.MissingRule{contract.Prorate, contract.Prorate, contract.Zero}).Draw(t, "missingAs")
	s.Rounding = rapid.SampledFrom([]contract.Rounding{
		contract.NotRounded, contract.HalfUp, contract.HalfEven, contract.Up, contract.Down,
	}).Draw(t, "rounding")
	s.Purpose = rapid.SampledFrom([]contract.ScalePurpose{contract.Grade, contract.Validity}).Draw(t, "purpose")
	s.Bands = []contract.Band{{Name: "All", From: 0, To: 1e9}}
	if s.Method == contract.Cases {
		s.Cases = cases(t, s.Items)
		return s
	}
	if rapid.Bool().Draw(t, "multiplied") {
		s.Multiply = contract.Multiplier{
			Numerator: rapid.IntRange(1, 5).Draw(t, "numerator"), Denominator: rapid.IntRange(1, 4).Draw(t, "denominator"),
		}
	}
	for _, item := range s.Items {
		if rapid.IntRange(0, 4).Draw(t, "reversed") == 0 {
			s.Reverse = append(s.Reverse, item)
		}
	}
	if s.Method == contract.Count {
		s.Count = &contract.CountRange{From: 1, To: rapid.IntRange(1, 4).Draw(t, "to")}
	} else if rapid.IntRange(0, 3).Draw(t, "weighted") == 0 {
		s.Weights = []contract.Weight{{Item: s.Items[0], Weight: rapid.IntRange(1, 9).Draw(t, "weight")}}
	}
	return s
}

func cases(t *rapid.T, items []string) []contract.Case {
	var tests []contract.ItemTest
	for _, item := range items {
		tests = append(tests, contract.ItemTest{Item: item, From: 1, To: 4, OrMissing: rapid.Bool().Draw(t, "orMissing")})
	}
	atLeast := rapid.IntRange(1, len(tests)).Draw(t, "atLeast")
	return []contract.Case{
		{Name: "most", Value: 2, When: []contract.Condition{{Tests: tests, AtLeast: atLeast, AtMost: len(tests)}}},
		{Name: "few", Value: 1, When: []contract.Condition{{Tests: tests[:1], AtLeast: 0, AtMost: 0}}},
		{Name: "none", Value: 0},
	}
}

func quality(t *rapid.T, in contract.Instrument) []contract.QualityRule {
	if rapid.Bool().Draw(t, "unjudged") {
		return nil
	}
	effect := rapid.SampledFrom([]contract.QualityEffect{contract.Flag, contract.Void})
	rules := []contract.QualityRule{
		{Check: contract.LongestRun, Threshold: float64(len(in.Items)/2 + 1), Effect: effect.Draw(t, "run")},
		{Check: contract.Spread, Threshold: 0.7, Effect: effect.Draw(t, "spread")},
		{Check: contract.SecondsPerItem, Threshold: 1.3, Effect: effect.Draw(t, "seconds")},
		{Check: contract.AllLowest, Effect: effect.Draw(t, "lowest")},
		{Check: contract.Duplicate, Effect: contract.Flag},
		{Check: contract.OutOfWindow, Effect: contract.Flag},
	}
	for _, s := range in.Scales {
		if s.Purpose == contract.Validity {
			rules = append(rules, contract.QualityRule{
				Check: contract.ValidityScale, Scale: s.Code, Threshold: 2, Effect: effect.Draw(t, "validity"),
			})
		}
	}
	return rules
}

// cutBands gives every scale two bands, and some of them norms for boys of 8 to 15.
func cutBands(t *rapid.T, in *contract.Instrument) {
	c, err := instrument.Compile(*in)
	if err != nil {
		return
	}
	for i, s := range c.Scales() {
		one := &in.Scales[i]
		if cut := math.Floor((s.Min + s.Max) / 2); cut >= s.Min && cut < s.Max {
			one.Bands = []contract.Band{{Name: "Low", From: 0, To: cut}, {Name: "High", From: math.Nextafter(cut, 1e9), To: 1e9}}
		}
		whole := one.Method == contract.Sum && one.Multiply.Numerator == 1 && one.Rounding != contract.NotRounded
		if !whole || rapid.Bool().Draw(t, "unnormed") {
			continue
		}
		norm := contract.Norm{Sex: contract.Male, MinAge: 8, MaxAge: 15}
		for raw := s.Min; raw <= s.Max; raw++ {
			norm.Rows = append(norm.Rows, contract.NormRow{Raw: raw, Standard: 20 + raw/3})
		}
		one.Norms, one.Bands = []contract.Norm{norm}, []contract.Band{{Name: "All", From: 0, To: 1e6}}
	}
}

// respond makes answers of every kind: offered, not offered, and missing in every way.
func respond(rng *rand.Rand, c *instrument.Compiled) *instrument.Response {
	r := c.NewResponse()
	missing := []float64{0, 0.02, 0.3}[rng.IntN(3)]
	for i, item := range c.Source().Items {
		r.Answers[i] = instrument.Answer{Value: item.Options[rng.IntN(len(item.Options))].Value}
		if rng.IntN(40) == 0 {
			r.Answers[i].Value = rng.IntN(130) - 2
		}
		if rng.Float64() < missing {
			r.Answers[i].Missing = instrument.Missing(1 + rng.IntN(4))
		}
	}
	r.Person = instrument.Person{Sex: contract.Male, Age: rng.IntN(20), Grade: rng.IntN(12)}
	if rng.IntN(4) == 0 {
		r.Person.Sex = []contract.Sex{contract.Female, contract.SexUnknown}[rng.IntN(2)]
	}
	r.Seconds, r.Duplicate, r.OutOfWindow = float64(rng.IntN(200)), rng.IntN(9) == 0, rng.IntN(9) == 0
	return r
}

// columnsEqualRows scores responses both ways and requires every bit to be the same.
func columnsEqualRows(t *rapid.T) {
	c, ok := form(t)
	if !ok {
		t.Skip("the drawn instrument does not compile")
	}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	rows := rapid.SampledFrom([]int{0, 1, 7, 100, 256, 257, 4096, 4100}).Draw(t, "rows")
	responses := make([]*instrument.Response, rows)
	for i := range responses {
		responses[i] = respond(rng, c)
	}
	in := columnsOf(c, responses)
	if rapid.IntRange(0, 5).Draw(t, "column missing") == 0 {
		in.Items[0] = nil
		for _, r := range responses {
			r.Answers[0].Missing = instrument.Blank
		}
	}
	from := rapid.IntRange(0, rows).Draw(t, "from")
	outs := everyPart()
	for _, first := range []int{0, from} { // the same scores again, for a part of the rows
		part := in.Slice(first, rows)
		for i := range outs {
			c.ScoreColumns(&part, &outs[i])
		}
		var want instrument.Result
		for row, r := range responses[first:] {
			c.ScoreInto(r, &want)
			for i := range outs {
				if diff := rowDiff(c, &outs[i], row, want); diff != "" {
					t.Fatalf("row %d: %s\n%+v\n%+v", first+row, diff, c.Source(), *r)
				}
			}
		}
	}
}

// Scores are reused: by another instrument without a trace of the first, and by the
// same one without allocating.
func TestScoreColumnsReuses(t *testing.T) {
	outs := everyPart()
	for i := range outs {
		scoreReused(t, &outs[i])
	}
}

func scoreReused(t *testing.T, out *instrument.ColumnScores) {
	t.Helper()
	for _, c := range []*instrument.Compiled{
		instrumenttest.MustCompile(judged()), instrumenttest.MustCompile(normed()), instrumenttest.MustCompile(gatedForm()),
	} {
		r := c.NewResponse()
		r.Answers[0] = instrument.Answer{Value: 1}
		r.Person.Sex = contract.Male
		in := columnsOf(c, []*instrument.Response{r, r, r})
		c.ScoreColumns(in, out)
		if len(out.Void) != 3 || len(out.Scales) != len(c.Scales()) {
			t.Fatalf("%d rows, %d scales", len(out.Void), len(out.Scales))
		}
		if diff := rowDiff(c, out, 2, c.Score(r)); diff != "" {
			t.Error(diff)
		}
		if n := testing.AllocsPerRun(10, func() { c.ScoreColumns(in, out) }); n != 0 {
			t.Errorf("%s: %g allocations", c.Code(), n)
		}
	}
}

// What was left out is computed again for whoever wants it from the same scores.
func TestWithoutCanBeTakenBack(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	r := c.NewResponse()
	in := columnsOf(c, []*instrument.Response{r})
	var out instrument.ColumnScores
	for _, without := range []instrument.Parts{instrument.Details, 0, instrument.Bands, 0} {
		out.Without = without
		c.ScoreColumns(in, &out)
		if diff := rowDiff(c, &out, 0, c.Score(r)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestColumnsEqualRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, columnsEqualRows)
}

func FuzzColumnsEqualRows(f *testing.F) { f.Fuzz(rapid.MakeFuzz(columnsEqualRows)) }
