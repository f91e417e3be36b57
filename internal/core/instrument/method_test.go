package instrument_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// blank is a value that instrumenttest.Answers leaves out.
const blank = -1

// anyValue is a band for scales whose value alone is looked at.
var anyValue = []contract.Band{{Name: "All", From: 0, To: 1e6}}

// Values are worked out by hand from contract.Scale's formulas.
func TestMethods(t *testing.T) {
	t.Parallel()
	const scored, prorated, insufficient = instrument.Scored, instrument.Prorated, instrument.Insufficient
	times := func(over, under int) contract.Multiplier {
		return contract.Multiplier{Numerator: over, Denominator: under}
	}
	weights := []contract.Weight{{Item: "q1", Weight: 3}, {Item: "q3", Weight: 2}}
	tests := map[string]struct {
		items, lo, hi int
		change        func(*contract.Scale)
		answers       []int
		status        instrument.Status
		value         float64
	}{
		"sum": {3, 0, 3, func(*contract.Scale) {}, []int{1, 2, 3}, scored, 6},
		"sum, reversed": {
			3, 1, 5, func(s *contract.Scale) { s.Reverse = []string{"q1", "q3"} }, []int{1, 2, 5}, scored, 5 + 2 + 1,
		},
		"sum, weighted": {
			3, 0, 3, func(s *contract.Scale) { s.Weights = weights }, []int{1, 2, 3}, scored, 3*1 + 2 + 2*3,
		},
		"sum, weighted and reversed": {
			3, 0, 3, func(s *contract.Scale) { s.Weights, s.Reverse = weights, []string{"q1"} }, []int{1, 2, 3}, scored, 3*2 + 2 + 2*3,
		},
		"sum, weighted and prorated": { // (3x1 + 2x3) x 6/5 = 10.8
			3, 0, 3, func(s *contract.Scale) { s.Weights, s.MaxMissing, s.Rounding = weights, 1, contract.NotRounded },
			[]int{1, blank, 3}, prorated, 10.8,
		},
		"sum, blanks as zero": {
			3, 0, 3, func(s *contract.Scale) { s.MaxMissing, s.MissingAs = 2, contract.Zero }, []int{blank, 2, blank}, prorated, 2,
		},
		"sum, blanks as zero, not below the least": {
			3, 1, 4, func(s *contract.Scale) { s.MaxMissing, s.MissingAs = 2, contract.Zero }, []int{blank, 2, blank}, prorated, 3,
		},
		"sum, one too many missing": {
			3, 0, 3, func(s *contract.Scale) { s.MaxMissing = 1 }, []int{blank, 2, blank}, insufficient, 0,
		},
		"sum x 2": { // DASS-21
			7, 0, 3, func(s *contract.Scale) { s.Multiply = times(2, 1) }, []int{1, 1, 1, 1, 1, 1, 0}, scored, 12,
		},
		"sum x 5/4, down": { // Zung: 41 x 1.25 = 51.25
			20, 1, 4, func(s *contract.Scale) { s.Multiply, s.Rounding = times(5, 4), contract.Down },
			[]int{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3}, scored, 51,
		},
		"mean": {
			6, 1, 5, func(s *contract.Scale) { s.Method, s.Rounding = contract.Mean, contract.NotRounded },
			[]int{1, 2, 2, 2, 2, 2}, scored, 11.0 / 6,
		},
		"mean, prorated": {
			6, 1, 5, func(s *contract.Scale) { s.Method, s.Rounding, s.MaxMissing = contract.Mean, contract.NotRounded, 1 },
			[]int{1, 2, 2, 2, blank, 2}, prorated, 1.8,
		},
		"mean, blanks as zero": {
			4, 0, 4, func(s *contract.Scale) {
				s.Method, s.Rounding, s.MaxMissing, s.MissingAs = contract.Mean, contract.NotRounded, 1, contract.Zero
			}, []int{1, 2, 3, blank}, prorated, 1.5,
		},
		"mean, weighted": { // (3x1 + 2 + 2x3) / 6
			3, 0, 3, func(s *contract.Scale) { s.Method, s.Weights, s.Rounding = contract.Mean, weights, contract.NotRounded },
			[]int{1, 2, 3}, scored, 11.0 / 6,
		},
		"mean, half up":   {2, 0, 5, func(s *contract.Scale) { s.Method = contract.Mean }, []int{2, 3}, scored, 3},
		"mean, half even": {2, 0, 5, rounded(contract.HalfEven), []int{2, 3}, scored, 2},
		"mean, half even of an odd one": {
			2, 0, 5, rounded(contract.HalfEven), []int{3, 4}, scored, 4,
		},
		"mean, down": {2, 0, 5, rounded(contract.Down), []int{2, 3}, scored, 2},
		"mean, up":   {3, 0, 5, rounded(contract.Up), []int{2, 2, 3}, scored, 3},
		"count": {
			4, 1, 5, func(s *contract.Scale) { s.Method, s.Count = contract.Count, &contract.CountRange{From: 2, To: 4} },
			[]int{1, 2, 4, 5}, scored, 2,
		},
		"count, reversed": { // q1 counts as 5
			4, 1, 5, func(s *contract.Scale) {
				s.Method, s.Count, s.Reverse = contract.Count, &contract.CountRange{From: 5, To: 5}, []string{"q1"}
			}, []int{1, 1, 1, 5}, scored, 2,
		},
		"count, prorated": { // 2 x 4/3
			4, 1, 5, func(s *contract.Scale) {
				s.Method, s.Count, s.MaxMissing = contract.Count, &contract.CountRange{From: 2, To: 5}, 1
			}, []int{1, 2, 4, blank}, prorated, 3,
		},
		"a value that is not offered is no answer": {
			3, 1, 3, func(s *contract.Scale) { s.MaxMissing = 1 }, []int{0, 2, 3}, prorated, 8,
		},
		"a value that wraps in a byte is no answer": {
			3, 1, 3, func(s *contract.Scale) { s.MaxMissing = 1 }, []int{257, 2, 3}, prorated, 8,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := with(instrumenttest.Form(tc.items, tc.lo, tc.hi), func(s *contract.Scale) { s.Bands = anyValue; tc.change(s) })
			got := instrumenttest.MustCompile(in).Score(instrumenttest.Answers(tc.answers...)).Scales[0]
			if got.Status != tc.status || got.Value != tc.value || got.Raw != tc.value {
				t.Errorf("got %+v, want %s %g", got, tc.status, tc.value)
			}
		})
	}
}

