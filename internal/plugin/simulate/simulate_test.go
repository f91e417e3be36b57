package simulate_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/plugin/simulate"
)

var phq9 = []*instrument.Compiled{instrumenttest.MustCompile(instrumenttest.PHQ9())}

// survey adds the rows of test/data: 0..3, 7 refused, 9 don't know, or blank.
func survey(t *testing.T, s *simulate.Simulation) {
	t.Helper()
	text, err := os.ReadFile("../../../test/data/nhanes-2017-2018-dpq.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]instrument.Missing{"": instrument.Blank, "7.0": instrument.Refused, "9.0": instrument.DontKnow}
	for _, row := range rows[1:] {
		response := phq9[0].NewResponse()
		for i, cell := range row[1:10] {
			answer := instrument.Answer{Missing: missing[cell]}
			if _, none := missing[cell]; !none {
				answer.Value = int(cell[0] - '0')
			}
			response.Answers[i] = answer
		}
		s.Add([]*instrument.Response{response})
	}
}

func graded(t *testing.T, edit func(*contract.Policy)) *escalation.Compiled {
	t.Helper()
	policy := escalationtest.GradedIntervention()
	if edit != nil {
		edit(&policy)
	}
	return escalationtest.MustCompile(policy, phq9...)
}

func gate(t *testing.T, text string) simulate.Gate {
	t.Helper()
	g, err := simulate.ParseGate(text, phq9)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The figures are those of test/data/README.md, which were not made by this project.
func TestSurvey(t *testing.T) {
	s := simulate.New(simulate.Setup{
		Instruments: phq9, Policy: graded(t, nil),
		Gates: []simulate.Gate{gate(t, "phq-9:total >= 10"), gate(t, "phq-9:q1+q2 >= 3")},
	})
	survey(t, s)
	got := s.Report()
	if got.Students != 5093 || got.Empty != 440 {
		t.Errorf("%d students and %d empty rows, want 5093 and 440", got.Students, got.Empty)
	}
	tiers := map[string]int{}
	for _, tier := range got.Outcome.Tiers {
		tiers[tier.Tier] = tier.Students
	}
	if diff := cmp.Diff(map[string]int{"Severe": 56, "High": 229, "Moderate": 250, "Low": 791, "None": 3767}, tiers); diff != "" {
		t.Errorf("tiers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(simulate.Obligations{Students: 285, ByAnswer: 192, ByDecision: 93}, got.Outcome.Obligations); diff != "" {
		t.Errorf("obligations (-want +got):\n%s", diff)
	}
	reasons := []simulate.ReasonCount{
		{Tier: "Severe", Kind: "CriticalFloor", Detail: "Immediate", Students: 56},
		{Tier: "High", Kind: "CriticalFloor", Detail: "Urgent", Students: 136},
		{Tier: "High", Kind: "Rule", Detail: "severe-or-moderately-severe", Students: 93},
		{Tier: "Moderate", Kind: "Rule", Detail: "moderate", Students: 241},
		{Tier: "Moderate", Kind: "UndeterminedFloor", Detail: "phq-9.total", Students: 7},
		{Tier: "Moderate", Kind: "UndeterminedFloor", Detail: "phq-9.q9", Students: 2},
		{Tier: "Low", Kind: "Rule", Detail: "mild", Students: 791},
	}
	if diff := cmp.Diff(reasons, got.Outcome.Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	// How the lost ones divide into classes, and the 500, were counted from the file by hand.
	gating := simulate.Gating{
		Students:   5068,
		Critical:   simulate.Critical{Answers: 191, Students: 191, Immediate: 55, Urgent: 136},
		Incomplete: simulate.Critical{Answers: 1, Students: 1, Immediate: 1},
		Gates: []simulate.GateOutcome{
			{Gate: "phq-9:total >= 10", Passed: 459, Lost: simulate.Critical{Answers: 64, Students: 64, Immediate: 8, Urgent: 56}},
			{Gate: "phq-9:q1+q2 >= 3", Passed: 500, Lost: simulate.Critical{Answers: 82, Students: 82, Immediate: 15, Urgent: 67}},
		},
	}
	if diff := cmp.Diff(gating, got.Gating); diff != "" {
		t.Errorf("gating (-want +got):\n%s", diff)
	}
}

func TestChanges(t *testing.T) {
	s := simulate.New(simulate.Setup{
		Instruments: phq9, Policy: graded(t, nil),
		Variants: []simulate.Variant{
			{Name: "moderate from 12", Policy: graded(t, func(p *contract.Policy) { p.Rules[1].When = "scores['phq-9'].total >= 12" })},
			{Name: "the same", Policy: graded(t, nil)},
		},
	})
	survey(t, s)
	changes := s.Report().Changes
	// 142 complete rows have a total of 10 or 11 and 0 at item 9, and one prorated; counted by hand.
	want := []simulate.Move{{From: "Moderate", To: "Low", Students: 143}}
	if diff := cmp.Diff(want, changes[0].Moves); diff != "" || changes[0].Moved != 143 {
		t.Errorf("%d moved (-want +got):\n%s", changes[0].Moved, diff)
	}
	if now, then := s.Report().Outcome.Obligations, changes[0].Outcome.Obligations; now != then {
		t.Errorf("obligations %+v and %+v, want the same: critical answers stand", now, then)
	}
	if changes[1].Moved != 0 || len(changes[1].Moves) != 0 {
		t.Errorf("the same policy moves %+v", changes[1].Moves)
	}
}

// students adds as many students with each total as given, with 0 at item 9.
func students(s *simulate.Simulation, byTotal map[int]int) {
	for total, n := range byTotal {
		answers := make([]int, 9)
		for i := range total {
			answers[i%8]++
		}
		for range n {
			s.Add([]*instrument.Response{instrumenttest.Answers(answers...)})
		}
	}
}

func TestWork(t *testing.T) {
	capacity := func(n int) *int { return &n }
	refers := func(p *contract.Policy) { // High refers as well
		p.Tiers[1].Actions = append(p.Tiers[1].Actions, contract.DraftReferral)
		p.Tiers[1].ChannelClass = "Psychological"
	}
	tests := map[string]struct {
		plan     simulate.Plan
		levels   []simulate.LevelWork
		channels []simulate.ChannelWork
	}{
		"as many as answered": {
			plan: simulate.Plan{Weeks: 2},
			levels: []simulate.LevelWork{
				{Level: contract.City},
				{Level: contract.District, Obligations: 10, FollowUps: 15},
				{Level: contract.School, FollowUps: 20, Support: 25},
			},
			channels: []simulate.ChannelWork{{Class: "Psychiatric"}, {Class: "Psychological", Referrals: 10}},
		},
		"ten times as many, with people and channels": {
			plan: simulate.Plan{
				Weeks: 2, Students: 2000, Teachers: simulate.Teachers{FullTime: 7, PartTime: 3},
				Channels: map[string]int{"Psychological": 40},
			},
			levels: []simulate.LevelWork{
				{Level: contract.City},
				{Level: contract.District, Obligations: 100, FollowUps: 150},
				{Level: contract.School, FollowUps: 200, Support: 250, Teachers: &simulate.Teachers{FullTime: 7, PartTime: 3}, PerTeacher: 45},
			},
			channels: []simulate.ChannelWork{
				{Class: "Psychiatric", Capacity: capacity(0)},
				{Class: "Psychological", Referrals: 100, Capacity: capacity(40), Over: true, WeeksToClear: 5},
			},
		},
		"a channel that keeps up": {
			plan: simulate.Plan{Weeks: 4, Channels: map[string]int{"Psychological": 5}},
			levels: []simulate.LevelWork{
				{Level: contract.City},
				{Level: contract.District, Obligations: 5, FollowUps: 7.5},
				{Level: contract.School, FollowUps: 10, Support: 12.5},
			},
			channels: []simulate.ChannelWork{
				{Class: "Psychiatric", Capacity: capacity(0)},
				{Class: "Psychological", Referrals: 5, Capacity: capacity(5), WeeksToClear: 4},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := simulate.New(simulate.Setup{Instruments: phq9, Policy: graded(t, refers), Plan: &tt.plan})
			students(s, map[int]int{0: 110, 6: 40, 12: 30, 20: 20})
			work := s.Report().Outcome.Work
			if diff := cmp.Diff(tt.levels, work.Levels); diff != "" {
				t.Errorf("levels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.channels, work.Channels); diff != "" {
				t.Errorf("channels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNobody(t *testing.T) {
	s := simulate.New(simulate.Setup{Instruments: phq9, Policy: graded(t, nil), Plan: &simulate.Plan{Weeks: 1}})
	s.Add([]*instrument.Response{phq9[0].NewResponse()})
	s.Add([]*instrument.Response{nil})
	r := s.Report()
	if r.Students != 0 || r.Empty != 2 || r.Outcome.Tiers[0].Share != 0 || r.Outcome.Work.Levels[0].Obligations != 0 {
		t.Errorf("%+v", r)
	}
}

func TestGates(t *testing.T) {
	var names []string
	for _, g := range simulate.BandGates(phq9) {
		names = append(names, g.Name)
	}
	want := []string{
		"phq-9:total >= 5 (Mild)", "phq-9:total >= 10 (Moderate)",
		"phq-9:total >= 15 (ModeratelySevere)", "phq-9:total >= 20 (Severe)",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A student with 3 at item 9 and 2 at item 1 and a total of 5.
	tests := map[string]bool{
		"phq-9:total >= 5": true, "phq-9: total > 5": false, "phq-9:total<=5": true, "phq-9:total<5": false,
		"phq-9:q1+q2 >= 2": true, "phq-9:q1 + q2 >= 2.5": false, "phq-9:q9 >= 1": true,
	}
	for text, opens := range tests {
		t.Run(text, func(t *testing.T) {
			s := simulate.New(simulate.Setup{Instruments: phq9, Policy: graded(t, nil), Gates: []simulate.Gate{gate(t, text)}})
			s.Add([]*instrument.Response{instrumenttest.Answers(2, 0, 0, 0, 0, 0, 0, 0, 3)})
			got := s.Report().Gating.Gates[0]
			if (got.Passed == 1) != opens || (got.Lost.Answers == 0) != opens || got.Lost.Immediate != got.Lost.Answers {
				t.Errorf("%+v, want it to open: %v", got, opens)
			}
		})
	}
}

func TestNoGate(t *testing.T) {
	tests := map[string]string{
		"total >= 10":           "write CODE:SCALE >= NUMBER",
		"phq-9:total = 10":      "write CODE:SCALE >= NUMBER",
		"phq-9:total >= ten":    "write CODE:SCALE >= NUMBER",
		"gad-7:total >= 10":     `no instrument "gad-7" is simulated`,
		"phq-9:sum >= 10":       `no scale and no item "sum"`,
		"phq-9:q1+q10+q2 >= 10": `no scale and no item "q10"`,
	}
	for text, want := range tests {
		if _, err := simulate.ParseGate(text, phq9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
