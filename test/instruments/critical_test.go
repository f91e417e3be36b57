package instruments

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// classes are the critical answers of every form that has any: item -> answer -> class.
var classes = map[string]map[string]map[int]contract.Class{
	"phq-9":   {"q9": {1: contract.Urgent, 2: contract.Immediate, 3: contract.Immediate}},
	"phq-a":   {"q9": {1: contract.Urgent, 2: contract.Immediate, 3: contract.Immediate}, "q12": {1: contract.Urgent}, "q13": {1: contract.Urgent}},
	"asq":     {"q1": {1: contract.Urgent}, "q2": {1: contract.Urgent}, "q3": {1: contract.Urgent}, "q4": {1: contract.Urgent}, "q5": {1: contract.Immediate}},
	"dass-21": {"q21": {2: contract.Review, 3: contract.Review}},
	"mht":     {"q85": {1: contract.Urgent}, "q97": {1: contract.Urgent}},
	"scl-90": {
		"q15": {2: contract.Urgent, 3: contract.Immediate, 4: contract.Immediate, 5: contract.Immediate},
		"q59": {3: contract.Urgent, 4: contract.Urgent, 5: contract.Urgent},
	},
	"rcads-47": {"q37": {1: contract.Review, 2: contract.Urgent, 3: contract.Urgent}},
	"rcads-25": {"q18": {1: contract.Review, 2: contract.Urgent, 3: contract.Urgent}},
	"kads-6":   {"q6": {1: contract.Urgent, 2: contract.Immediate, 3: contract.Immediate}},
	"sds":      {"q19": {2: contract.Urgent, 3: contract.Immediate, 4: contract.Immediate}},
	"c-ssrs": {
		"q1": {1: contract.Urgent}, "q2": {1: contract.Urgent}, "q3": {1: contract.Urgent}, "q4": {1: contract.Immediate}, "q5": {1: contract.Immediate},
		"q6-lifetime": {1: contract.Urgent}, "q6-3months": {1: contract.Immediate},
	},
}

// A critical answer fires by itself: here it is the only one on the form, so that no total can help it.
func TestCriticalAnswersFireAlone(t *testing.T) {
	for _, file := range files(t) {
		compiled := load(t, decode(t, file).Spec.Code)
		for position, item := range compiled.Source().Items {
			for _, option := range item.Options {
				response := compiled.NewResponse()
				response.Answers[position] = instrument.Answer{Value: option.Value}
				got := compiled.Score(response).Critical
				class := classes[compiled.Code()][item.Code][option.Value]
				if class == "" && len(got) == 0 {
					continue
				}
				want := []instrument.CriticalHit{{Item: item.Code, Value: option.Value, Class: class}}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %s = %d (-want +got):\n%s", compiled.Code(), item.Code, option.Value, diff)
				}
			}
		}
	}
}

func TestCriticalItemsLeftBlankAreNamed(t *testing.T) {
	for code, items := range classes {
		compiled := load(t, code)
		got := compiled.Score(compiled.NewResponse()).CriticalBlank
		want := slices.Sorted(maps.Keys(items))
		if code == "c-ssrs" { // 3 to 5 are not asked after no answer to 2
			want = []string{"q1", "q2", "q6-3months", "q6-lifetime"}
		}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
	}
}

