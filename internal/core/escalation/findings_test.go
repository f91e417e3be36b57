package escalation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	rules := func(pairs ...string) []contract.Rule {
		var list []contract.Rule
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, contract.Rule{Name: fmt.Sprint("r", i/2), When: strings.ReplaceAll(pairs[i], "$", "scores['phq-9'].total"), Tier: pairs[i+1]})
		}
		return list
	}
	tests := map[string]struct {
		rules []contract.Rule
		want  []string
	}{
		"none": {rules("$ >= 15", "High", "$ >= 10", "Moderate", "$ >= 5", "Low"), nil},
		"hidden by one rule": {
			rules("$ >= 10", "High", "$ >= 15", "Moderate", "$ >= 5", "Low"),
			[]string{`rules[1].when: rule "r1" never decides: rule "r0" (rules[0]) matches whenever it does; drop it, or narrow what is before it`},
		},
		"hidden by two together": {
			rules("$ < 10", "High", "$ >= 8", "High", "$ == 9 || $ > 20", "Moderate", "$ >= 5", "Low"),
			[]string{
				`rules[2].when: rule "r2" never decides: rule "r1" (rules[1]) matches whenever it does; drop it, or narrow what is before it`,
				`rules[3].when: rule "r3" never decides: one of the rules before it matches whenever it does; drop it, or narrow what is before it`,
				`tiers[3].name: nobody can get tier "Low": no floor and no rule that decides names it; name it in one, or drop it`,
			},
		},
		"after a rule for all": {
			rules("true", "High", "$ >= 5", "Low"),
			[]string{
				`rules[1].when: rule "r1" never decides: rule "r0" (rules[0]) matches whenever it does; drop it, or narrow what is before it`,
				`tiers[3].name: nobody can get tier "Low": no floor and no rule that decides names it; name it in one, or drop it`,
			},
		},
		"a rule about having no value decides where others fail": {
			rules("$ >= 0", "High", "!has($)", "Low"), nil,
		},
		"a rule that only CEL can evaluate is given the benefit of the doubt": {
			rules("$ >= 5", "High", "[$].exists(v, v >= 10.0)", "Low"), nil,
		},
		"no rule leads to a tier": {
			rules("$ >= 5", "High"),
			[]string{`tiers[3].name: nobody can get tier "Low": no floor and no rule that decides names it; name it in one, or drop it`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			policy.Rules = tt.rules
			var got []string
			for _, w := range escalationtest.MustCompile(policy).Warnings() {
				got = append(got, w.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// Rules that each want the other score to be low catch either, and let down who is high
// on both.
func TestRaisedTogether(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules []string
		want  string // "": nothing is uncaught
	}{
		"each wants the other low": {
			[]string{"$ >= 5 && % < 10", "% >= 5 && $ < 10"},
			"rules: no rule matches scores['phq-9'].total = 10 together with scores['other'].total = 10, if these can occur; add a rule, or let one look at less",
		},
		"all of the square":                         {[]string{"$ >= 5 && % < 10", "% >= 5 && $ < 10", "$ >= 10 && % >= 10"}, ""},
		"each by itself":                            {[]string{"$ >= 5", "% >= 5"}, ""},
		"one that CEL alone can do":                 {[]string{"$ >= 5 && % < 10", "% >= 5 && $ < 10", "$ + % > 100.0"}, ""},
		"a student without a score is undetermined": {[]string{"$ >= 5 && has(%)", "% >= 5 && has($)"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			policy.Rules = nil
			for i, when := range tt.rules {
				when = strings.NewReplacer("$", "scores['phq-9'].total", "%", "scores.other.total").Replace(when)
				policy.Rules = append(policy.Rules, contract.Rule{Name: fmt.Sprint(i), When: when, Tier: "Low"})
			}
			var got string
			for _, w := range escalationtest.MustCompile(policy, append(phq9(), second())...).Warnings() {
				if w.Path == "rules" {
					got = w.Error()
				}
			}
			if got != tt.want {
				t.Errorf("warned %q, want %q", got, tt.want)
			}
		})
	}
}

// A severer tier that is answered later delays help to who reaches both.
func TestATierAnsweredLaterThanAMilderOne(t *testing.T) {
	t.Parallel()
	policy := escalationtest.GradedIntervention()
	policy.Tiers[0].RespondWithinMinutes = 481
	want := `tiers[0].respondWithinMinutes: tier "Severe" is answered within 481 minutes, later than the milder "High" within 480; write no more than that`
	if got := escalationtest.MustCompile(policy).Warnings(); len(got) != 1 || got[0].Error() != want {
		t.Errorf("warned %v, want %s", got, want)
	}
}

// Every Grade scale must be caught at the end that calls for help; Describe and
// Validity scales need no rule.
func TestCoverageOfEverySortOfScale(t *testing.T) {
	t.Parallel()
	const load, rest, state = "scores.feelings.load >= 4", "scores.feelings.rest <= 0.75", "scores.feelings.state > 1"
	tests := map[string]struct {
		rules []string
		want  string // in the error; empty: accepted
	}{
		"every scale caught":         {rules: []string{load, rest, state}},
		"a whole scale":              {[]string{rest, state}, "scores['feelings'].load 4..8 (Mild)"},
		"lower is worse":             {[]string{load, state}, "scores['feelings'].rest 0..0.75 (Poor)"},
		"a gap below":                {[]string{load, "scores.feelings.rest < 0.6", state}, "scores['feelings'].rest 0.6667..0.75 (Poor)"},
		"only values that can occur": {[]string{load, "scores.feelings.rest <= 0.7 || scores.feelings.rest >= 0.74", state}, ""},
		"outcomes":                   {[]string{load, rest}, "scores['feelings'].state 3..9 (Tense to Storm)"},
		"one outcome":                {[]string{load, rest, "scores.feelings.state == 9"}, "scores['feelings'].state 3..3 (Tense)"},
		"a validity scale":           {[]string{load, rest, state, "scores.feelings.honest >= 3"}, "only judges whether a response can be relied on"},
		"a describe scale":           {[]string{load, rest, state, "scores.feelings.hurry == 4"}, ""},
		"an outcome nobody":          {[]string{load, rest, state, "scores.feelings.state == 4"}, "true for no scores that can occur, scores['feelings'].state is 1..9"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			policy.Rules = nil
			for i, text := range tt.rules {
				policy.Rules = append(policy.Rules, contract.Rule{Name: fmt.Sprint(i), When: text, Tier: "Low"})
			}
			_, err := escalation.Compile(policy, asked())
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

// A fault inside a rule of several lines says where in it.
func TestFaultsPointIntoTheRule(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"scores['phq-9'].total >= 5 &&\n  scores['gad-7'].total >= 5": "(line 2, column 3)",
		"scores['phq-9'].total >= 5 &&\n  scores['phq-9'].sum >= 5":   "(line 2, column 3)",
		"true ||\n\n  size(scores) > 0":                               "(line 3, column 8)",
		"scores['phq-9'].total >= 5 &&\n  total >= 5":                 "(line 2, column 3)",
		"scores['phq-9'].total >= 'five'":                             "(line 1, column 23)",
	}
	for text, want := range tests {
		policy := escalationtest.GradedIntervention()
		policy.Rules[2].When = text
		_, err := escalation.Compile(policy, phq9())
		if diff := cmp.Diff([]string{"rules[2].when"}, fault.Paths(err)); diff != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: err = %v, want %s", text, err, want)
		}
	}
}

// The search for findings gives up on what it cannot settle soon, and says nothing.
func TestAPolicyMadeToBeSlowIsSilent(t *testing.T) {
	t.Parallel()
	policy := escalationtest.GradedIntervention()
	policy.Rules = nil
	for i := range 100 {
		var parts []string
		for j := range 25 {
			parts = append(parts, fmt.Sprintf("(scores.feelings.load != %d || scores.feelings.rest != %v)", (i*7+j*3)%9, feelingsValues["rest"][(i+j)%13]))
		}
		text := strings.Join(parts, " && ")
		if i == 99 {
			text = "true"
		}
		policy.Rules = append(policy.Rules, contract.Rule{Name: fmt.Sprint(i), When: text, Tier: "Low"})
	}
	c, err := escalation.Compile(policy, asked())
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Warnings(); len(w) > 100 {
		t.Errorf("%d warnings", len(w))
	}
}

// The values that are tried are the ones worked out by hand.
func TestValuesTried(t *testing.T) {
	t.Parallel()
	form := asked()[0]
	for i, scale := range form.Scales() {
		if want, ok := feelingsValues[scale.Code]; ok && !slices.Equal(form.Values(i), want) {
			t.Errorf("%s: %v, want %v", scale.Code, form.Values(i), want)
		}
	}
}
