package instrument_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// broken is a change to a sound instrument and the faults that it must lead to.
type broken struct {
	breakIt  func(*contract.Instrument)
	wantPath []string
	wantText string
}

func checkFaults(t *testing.T, sound func() contract.Instrument, tests map[string]broken) {
	t.Helper()
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := sound()
			if _, err := instrument.Compile(in); err != nil {
				t.Fatal(err)
			}
			tc.breakIt(&in)
			_, err := instrument.Compile(in)
			if err == nil {
				t.Fatal("compiled")
			}
			if diff := cmp.Diff(tc.wantPath, fault.Paths(err)); diff != "" {
				t.Errorf("paths (-want +got):\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("error %q does not say %q", err, tc.wantText)
			}
		})
	}
}

func TestCompileNamesTheFaultOfAnItem(t *testing.T) {
	t.Parallel()
	checkFaults(t, instrumenttest.PHQ9, map[string]broken{
		"item twice": {
			func(in *contract.Instrument) { in.Items[2].Code = "q1"; in.Scales = nil },
			[]string{"items[2].code"}, `item "q1" is also items[0]`,
		},
		"item without code": {
			func(in *contract.Instrument) { in.Items[2].Code = ""; in.Scales = nil },
			[]string{"items[2].code"}, "write a code such as q3",
		},
		"no items": {
			func(in *contract.Instrument) { in.Items, in.Scales = nil, nil },
			[]string{"items"}, "list at least one",
		},
		"too many items": {
			func(in *contract.Instrument) { in.Items = make([]contract.Item, 301); in.Scales = nil },
			[]string{"items"}, "at most 300",
		},
		"option value twice": {
			func(in *contract.Instrument) { in.Items[0].Options[1].Value = 0 },
			[]string{"items[0].options[1].value"}, "used twice",
		},
		"option value below 0": {
			func(in *contract.Instrument) { in.Items[0].Options[1].Value = -1 },
			[]string{"items[0].options[1].value"}, "outside 0..100",
		},
		"critical value not offered": {
			func(in *contract.Instrument) { in.Items[8].Critical[0].Value = 4 },
			[]string{"items[8].critical[0].value"}, "not among its options",
		},
		"critical value twice": {
			func(in *contract.Instrument) { in.Items[8].Critical[1].Value = 1 },
			[]string{"items[8].critical[1].value"}, "keep one entry",
		},
		"unknown class": {
			func(in *contract.Instrument) { in.Items[8].Critical[0].Class = "Someday" },
			[]string{"items[8].critical[0].class"}, "write Immediate, Urgent or Review",
		},
		"unknown administration": {
			func(in *contract.Instrument) { in.Administration = "Post" },
			[]string{"administration"}, `unknown administration "Post"; write SelfReport or Interview`,
		},
		"age range inverted": {
			func(in *contract.Instrument) { in.MaxAge = 6 },
			[]string{"maxAge"}, "below minAge 12",
		},
		"gate over a later item": {
			func(in *contract.Instrument) { in.Items[3].AskWhen = []contract.ItemTest{{Item: "q5", From: 1, To: 3}} },
			[]string{"items[3].askWhen[0].item"}, "write the code of an earlier one",
		},
		"gate over itself": {
			func(in *contract.Instrument) { in.Items[3].AskWhen = []contract.ItemTest{{Item: "q4", From: 1, To: 3}} },
			[]string{"items[3].askWhen[0].item"}, `item "q4" is asked after "q4"`,
		},
		"gate that never opens": {
			func(in *contract.Instrument) { in.Items[3].AskWhen = []contract.ItemTest{{Item: "q1", From: 4, To: 5}} },
			[]string{"items[3].askWhen[0]"}, `item "q1" has no option in 4..5`,
		},
		"gate inverted": {
			func(in *contract.Instrument) { in.Items[3].AskWhen = []contract.ItemTest{{Item: "q1", From: 3, To: 1}} },
			[]string{"items[3].askWhen[0]"}, "write from <= to",
		},
		"all faults at once": {
			func(in *contract.Instrument) { in.Version = ""; in.Items[1].Options = nil; in.Scales[0].Method = "" },
			[]string{"version", "items[1].options", "scales[0].method"}, "list at least two",
		},
	})
}