// interviews are answers by item, 1 yes and 0 no; an item that is not there was refused or not asked.
var interviews = map[string]map[string]struct {
	answers map[string]int
	want    string
	blank   []string
}{
	"asq": {
		"no four times, 5 is not asked": {answers: map[string]int{"q1": 0, "q2": 0, "q3": 0, "q4": 0}, want: "Scored 0 Negative"},
		"one yes, not now":              {answers: map[string]int{"q1": 0, "q2": 1, "q3": 0, "q4": 0, "q5": 0}, want: "Scored 1 NonAcutePositive"},
		"one yes, right now":            {answers: map[string]int{"q1": 0, "q2": 0, "q3": 0, "q4": 1, "q5": 1}, want: "Scored 3 AcutePositive"},
		"one yes, 5 refused":            {answers: map[string]int{"q1": 1, "q2": 0, "q3": 0, "q4": 0}, want: "Prorated 2 AcuityUnknown", blank: []string{"q5"}},
		"one refused, not now":          {answers: map[string]int{"q1": 0, "q2": 0, "q4": 0, "q5": 0}, want: "Prorated 1 NonAcutePositive", blank: []string{"q3"}},
		"one refused, right now":        {answers: map[string]int{"q1": 0, "q2": 0, "q4": 0, "q5": 1}, want: "Prorated 3 AcutePositive", blank: []string{"q3"}},
		"all refused":                   {answers: map[string]int{}, want: "Prorated 2 AcuityUnknown", blank: []string{"q1", "q2", "q3", "q4", "q5"}},
		"asked 5 after four times no":   {answers: map[string]int{"q1": 0, "q2": 0, "q3": 0, "q4": 0, "q5": 1}, want: "Scored 3 AcutePositive"},
	},
	"c-ssrs": {
		"no to all":            {answers: map[string]int{"q1": 0, "q2": 0, "q6-lifetime": 0}, want: "Scored 0 None"},
		"a wish to be dead":    {answers: map[string]int{"q1": 1, "q2": 0, "q6-lifetime": 0}, want: "Scored 1 Low"},
		"thoughts":             {answers: map[string]int{"q1": 0, "q2": 1, "q3": 0, "q4": 0, "q5": 0, "q6-lifetime": 0}, want: "Scored 1 Low"},
		"a method":             {answers: map[string]int{"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6-lifetime": 0}, want: "Scored 2 Moderate"},
		"once, long ago":       {answers: map[string]int{"q1": 0, "q2": 0, "q6-lifetime": 1, "q6-3months": 0}, want: "Scored 2 Moderate"},
		"an intention":         {answers: map[string]int{"q1": 1, "q2": 1, "q3": 0, "q4": 1, "q5": 0, "q6-lifetime": 0}, want: "Scored 3 High"},
		"a plan":               {answers: map[string]int{"q1": 1, "q2": 1, "q3": 0, "q4": 0, "q5": 1, "q6-lifetime": 0}, want: "Scored 3 High"},
		"lately":               {answers: map[string]int{"q1": 0, "q2": 0, "q6-lifetime": 1, "q6-3months": 1}, want: "Scored 3 High"},
		"lately not answered":  {answers: map[string]int{"q1": 0, "q2": 0, "q6-lifetime": 1}, want: "Insufficient", blank: []string{"q6-3months"}},
		"3 not answered":       {answers: map[string]int{"q1": 1, "q2": 1, "q4": 1, "q5": 0, "q6-lifetime": 0}, want: "Insufficient", blank: []string{"q3"}},
		"ever is not answered": {answers: map[string]int{"q1": 0, "q2": 0}, want: "Insufficient", blank: []string{"q6-lifetime", "q6-3months"}},
	},
}

func TestInterviews(t *testing.T) {
	for code, talks := range interviews {
		compiled := load(t, code)
		for name, talk := range talks {
			t.Run(code+"/"+name, func(t *testing.T) {
				response := compiled.NewResponse()
				for item, value := range talk.answers {
					position, ok := compiled.Position(item)
					if !ok {
						t.Fatalf("no item %q", item)
					}
					response.Answers[position] = instrument.Answer{Value: value}
				}
				got := compiled.Score(response)
				if s := score(got.Scales[0]); s != talk.want {
					t.Errorf("outcome is %q, want %q", s, talk.want)
				}
				if diff := cmp.Diff(talk.blank, slices.Clip(got.CriticalBlank)); diff != "" && len(talk.blank)+len(got.CriticalBlank) > 0 {
					t.Errorf("asked and not answered (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// Each of the four questions leads to the fifth, by a yes and by a refusal alike.
func TestEveryASQQuestionLeadsToTheFifth(t *testing.T) {
	compiled := load(t, "asq")
	for i := range 4 {
		for _, answer := range []instrument.Answer{{Value: 1}, {Missing: instrument.Refused}} {
			response := answers{}.response(t, compiled)
			response.Answers[i] = answer
			if got := compiled.Score(response).Scales[0].Band; got != "AcuityUnknown" {
				t.Errorf("question %d answered %v, the fifth not: %q", i+1, answer, got)
			}
			response.Answers[4] = instrument.Answer{Value: 0}
			if got := compiled.Score(response).Scales[0].Band; got != "NonAcutePositive" {
				t.Errorf("question %d answered %v, the fifth no: %q", i+1, answer, got)
			}
		}
	}
}

// Any of the first three items and any six of the other eleven make a category, with either answer that counts.
func TestMHCSFCountsEveryItem(t *testing.T) {
	compiled := load(t, "mhc-sf")
	tests := map[int]string{5: "Flourishing", 4: "Flourishing", 3: "Moderate", 2: "Moderate", 1: "Languishing", 0: "Languishing"}
	for value, want := range tests {
		neither := 3
		if value > 2 {
			neither = 2
		}
		for first := range 11 {
			response := answers{all: neither}.response(t, compiled)
			response.Answers[first%3].Value = value
			for i := range 6 {
				response.Answers[3+(first+i)%11].Value = value
			}
			if got := compiled.Score(response).Scales[0].Band; got != want {
				t.Errorf("item %d and six from the %dth on at %d: %s, want %s", first%3+1, first+4, value, got, want)
			}
		}
	}
}
