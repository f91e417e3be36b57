package escalation_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// bothForms is graded-intervention over PHQ-9 and feelings.
func bothForms() *escalation.Compiled {
	policy := escalationtest.GradedIntervention()
	policy.Rules = append(policy.Rules,
		contract.Rule{Name: "feelings", When: "scores.feelings.load >= 4 || scores.feelings.rest <= 0.75 || scores.feelings.state > 1", Tier: "Low"},
		contract.Rule{Name: "hurried", When: "scores.feelings.hurry >= 3", Tier: "Low"})
	return escalationtest.MustCompile(policy, append(phq9(), asked()...)...)
}

// feelingsWith is a decision's input: harmless answers to PHQ-9, and these to feelings.
func feelingsWith(answers ...int) escalation.Input {
	in := input(0, 0, 0, 0, 0, 0, 0, 0, 0)
	response := asked()[0].NewResponse()
	for i, value := range answers {
		if value >= 0 {
			response.Answers[i] = instrument.Answer{Value: value}
		}
	}
	in.Results["feelings"] = asked()[0].Score(response)
	return in
}

func TestExplain(t *testing.T) {
	t.Parallel()
	critical := input(1, 1, 1, 1, 1, 0, 0, 0, 1)
	critical.Results["feelings"] = feelingsWith(0, 0, 0, -1).Results["feelings"]
	tests := map[string]struct {
		in   escalation.Input
		want []string
	}{
		"nothing": {feelingsWith(1, 1, 1, 0), []string{"tier Low", `rule "feelings": feelings load = 3 (Low), feelings rest = 0.75 (Poor), feelings state = 1 (Calm)`}},
		"a critical answer and a rule": {critical, []string{
			"tier High", "critical answer (Urgent): phq-9 item q9", `rule "mild": phq-9 total = 6 (Mild)`,
		}},
		"void": {feelingsWith(2, 2, 2, 2), []string{
			"tier Moderate", "void: the answers to feelings cannot be relied on, ask again",
			`rule "feelings" lacks a score: cannot be decided, ask again`, `rule "hurried" lacks a score: cannot be decided, ask again`,
		}},
		"a Grade scale without a value": {feelingsWith(1, 1), []string{
			"tier Moderate", "no value for feelings.load: cannot be decided, ask again", "no value for feelings.rest: cannot be decided, ask again",
			"no value for feelings.state: cannot be decided, ask again",
			`rule "feelings" lacks a score: cannot be decided, ask again`,
			`rule "hurried" lacks a score: cannot be decided, ask again`,
		}},
	}
	c := bothForms()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, strings.Split(c.Decide(tt.in).Explain(), "\n")); diff != "" {
				t.Errorf("explanation (-want +got):\n%s", diff)
			}
		})
	}
	if got := (escalation.Decision{Tier: contract.NoTier}).Explain(); got != "tier None\nno floor and no rule applies" {
		t.Errorf("of nothing: %q", got)
	}
}

// What a sealed result keeps of a decision is read back as it was.
func TestReasonsSurviveStorage(t *testing.T) {
	t.Parallel()
	want := bothForms().Decide(feelingsWith(2, 0, 0, 0)).Reasons
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []escalation.Reason
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// A Describe scale without a value leaves nobody undetermined; a void response does,
// and what was critical in it stands.
func TestVoidAndDescribe(t *testing.T) {
	t.Parallel()
	c := bothForms()
	in := feelingsWith(0, 1, 1, 1)
	result := in.Results["feelings"]
	for i := range result.Scales {
		if result.Scales[i].Code == "hurry" {
			result.Scales[i] = instrument.ScaleResult{Code: "hurry", Status: instrument.Insufficient}
		}
	}
	if d := c.Decide(in); d.Undetermined || d.Rule != "feelings" {
		t.Errorf("a Describe scale without a value: %+v", d)
	}
	void := feelingsWith(2, 2, 2, 2)
	result = void.Results["feelings"]
	result.Critical = []instrument.CriticalHit{{Item: "a", Value: 2, Class: contract.Immediate}}
	void.Results["feelings"] = result
	if d := c.Decide(void); !d.Undetermined || d.Tier != "Severe" || d.Reasons[0].Kind != escalation.CriticalFloor || d.Reasons[1].Kind != escalation.VoidResponse {
		t.Errorf("void: %+v", d)
	}
}

func TestDecideAllocatesNothingForNobody(t *testing.T) {
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	in := input(1, 1, 1, 1, 0, 0, 0, 0, 0)
	if got := testing.AllocsPerRun(100, func() { c.Decide(in) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