func TestCompileNamesTheFaultOfAScale(t *testing.T) {
	t.Parallel()
	checkFaults(t, instrumenttest.PHQ9, map[string]broken{
		"unknown item": {
			func(in *contract.Instrument) { in.Scales[0].Items[0] = "q77" },
			[]string{"scales[0].items[0]"}, `no item "q77"`,
		},
		"item twice": {
			func(in *contract.Instrument) { in.Scales[0].Items[0] = "q2" },
			[]string{"scales[0].items[1]"}, `counts item "q2" twice`,
		},
		"scale twice": {
			func(in *contract.Instrument) { in.Scales = append(in.Scales, in.Scales[0]) },
			[]string{"scales[1].code"}, "also scales[0]",
		},
		"code not usable in a rule": {
			func(in *contract.Instrument) { in.Scales[0].Code = "to-tal" },
			[]string{"scales[0].code"}, "cannot be used in a rule",
		},
		"words that are not known": {
			func(in *contract.Instrument) {
				s := &in.Scales[0]
				s.Method, s.MissingAs, s.Rounding, s.Worse, s.Purpose = "Guess", "Nothing", "Nearest", "Up", "Fun"
			},
			[]string{"scales[0].method", "scales[0].missingAs", "scales[0].rounding", "scales[0].worse", "scales[0].purpose"},
			`unknown method "Guess"; write Sum, Mean, Count or Cases`,
		},
		"every item may be missing": {
			func(in *contract.Instrument) { in.Scales[0].MaxMissing = 9 },
			[]string{"scales[0].maxMissing"}, "one less than its 9 items that are always asked",
		},
		"every item that is always asked may be missing": {
			func(in *contract.Instrument) {
				in.Items[8].AskWhen = []contract.ItemTest{{Item: "q1", From: 1, To: 3}}
				in.Scales[0].MaxMissing = 8
			},
			[]string{"scales[0].maxMissing"}, "its 8 items that are always asked",
		},
		"only gated items": {
			func(in *contract.Instrument) {
				in.Items[8].AskWhen = []contract.ItemTest{{Item: "q1", From: 1, To: 3}}
				in.Scales[0].Items = []string{"q9"}
			},
			[]string{"scales[0].items"}, "list one that is always asked",
		},
		"reverse item of another scale": {
			func(in *contract.Instrument) { in.Scales[0].Reverse = []string{"q10"} },
			[]string{"scales[0].reverse[0]"}, `item "q10", which is not among its items`,
		},
		"reverse item twice": {
			func(in *contract.Instrument) { in.Scales[0].Reverse = []string{"q1", "q1"} },
			[]string{"scales[0].reverse[1]"}, "list it once",
		},
		"reverse item without a range": {
			func(in *contract.Instrument) {
				in.Items[0].Options, in.Scales[0].Reverse = in.Items[0].Options[:1], []string{"q1"}
			},
			[]string{"items[0].options", "scales[0].reverse[0]"}, `item "q1", which has no range`,
		},
		"weights": {
			func(in *contract.Instrument) {
				in.Scales[0].Weights = []contract.Weight{{Item: "q1", Weight: 0}, {Item: "q1", Weight: 101}, {Item: "x", Weight: 2}}
			},
			[]string{
				"scales[0].weights[0].weight", "scales[0].weights[1].item", "scales[0].weights[1].weight", "scales[0].weights[2].item",
			}, "outside 1..100",
		},
		"multiplier": {
			func(in *contract.Instrument) { in.Scales[0].Multiply.Denominator = 0 },
			[]string{"scales[0].multiply"}, "1/1 to leave values as they are",
		},
		"nothing to count": {
			func(in *contract.Instrument) { in.Scales[0].Method = contract.Count },
			[]string{"scales[0].count"}, "does not say what it counts",
		},
		"count inverted": {
			func(in *contract.Instrument) {
				in.Scales[0].Method, in.Scales[0].Count = contract.Count, &contract.CountRange{From: 3, To: 2}
			},
			[]string{"scales[0].count"}, "write from <= to",
		},
		"count of a sum": {
			func(in *contract.Instrument) { in.Scales[0].Count = &contract.CountRange{From: 1, To: 2} },
			[]string{"scales[0].count"}, "only method Count",
		},
		"cases of a sum": {
			func(in *contract.Instrument) { in.Scales[0].Cases = []contract.Case{{Name: "x"}} },
			[]string{"scales[0].cases"}, "only method Cases",
		},
		"more values than can be checked": {
			func(in *contract.Instrument) {
				in.Scales[0].Multiply.Numerator = 1000
			},
			[]string{"scales[0].items"}, "more than 20000 different values",
		},
	})
}

