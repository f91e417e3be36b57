package instruments

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// key is a scoring key as it is printed: "1,4,12" or "1-15" or "81-99/2" (every second one).
type key string

func (k key) items(t *testing.T) []string {
	t.Helper()
	var out []string
	for part := range strings.SplitSeq(string(k), ",") {
		bounds, step, every := strings.Cut(strings.TrimSpace(part), "/")
		from, to, ranged := strings.Cut(bounds, "-")
		if !ranged {
			to = from
		}
		if !every {
			step = "1"
		}
		for n := number(t, from); n <= number(t, to); n += number(t, step) {
			out = append(out, "q"+strconv.Itoa(n))
		}
	}
	return out
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// printed is what a publication says of one scale, or what is judged here and says so: its items, those
// worded the other way round, the least and greatest score that answers to all of them can give, how it is
// scored (only what is not HalfUp, Prorate, Higher or Grade), where its bands after the first begin, and how
// many items may be missing.
type printed struct {
	items, reverse key
	min, max       float64
	how, cuts      string
	missing        int
}

// keys are typed from the publications, not from the files.
var keys = map[string]map[string]printed{
	"phq-9": {
		"total":    {items: "1-9", max: 27, how: "Sum", cuts: "5 10 15 20", missing: 2},
		"syndrome": {items: "1-9", max: 2, how: "Cases None Describe", cuts: "1 2"},
	},
	"phq-2": {
		"total": {items: "1-2", max: 6, how: "Sum", cuts: "3"},
	},
	"gad-2": {
		"total": {items: "1-2", max: 6, how: "Sum", cuts: "3"},
	},
	"phq-4": {
		"total":      {items: "1-4", max: 12, how: "Sum", cuts: "3 6 9"},
		"anxiety":    {items: "1-2", max: 6, how: "Sum", cuts: "3"},
		"depression": {items: "3-4", max: 6, how: "Sum", cuts: "3"},
	},
	"gad-7": {
		"total": {items: "1-7", max: 21, how: "Sum", cuts: "5 10 15", missing: 1},
	},
	"phq-a": {
		"total": {items: "1-9", max: 27, how: "Sum", cuts: "5 10 15 20", missing: 2},
	},
	"asq": {
		"outcome": {items: "1-5", max: 3, how: "Cases None", cuts: "1 2 3", missing: 5},
	},
	"ces-dc": {
		"total": {items: "1-20", reverse: "4,8,12,16", max: 60, how: "Sum", cuts: "16", missing: 2},
	},
	"who-5": {
		"total": {items: "1-5", max: 100, how: "Sum None Lower", cuts: "29 51"},
	},
	"dass-21": {
		"stress":     {items: "1,6,8,11,12,14,18", max: 42, how: "Sum", cuts: "15 19 26 34", missing: 1},
		"anxiety":    {items: "2,4,7,9,15,19,20", max: 42, how: "Sum", cuts: "8 10 15 20", missing: 1},
		"depression": {items: "3,5,10,13,16,17,21", max: 42, how: "Sum", cuts: "10 14 21 28", missing: 1},
	},
	"mht": {
		"learningAnxiety": {items: "1-15", max: 15, how: "Sum", cuts: "8", missing: 1},
		"socialAnxiety":   {items: "16-25", max: 10, how: "Sum", cuts: "8", missing: 1},
		"loneliness":      {items: "26-35", max: 10, how: "Sum", cuts: "8", missing: 1},
		"selfBlame":       {items: "36-45", max: 10, how: "Sum", cuts: "8", missing: 1},
		"sensitivity":     {items: "46-55", max: 10, how: "Sum", cuts: "8", missing: 1},
		"bodySymptoms":    {items: "56-70", max: 15, how: "Sum", cuts: "8", missing: 1},
		"fear":            {items: "71-80", max: 10, how: "Sum", cuts: "8", missing: 1},
		"impulsiveness":   {items: "81-99/2", max: 10, how: "Sum", cuts: "8", missing: 1},
		"validity":        {items: "82-100/2", max: 10, how: "Sum Validity", cuts: "7", missing: 1},
		"total":           {items: "1-80,81-99/2", max: 90, how: "Sum", cuts: "65", missing: 8},
	},
	"mssmhs": {
		"obsessive":     {items: "3,10,12,22,23,48", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"paranoia":      {items: "11,20,24,26,47,49", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"hostility":     {items: "19,21,25,50,52,58", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"interpersonal": {items: "4,17,18,45,51,59", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"depression":    {items: "5,13,14,16,44,57", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"anxiety":       {items: "6,15,34,43,46,56", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"studyPressure": {items: "31,33,36,38,40,55", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"maladjustment": {items: "1,8,9,29,39,41", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"moodSwings":    {items: "2,7,27,32,35,53", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"imbalance":     {items: "28,30,37,42,54,60", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 1},
		"total":         {items: "1-60", min: 1, max: 5, how: "Mean None", cuts: "2 3 4 5", missing: 6},
	},
	"scl-90": {
		"somatization":  {items: "1,4,12,27,40,42,48,49,52,53,56,58", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"obsessive":     {items: "3,9,10,28,38,45,46,51,55,65", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"interpersonal": {items: "6,21,34,36,37,41,61,69,73", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"depression":    {items: "5,14,15,20,22,26,29,30,31,32,54,71,79", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"anxiety":       {items: "2,17,23,33,39,57,72,78,80,86", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"hostility":     {items: "11,24,63,67,74,81", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"phobicAnxiety": {items: "13,25,47,50,70,75,82", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"paranoia":      {items: "8,18,43,68,76,83", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"psychoticism":  {items: "7,16,35,62,77,84,85,87,88,90", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"other":         {items: "19,44,59,60,64,66,89", min: 1, max: 5, how: "Mean None", cuts: "2", missing: 1},
		"total":         {items: "1-90", min: 90, max: 450, how: "Sum", cuts: "160", missing: 4},
		"positiveItems": {items: "1-90", max: 90, how: "Count", cuts: "44", missing: 4},
	},
	"rcads-47": {
		"socialPhobia":      {items: "4,7,8,12,20,30,32,38,43", max: 27, how: "Sum Describe", missing: 2},
		"panic":             {items: "3,14,24,26,28,34,36,39,41", max: 27, how: "Sum Describe", missing: 2},
		"separationAnxiety": {items: "5,9,17,18,33,45,46", max: 21, how: "Sum Describe", missing: 2},
		"generalAnxiety":    {items: "1,13,22,27,35,37", max: 18, how: "Sum Describe", missing: 2},
		"obsessive":         {items: "10,16,23,31,42,44", max: 18, how: "Sum Describe", missing: 2},
		"depression":        {items: "2,6,11,15,19,21,25,29,40,47", max: 30, how: "Sum Describe", missing: 2},
		"anxiety":           {items: "1,3,4,5,7,8,9,10,12,13,14,16,17,18,20,22,23,24,26,27,28,30,31,32,33,34,35,36,37,38,39,41,42,43,44,45,46", max: 111, how: "Sum Describe", missing: 10},
		"total":             {items: "1-47", max: 141, how: "Sum Describe", missing: 12},
	},
	"rcads-25": {
		"depression": {items: "1,4,8,10,13,15,16,19,21,24", max: 30, how: "Sum Describe", missing: 2},
		"anxiety":    {items: "2,3,5,6,7,9,11,12,14,17,18,20,22,23,25", max: 45, how: "Sum Describe", missing: 3},
		"total":      {items: "1-25", max: 75, how: "Sum Describe", missing: 5},
	},
	"scared-41": {
		"panic":             {items: "1,6,9,12,15,18,19,22,24,27,30,34,38", max: 26, how: "Sum", cuts: "7", missing: 1},
		"generalAnxiety":    {items: "5,7,14,21,23,28,33,35,37", max: 18, how: "Sum", cuts: "9", missing: 1},
		"separationAnxiety": {items: "4,8,13,16,20,25,29,31", max: 16, how: "Sum", cuts: "5", missing: 1},
		"socialAnxiety":     {items: "3,10,26,32,39,40,41", max: 14, how: "Sum", cuts: "8", missing: 1},
		"schoolAvoidance":   {items: "2,11,17,36", max: 8, how: "Sum", cuts: "3"},
		"total":             {items: "1-41", max: 82, how: "Sum", cuts: "25", missing: 4},
	},
	"psc-17": {
		"internalizing": {items: "2,6,9,11,15", max: 10, how: "Sum Zero", cuts: "5", missing: 1},
		"attention":     {items: "1,3,7,13,17", max: 10, how: "Sum Zero", cuts: "7", missing: 1},
		"externalizing": {items: "4,5,8,10,12,14,16", max: 14, how: "Sum Zero", cuts: "7", missing: 1},
		"total":         {items: "1-17", max: 34, how: "Sum Zero", cuts: "15", missing: 3},
	},
	"c-ssrs": {
		"outcome": {max: 3, how: "Cases None", cuts: "1 2 3"},
	},
	"mhc-sf": {
		"category":      {items: "1-14", max: 2, how: "Cases None Lower", cuts: "1 2"},
		"emotional":     {items: "1-3", max: 15, how: "Sum Lower Describe"},
		"social":        {items: "4-8", max: 25, how: "Sum Lower Describe"},
		"psychological": {items: "9-14", max: 30, how: "Sum Lower Describe"},
		"total":         {items: "1-14", max: 70, how: "Sum Lower Describe"},
	},
	"isi": {
		"total": {items: "1-7", max: 28, how: "Sum", cuts: "8 15 22"},
	},
	"kads-6": {
		"total": {items: "1-6", max: 18, how: "Sum", cuts: "6"},
	},
	"sds": {
		"total": {items: "1-20", reverse: "2,5,6,11,12,14,16,17,18,20", min: 25, max: 100, how: "Sum Down", cuts: "53", missing: 2},
	},
	"sas": {
		"total": {items: "1-20", reverse: "5,9,13,17,19", min: 25, max: 100, how: "Sum Down", cuts: "50", missing: 2},
	},
	"psc-35": psc35("28"), "y-psc": psc35("30"),
}

func psc35(cut string) map[string]printed {
	return map[string]printed{
		"attention":     {items: "4,7,8,9,14", max: 10, how: "Sum Zero", cuts: "7", missing: 1},
		"internalizing": {items: "11,13,19,22,27", max: 10, how: "Sum Zero", cuts: "5", missing: 1},
		"externalizing": {items: "16,29,31-35", max: 14, how: "Sum Zero", cuts: "7", missing: 1},
		"total":         {items: "1-35", max: 70, how: "Sum Zero", cuts: cut, missing: 3},
	}
}

// rules is how a scale is scored and where its bands after the first begin, as the table says it.
func rules(s contract.Scale) (how, cuts string) {
	words := []string{string(s.Method)}
	add := func(word, usual string) {
		if word != usual {
			words = append(words, word)
		}
	}
	add(string(s.Rounding), string(contract.HalfUp))
	add(string(s.MissingAs), string(contract.Prorate))
	add(string(s.Worse), string(contract.Higher))
	add(string(s.Purpose), string(contract.Grade))
	var begins []string
	for _, band := range s.Bands[1:] {
		begins = append(begins, strconv.FormatFloat(band.From, 'f', -1, 64))
	}
	return strings.Join(words, " "), strings.Join(begins, " ")
}

func TestKeysAreThePublishedOnes(t *testing.T) {
	for code, scales := range keys {
		t.Run(code, func(t *testing.T) {
			compiled := load(t, code)
			got := map[string]printed{}
			for _, scale := range compiled.Scales() {
				got[scale.Code] = printed{min: scale.Min, max: scale.Max}
			}
			for i, scale := range compiled.Source().Scales {
				want, ok := scales[scale.Code]
				if !ok {
					t.Errorf("scale %q is in no publication here", scale.Code)
					continue
				}
				if g := got[scale.Code]; g.min != want.min || g.max != want.max {
					t.Errorf("%s goes from %v to %v, want %v to %v", scale.Code, g.min, g.max, want.min, want.max)
				}
				if how, cuts := rules(scale); how != want.how || cuts != want.cuts || scale.MaxMissing != want.missing {
					t.Errorf("%s is %s with bands from %q and %d missing, want %s, %q and %d",
						scale.Code, how, cuts, scale.MaxMissing, want.how, want.cuts, want.missing)
				}
				if code == "c-ssrs" {
					continue // items 6 ever and 6 within three months are two here
				}
				sameItems(t, code+" "+scale.Code, want.items.items(t), compiled.Source().Scales[i].Items)
				if want.reverse != "" || len(scale.Reverse) > 0 {
					sameItems(t, code+" "+scale.Code+" reversed", want.reverse.items(t), scale.Reverse)
				}
			}
			if len(got) != len(scales) {
				t.Errorf("%d scales, want %d", len(got), len(scales))
			}
		})
	}
	for _, file := range files(t) {
		if code := decode(t, file).Spec.Code; keys[code] == nil {
			t.Errorf("%s has no key here", code)
		}
	}
}

func sameItems(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("items of %s (-published +shipped):\n%s", what, diff)
	}
}

// partitions are the sets of scales that share out the items of a form: each item has one of them.
var partitions = map[string][]string{
	"mht":       {"learningAnxiety", "socialAnxiety", "loneliness", "selfBlame", "sensitivity", "bodySymptoms", "fear", "impulsiveness", "validity"},
	"mssmhs":    {"obsessive", "paranoia", "hostility", "interpersonal", "depression", "anxiety", "studyPressure", "maladjustment", "moodSwings", "imbalance"},
	"scl-90":    {"somatization", "obsessive", "interpersonal", "depression", "anxiety", "hostility", "phobicAnxiety", "paranoia", "psychoticism", "other"},
	"rcads-47":  {"socialPhobia", "panic", "separationAnxiety", "generalAnxiety", "obsessive", "depression"},
	"rcads-25":  {"depression", "anxiety"},
	"scared-41": {"panic", "generalAnxiety", "separationAnxiety", "socialAnxiety", "schoolAvoidance"},
	"psc-17":    {"internalizing", "attention", "externalizing"},
	"dass-21":   {"depression", "anxiety", "stress"},
	"phq-4":     {"anxiety", "depression"},
	"mhc-sf":    {"emotional", "social", "psychological"},
}

// Public code drops item 89 of SCL-90 and item 22 of RCADS-25: here every item is scored, and once.
func TestFactorsShareOutTheItems(t *testing.T) {
	for code, scales := range partitions {
		source := load(t, code).Source()
		var want, got []string
		for _, item := range source.Items {
			want = append(want, item.Code)
		}
		for _, scale := range source.Scales {
			if slices.Contains(scales, scale.Code) {
				got = append(got, scale.Items...)
			}
		}
		sameItems(t, code, want, got)
	}
}

func TestMeantForWhomAndAskedByWhom(t *testing.T) {
	want := map[string]struct {
		min, max  int
		interview bool
	}{
		"phq-9": {min: 12}, "phq-2": {min: 12}, "phq-4": {min: 12}, "gad-2": {min: 12}, "gad-7": {min: 12},
		"phq-a": {min: 11, max: 17}, "asq": {min: 8, interview: true}, "ces-dc": {min: 6, max: 17}, "dass-21": {min: 14},
		"who-5": {min: 9}, "c-ssrs": {min: 12, interview: true}, "psc-35": {min: 6, max: 16}, "scared-41": {min: 8, max: 18},
	}
	for _, file := range files(t) {
		in := load(t, decode(t, file).Spec.Code).Source()
		w, ok := want[in.Code]
		if ok && (in.MinAge != w.min || in.MaxAge != w.max) {
			t.Errorf("%s is for %d to %d, want %d to %d", in.Code, in.MinAge, in.MaxAge, w.min, w.max)
		}
		if (in.Administration == contract.Interview) != w.interview {
			t.Errorf("%s is %s", in.Code, in.Administration)
		}
	}
}