func rounded(mode contract.Rounding) func(*contract.Scale) {
	return func(s *contract.Scale) { s.Method, s.Rounding = contract.Mean, mode }
}

// Prorating over items of unequal width stays within what complete answers can reach:
// 3 of 3 on the wide item would be 6 of 4 otherwise.
func TestProratingStaysOnTheScale(t *testing.T) {
	t.Parallel()
	in := with(instrumenttest.Form(2, 0, 3), func(s *contract.Scale) { s.MaxMissing, s.Bands[0].To = 1, 4 })
	in.Items[0].Options = instrumenttest.Options(0, 1)
	c := instrumenttest.MustCompile(in)
	if got := c.Score(instrumenttest.Answers(blank, 3)).Scales[0].Value; got != 4 {
		t.Errorf("value %g, want 4", got)
	}
}

// gatedForm asks q3 when q1 or q2 is 1 or left without an answer, as ASQ asks its fifth.
func gatedForm() contract.Instrument {
	in := instrumenttest.Form(3, 0, 1)
	in.Items[2].AskWhen = []contract.ItemTest{
		{Item: "q1", From: 1, To: 1, OrMissing: true}, {Item: "q2", From: 1, To: 1, OrMissing: true},
	}
	in.Items[2].Critical = []contract.CriticalAnswer{{Value: 1, Class: contract.Immediate}}
	return in
}