func TestCompileNamesTheFaultOfABand(t *testing.T) {
	t.Parallel()
	checkFaults(t, instrumenttest.PHQ9, map[string]broken{
		"gap": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].From = 6 },
			[]string{"scales[0].bands[1].from"}, `gap before band "Mild" of scale "total"; write from: 5`,
		},
		"overlap": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].From = 4 },
			[]string{"scales[0].bands[1].from"}, "overlaps the one before it, which ends at 4",
		},
		"begins late": {
			func(in *contract.Instrument) { in.Scales[0].Bands[0].From = 1 },
			[]string{"scales[0].bands[0].from"}, "the scale begins at 0",
		},
		"ends early": {
			func(in *contract.Instrument) { in.Scales[0].Bands[4].To = 26 },
			[]string{"scales[0].bands[4].to"}, "the scale ends at 27",
		},
		"inverted": {
			func(in *contract.Instrument) { in.Scales[0].Bands[4].To = 19 },
			[]string{"scales[0].bands[4]"}, "write from <= to",
		},
		"none": {
			func(in *contract.Instrument) { in.Scales[0].Bands = nil },
			[]string{"scales[0].bands"}, "cover 0..27",
		},
		"out of reach": {
			func(in *contract.Instrument) {
				in.Scales[0].Bands = append(in.Scales[0].Bands, contract.Band{Name: "Worst", From: 28, To: 30})
			},
			[]string{"scales[0].bands[5]"}, "no value that the scale can take",
		},
		"name twice": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].Name = "None" },
			[]string{"scales[0].bands[1].name"}, "write a name of its own",
		},
	})
}

// means is an instrument like MSSMHS: six items 1..5, their mean, bands in hundredths.
func means() contract.Instrument {
	in := instrumenttest.Form(6, 1, 5)
	s := &in.Scales[0]
	s.Method, s.Rounding, s.MaxMissing = contract.Mean, contract.NotRounded, 1
	s.Bands = []contract.Band{{Name: "Low", From: 1, To: 1.99}, {Name: "Some", From: 2, To: 2.99}, {Name: "Much", From: 3, To: 5}}
	return in
}

func TestBandsOfMeans(t *testing.T) {
	t.Parallel()
	checkFaults(t, means, map[string]broken{
		"a gap that five of six answers fall into": { // 9/5 = 1.8, and no sixth lies between 1.7 and 1.82
			func(in *contract.Instrument) { in.Scales[0].Bands[0].To = 1.7; in.Scales[0].Bands[1].From = 1.82 },
			[]string{"scales[0].bands[1].from"}, "write from: 1.8",
		},
		"a gap that thirteen fifths fall into": {
			func(in *contract.Instrument) { in.Scales[0].Bands[1].To = 2.5 },
			[]string{"scales[0].bands[2].from"}, "write from: 2.6",
		},
		"both hold 2": {
			func(in *contract.Instrument) { in.Scales[0].Bands[0].To = 2 },
			[]string{"scales[0].bands[1].from"}, "ends at 2",
		},
	})
	complete := means()
	complete.Scales[0].MaxMissing = 0
	complete.Scales[0].Bands[0].To, complete.Scales[0].Bands[1].From = 1.7, 1.82
	if _, err := instrument.Compile(complete); err != nil {
		t.Errorf("no answer may be missing, so 1.8 cannot occur: %v", err)
	}
}

func algorithm() contract.Instrument {
	in := instrumenttest.Form(3, 0, 3)
	s := &in.Scales[0]
	s.Method, s.Bands = contract.Cases, []contract.Band{{Name: "No", From: 0, To: 0}, {Name: "Yes", From: 1, To: 1}}
	s.Cases = []contract.Case{
		{Name: "yes", Value: 1, When: []contract.Condition{{
			Tests:   []contract.ItemTest{{Item: "q1", From: 2, To: 3}, {Item: "q2", From: 2, To: 3}},
			AtLeast: 1, AtMost: 2,
		}}},
		{Name: "no", Value: 0},
	}
	return in
}

func TestCompileNamesTheFaultOfCases(t *testing.T) {
	t.Parallel()
	checkFaults(t, algorithm, map[string]broken{
		"none": {
			func(in *contract.Instrument) { in.Scales[0].Cases = nil },
			[]string{"scales[0].cases"}, "list them",
		},
		"no catch-all": {
			func(in *contract.Instrument) {
				in.Scales[0].Cases, in.Scales[0].Bands = in.Scales[0].Cases[:1], in.Scales[0].Bands[1:]
			},
			[]string{"scales[0].cases[0].when"}, "the last case must always hold",
		},
		"catch-all first": {
			func(in *contract.Instrument) { in.Scales[0].Cases[0].When = nil },
			[]string{"scales[0].cases[0].when"}, "move it to the end",
		},
		"value twice": {
			func(in *contract.Instrument) { in.Scales[0].Cases[1].Value = 1 },
			[]string{"scales[0].cases[1].value"}, "write a value of its own",
		},
		"name twice": {
			func(in *contract.Instrument) { in.Scales[0].Cases[1].Name = "yes" },
			[]string{"scales[0].cases[1].name"}, "write a name of its own",
		},
		"atLeast above the number of tests": {
			func(in *contract.Instrument) { in.Scales[0].Cases[0].When[0].AtLeast = 3 },
			[]string{"scales[0].cases[0].when[0]"}, "write 0 <= atLeast <= atMost <= 2",
		},
		"atLeast forgotten": {
			func(in *contract.Instrument) { in.Scales[0].Cases[0].When[0].AtLeast = 0 },
			[]string{"scales[0].cases[0].when[0]"}, "the condition always holds",
		},
		"unknown item": {
			func(in *contract.Instrument) { in.Scales[0].Cases[0].When[0].Tests[1].Item = "q9" },
			[]string{"scales[0].cases[0].when[0].tests[1].item"}, `item "q9"`,
		},
		"item that the scale does not list": {
			func(in *contract.Instrument) { in.Scales[0].Items = []string{"q1", "q3"} },
			[]string{"scales[0].cases[0].when[0].tests[1].item"}, "so that it counts when it is missing",
		},
		"a case without a band": {
			func(in *contract.Instrument) { in.Scales[0].Cases[0].Value = 2 },
			[]string{"scales[0].bands[1].to", "scales[0].bands[1]"}, "the scale ends at 2",
		},
		"parts that have no part": {
			func(in *contract.Instrument) {
				s := &in.Scales[0]
				s.Reverse, s.Weights = []string{"q1"}, []contract.Weight{{Item: "q1", Weight: 2}}
				s.Multiply.Numerator, s.Norms = 2, []contract.Norm{{Sex: contract.SexAny}}
			},
			[]string{"scales[0].reverse", "scales[0].weights", "scales[0].multiply", "scales[0].norms"}, "Cases have no norms",
		},
	})
}

// normed has one item 0..2 and norms for girls and boys of two ages.
func normed() contract.Instrument {
	in := instrumenttest.Form(1, 0, 2)
	s := &in.Scales[0]
	rows := func(add float64) []contract.NormRow {
		return []contract.NormRow{{Raw: 0, Standard: 40 + add}, {Raw: 1, Standard: 50 + add}, {Raw: 2, Standard: 65 + add}}
	}
	s.Norms = []contract.Norm{
		{Sex: contract.Female, MinAge: 8, MaxAge: 11, Rows: rows(0)},
		{Sex: contract.Female, MinAge: 12, MaxAge: 18, Rows: rows(1)},
		{Sex: contract.Male, Rows: rows(2)},
	}
	s.Bands = []contract.Band{{Name: "Low", From: 0, To: 64}, {Name: "High", From: 65, To: 100}}
	return in
}