func TestGates(t *testing.T) {
	t.Parallel()
	type want struct {
		Status  instrument.Status
		Missing int
		Value   float64
		Hits    int
		Blank   int
	}
	tests := map[string]struct {
		answers []int
		want    want
	}{
		"shut":                          {[]int{0, 0, blank}, want{instrument.Scored, 0, 0, 0, 0}},
		"shut but answered":             {[]int{0, 0, 1}, want{instrument.Scored, 0, 1, 1, 0}},
		"open and answered":             {[]int{1, 0, 1}, want{instrument.Scored, 0, 2, 1, 0}},
		"open and left out":             {[]int{1, 0, blank}, want{instrument.Insufficient, 1, 0, 0, 1}},
		"opened by a refusal":           {[]int{0, blank, blank}, want{instrument.Insufficient, 2, 0, 0, 1}},
		"opened by a refusal, answered": {[]int{0, blank, 0}, want{instrument.Insufficient, 1, 0, 0, 0}},
	}
	c := instrumenttest.MustCompile(gatedForm())
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.Score(instrumenttest.Answers(tc.answers...))
			s := r.Scales[0]
			if diff := cmp.Diff(tc.want, want{s.Status, s.Missing, s.Value, len(r.Critical), len(r.CriticalBlank)}); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever refuses the gated question was asked it, whatever else they answered: a refusal
// of the one about danger is looked at, and "no" to all before it does not hide that.
func TestARefusalBehindAShutGateIsMissing(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(gatedForm())
	for missing, asked := range map[instrument.Missing]bool{
		instrument.Refused: true, instrument.DontKnow: true, instrument.Blank: false, instrument.NotAsked: false,
	} {
		answer := instrument.Answer{Missing: missing}
		r := instrumenttest.Answers(0, 0)
		r.Answers = append(r.Answers[:2:2], answer)
		got := c.Score(r)
		if (len(got.CriticalBlank) == 1) != asked || (got.Scales[0].Missing == 1) != asked {
			t.Errorf("%v: %+v", missing, got)
		}
		var columns instrument.ColumnScores
		c.ScoreColumns(&instrument.Columns{Rows: 1, Items: [][]int8{{0}, {0}, {answer.Code()}}}, &columns)
		if columns.CriticalBlank[0] != asked || (columns.Scales[0].Missing[0] == 1) != asked {
			t.Errorf("%v in a column: %v, %d missing", missing, columns.CriticalBlank[0], columns.Scales[0].Missing[0])
		}
	}
}

// A gate behind a gate that stayed shut stays shut: what was not asked is not missing.
func TestGateBehindAGate(t *testing.T) {
	t.Parallel()
	in := instrumenttest.Form(3, 0, 1)
	in.Items[1].AskWhen = []contract.ItemTest{{Item: "q1", From: 1, To: 1}}
	in.Items[2].AskWhen = []contract.ItemTest{{Item: "q2", From: 1, To: 1, OrMissing: true}}
	c := instrumenttest.MustCompile(in)
	if got := c.Score(instrumenttest.Answers(0)).Scales[0]; got.Status != instrument.Scored || got.Missing != 0 {
		t.Errorf("nothing asked after q1: %+v", got)
	}
	if got := c.Score(instrumenttest.Answers(1)).Scales[0]; got.Missing != 2 {
		t.Errorf("q2 asked and left out, which opens q3: %+v", got)
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	in := with(algorithm(), func(s *contract.Scale) { s.MaxMissing = 1 })
	c := instrumenttest.MustCompile(in)
	tests := map[string]struct {
		answers []int
		want    instrument.ScaleResult
	}{
		"the first case": {[]int{2, 0, 0}, instrument.ScaleResult{Status: instrument.Scored, Value: 1, Raw: 1, Band: "Yes"}},
		"the catch-all":  {[]int{1, 1, 3}, instrument.ScaleResult{Status: instrument.Scored, Band: "No"}},
		"one missing":    {[]int{blank, 3, 0}, instrument.ScaleResult{Status: instrument.Prorated, Value: 1, Raw: 1, Band: "Yes", Missing: 1}},
		"two missing":    {[]int{blank, 3, blank}, instrument.ScaleResult{Status: instrument.Insufficient, Missing: 2}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.Code, tc.want.Basis = "total", instrument.Raw
			if diff := cmp.Diff(tc.want, c.Score(instrumenttest.Answers(tc.answers...)).Scales[0]); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNorms(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(normed())
	tests := map[string]struct {
		person instrument.Person
		answer int
		want   instrument.ScaleResult
	}{
		"a girl of 11":     {instrument.Person{Sex: contract.Female, Age: 11}, 2, standard(65, 2, "High")},
		"a girl of 12":     {instrument.Person{Sex: contract.Female, Age: 12}, 1, standard(51, 1, "Low")},
		"a boy of any age": {instrument.Person{Sex: contract.Male}, 0, standard(42, 0, "Low")},
		"a girl of 19":     {instrument.Person{Sex: contract.Female, Age: 19}, 1, standard(0, 0, "")},
		"a girl, age not known": {
			instrument.Person{Sex: contract.Female}, 1, standard(0, 0, ""),
		},
		"sex not known": {instrument.Person{Age: 12}, 1, standard(0, 0, "")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := instrumenttest.Answers(tc.answer)
			r.Person = tc.person
			if diff := cmp.Diff(tc.want, c.Score(r).Scales[0]); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// standard is the result of normed's scale; without a band it has no value.
func standard(value, raw float64, band string) instrument.ScaleResult {
	r := instrument.ScaleResult{
		Code: "total", Status: instrument.Scored, Value: value, Raw: raw, Basis: instrument.Standard, Band: band,
	}
	if band == "" {
		r.Status = instrument.Insufficient
	}
	return r
}