func TestCompileNamesTheFaultOfANorm(t *testing.T) {
	t.Parallel()
	checkFaults(t, normed, map[string]broken{
		"hole": {
			func(in *contract.Instrument) {
				n := &in.Scales[0].Norms[1]
				n.Rows = append(n.Rows[:1], n.Rows[2:]...)
			},
			[]string{"scales[0].norms[1].rows[1].raw"}, "no row for the raw value 1",
		},
		"hole at the end": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].Rows = in.Scales[0].Norms[1].Rows[:2] },
			[]string{"scales[0].norms[1].rows"}, "no row for the raw value 2",
		},
		"no rows": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].Rows = nil },
			[]string{"scales[0].norms[1].rows"}, "no row for the raw value 0",
		},
		"row beyond the range": {
			func(in *contract.Instrument) {
				in.Scales[0].Norms[1].Rows = append(in.Scales[0].Norms[1].Rows, contract.NormRow{Raw: 3, Standard: 70})
			},
			[]string{"scales[0].norms[1].rows[3].raw"}, "no response has the raw value 3",
		},
		"row between": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].Rows[1].Raw = 0.5 },
			[]string{"scales[0].norms[1].rows[1].raw"}, "no response has the raw value 0.5",
		},
		"not rising": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].Rows[1].Raw = 0 },
			[]string{"scales[0].norms[1].rows[1].raw"}, "does not rise",
		},
		"overlapping ages": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].MinAge = 11 },
			[]string{"scales[0].norms[1]"}, "covers students whom norms[0] covers too",
		},
		"Any beside Male": {
			func(in *contract.Instrument) {
				in.Scales[0].Norms[1].Sex, in.Scales[0].Norms[2].MinAge, in.Scales[0].Norms[2].MaxAge = contract.SexAny, 15, 20
			},
			[]string{"scales[0].norms[2]"}, "norms[1]",
		},
		"sex": {
			func(in *contract.Instrument) { in.Scales[0].Norms[2].Sex = "" },
			[]string{"scales[0].norms[2].sex"}, "write Any, Female or Male",
		},
		"age from without to": {
			func(in *contract.Instrument) { in.Scales[0].Norms[1].MaxAge = 0 },
			[]string{"scales[0].norms[1].maxAge"}, "or 0 twice for any",
		},
		"standard value without a band": {
			func(in *contract.Instrument) { in.Scales[0].Bands[0].To = 50; in.Scales[0].Bands[1].From = 52 },
			[]string{"scales[0].bands[1].from"}, "write from: 51",
		},
	})
}

// judged has a validity scale and a rule of each check.
func judged() contract.Instrument {
	in := instrumenttest.Form(4, 0, 1)
	lie := in.Scales[0]
	lie.Code, lie.Purpose = "lie", contract.Validity
	in.Scales = append(in.Scales, lie)
	in.Quality = []contract.QualityRule{
		{Check: contract.ValidityScale, Scale: "lie", Threshold: 3, Effect: contract.Void},
		{Check: contract.LongestRun, Threshold: 3, Effect: contract.Flag},
		{Check: contract.Spread, Threshold: 0.3, Effect: contract.Flag},
		{Check: contract.SecondsPerItem, Threshold: 1.5, Effect: contract.Void},
		{Check: contract.AllLowest, Effect: contract.Flag},
		{Check: contract.Duplicate, Effect: contract.Flag},
		{Check: contract.OutOfWindow, Effect: contract.Void},
	}
	return in
}

func TestCompileNamesTheFaultOfAQualityRule(t *testing.T) {
	t.Parallel()
	checkFaults(t, judged, map[string]broken{
		"unknown check":  {func(in *contract.Instrument) { in.Quality[4].Check = "Mood" }, []string{"quality[4].check"}, "LongestRun"},
		"unknown effect": {func(in *contract.Instrument) { in.Quality[4].Effect = "Hide" }, []string{"quality[4].effect"}, "Void or Flag"},
		"unknown scale":  {func(in *contract.Instrument) { in.Quality[0].Scale = "truth" }, []string{"quality[0].scale"}, `no scale "truth"`},
		"scale that grades": {
			func(in *contract.Instrument) { in.Quality[0].Scale = "total" }, []string{"quality[0].scale"}, "has purpose Grade",
		},
		"threshold that finds everyone": {
			func(in *contract.Instrument) { in.Quality[0].Threshold = 0 }, []string{"quality[0].threshold"}, "reaches from 0 to 4",
		},
		"threshold that finds nobody": {
			func(in *contract.Instrument) { in.Quality[0].Threshold = 5 }, []string{"quality[0].threshold"}, "up to the greatest",
		},
		"run longer than the form": {
			func(in *contract.Instrument) { in.Quality[1].Threshold = 5 }, []string{"quality[1].threshold"}, "2..4",
		},
		"half an answer":   {func(in *contract.Instrument) { in.Quality[1].Threshold = 2.5 }, []string{"quality[1].threshold"}, "2..4"},
		"spread":           {func(in *contract.Instrument) { in.Quality[2].Threshold = -1 }, []string{"quality[2].threshold"}, "standard deviation"},
		"seconds":          {func(in *contract.Instrument) { in.Quality[3].Threshold = 0 }, []string{"quality[3].threshold"}, "seconds above 0"},
		"needless numbers": {func(in *contract.Instrument) { in.Quality[5].Threshold = 1 }, []string{"quality[5].threshold"}, "write 0"},
		"needless scale":   {func(in *contract.Instrument) { in.Quality[5].Scale = "lie" }, []string{"quality[5].scale"}, "leave it out"},
	})
}

func TestCompileDescribesScales(t *testing.T) {
	t.Parallel()
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	bands := instrumenttest.PHQ9().Scales[0].Bands
	want := []instrument.Scale{{
		Code: "total", Min: 0, Max: 27, Lowest: bands[0], Purpose: contract.Grade, Worse: contract.Higher, Bands: bands,
	}}
	if diff := cmp.Diff(want, c.Scales()); diff != "" {
		t.Errorf("scales (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"q9"}, c.CriticalItems()); diff != "" {
		t.Errorf("critical items (-want +got):\n%s", diff)
	}
	if position, ok := c.Position("q9"); position != 8 || !ok {
		t.Errorf("Position(q9) = %d, %v", position, ok)
	}
	if _, ok := c.Position("q10"); ok {
		t.Error("Position(q10) is known")
	}
}

// The reach of a scale follows its method, its gates and its norms.
func TestReach(t *testing.T) {
	t.Parallel()
	type reach struct {
		Min, Max float64
		Lowest   string
	}
	tests := map[string]struct {
		in   contract.Instrument
		want reach
	}{
		"mean":  {means(), reach{1, 5, "Low"}},
		"cases": {algorithm(), reach{0, 1, "No"}},
		"norms": {normed(), reach{40, 67, "Low"}},
		"lower is worse": {
			with(means(), func(s *contract.Scale) { s.Worse = contract.Lower }), reach{1, 5, "Much"},
		},
		"times 5/4, down": {
			with(instrumenttest.Form(3, 1, 4), func(s *contract.Scale) {
				s.Multiply, s.Rounding = contract.Multiplier{Numerator: 5, Denominator: 4}, contract.Down
				s.Bands = []contract.Band{{Name: "All", From: 3, To: 15}}
			}), reach{3, 15, "All"},
		},
		"a count of what some items cannot be": {
			func() contract.Instrument {
				in := with(instrumenttest.Form(3, 0, 3), func(s *contract.Scale) {
					s.Method, s.Count = contract.Count, &contract.CountRange{From: 2, To: 3}
					s.Bands = []contract.Band{{Name: "All", From: 1, To: 2}}
				})
				in.Items[0].Options, in.Items[1].Options = instrumenttest.Options(0, 1), instrumenttest.Options(2, 3)
				return in
			}(), reach{1, 2, "All"},
		},
		"a sum with a gated item": {
			func() contract.Instrument {
				in := with(instrumenttest.Form(3, 1, 4), func(s *contract.Scale) { s.Bands[0].From = 2 })
				in.Items[2].AskWhen = []contract.ItemTest{{Item: "q1", From: 2, To: 4}}
				return in
			}(), reach{2, 12, "All"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := instrumenttest.MustCompile(tc.in).Scales()[0]
			if diff := cmp.Diff(tc.want, reach{s.Min, s.Max, s.Lowest.Name}); diff != "" {
				t.Errorf("reach (-want +got):\n%s", diff)
			}
		})
	}
}

// with changes the first scale of an instrument.
func with(in contract.Instrument, change func(*contract.Scale)) contract.Instrument {
	change(&in.Scales[0])
	return in
}

// A document that is large in every direction at once is refused or compiled, quickly
// either way: the test's own time limit is the assertion.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	hostile := instrumenttest.Form(300, 0, 100)
	for i := 1; i < 300; i++ {
		hostile.Items[i].AskWhen = []contract.ItemTest{{Item: "q1", From: 1, To: 1}}
	}
	for _, method := range []contract.Method{contract.Sum, contract.Mean} {
		hostile.Scales = hostile.Scales[:1]
		one := hostile.Scales[0]
		one.Method, one.Rounding = method, contract.NotRounded
		for _, item := range one.Items {
			one.Weights = append(one.Weights, contract.Weight{Item: item, Weight: 3})
		}
		one.Multiply = contract.Multiplier{Numerator: 999, Denominator: 1000}
		hostile.Scales = nil
		for i := range 60 {
			one.Code = fmt.Sprintf("s%d", i)
			hostile.Scales = append(hostile.Scales, one)
		}
		if _, err := instrument.Compile(hostile); err == nil {
			t.Errorf("%s: compiled", method)
		}
	}
}
