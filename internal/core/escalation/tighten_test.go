package escalation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

func TestTighten(t *testing.T) {
	t.Parallel()
	got, err := escalation.Tighten(escalationtest.GradedIntervention(),
		[]contract.Tighter{{Tier: "High", RespondWithinMinutes: 240}, {Tier: "Low", RespondWithinMinutes: 20160}},
		contract.StricterFloors{Urgent: "Severe", Review: "High", Undetermined: "Moderate"})
	if err != nil {
		t.Fatal(err)
	}
	want := escalationtest.GradedIntervention()
	want.Tiers[1].RespondWithinMinutes = 240
	want.Critical.Urgent, want.Critical.Review = "Severe", "High"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestTightenRefusesWhatLoosens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit      func(*contract.Policy)
		deadlines []contract.Tighter
		floors    contract.StricterFloors
		path      string
		text      string
	}{
		"a longer deadline": {
			deadlines: []contract.Tighter{{Tier: "Severe", RespondWithinMinutes: 20}, {Tier: "High", RespondWithinMinutes: 481}},
			path:      "stricterDeadlines[1].respondWithinMinutes", text: "longer than the policy's 480",
		},
		"no time at all": {
			deadlines: []contract.Tighter{{Tier: "High"}}, path: "stricterDeadlines[0].respondWithinMinutes", text: "write at least 1",
		},
		"a deadline of an unknown tier": {
			deadlines: []contract.Tighter{{Tier: "Extreme", RespondWithinMinutes: 5}}, path: "stricterDeadlines[0].tier", text: `no tier "Extreme"`,
		},
		"two deadlines of a tier": {
			deadlines: []contract.Tighter{{Tier: "High", RespondWithinMinutes: 5}, {Tier: "High", RespondWithinMinutes: 6}},
			path:      "stricterDeadlines[1].tier", text: "also stricterDeadlines[0]",
		},
		"a milder floor":      {floors: contract.StricterFloors{Urgent: "Moderate"}, path: "stricterFloors.urgent", text: `milder than the policy's "High"`},
		"nobody undetermined": {floors: contract.StricterFloors{Undetermined: "None"}, path: "stricterFloors.undetermined", text: `no tier "None"`},
		"an unknown floor":    {floors: contract.StricterFloors{Review: "Extreme"}, path: "stricterFloors.review", text: `no tier "Extreme"`},
		"review above urgent": {floors: contract.StricterFloors{Review: "Severe"}, path: "stricterFloors.review", text: "raise stricterFloors.urgent too"},
		"a floor answered late": {
			edit:   func(p *contract.Policy) { p.Tiers[0].RespondWithinMinutes = 600 },
			floors: contract.StricterFloors{Urgent: "Severe"}, path: "stricterFloors.urgent", text: "answered within 600 minutes",
		},
		"a floor that obliges nobody": {
			edit: func(p *contract.Policy) {
				p.Tiers[0] = contract.Tier{Name: "Severe", Lead: contract.City, RespondWithinMinutes: 30, Actions: []contract.Action{contract.FollowUp}}
				p.Critical.Immediate = "High"
			},
			floors: contract.StricterFloors{Immediate: "Severe"}, path: "stricterFloors.immediate", text: "write one that has all three",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := escalationtest.GradedIntervention()
			if tt.edit != nil {
				tt.edit(&policy)
			}
			_, err := escalation.Tighten(policy, tt.deadlines, tt.floors)
			if !slices.Equal(fault.Paths(err), []string{tt.path}) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("err = %v, want %s: %s", err, tt.path, tt.text)
			}
		})
	}
}

// A policy that was tightened still compiles, decides no student milder, and has no
// deadline that is longer.
func TestTightenedNeverLoosens(t *testing.T) {
	t.Parallel()
	tiers := []string{"", "Severe", "High", "Moderate", "Low"}
	rapid.Check(t, func(t *rapid.T) {
		policy := escalationtest.GradedIntervention()
		for i := range policy.Tiers {
			policy.Tiers[i].RespondWithinMinutes = rapid.IntRange(1, 4).Draw(t, "policy's minutes")
		}
		var deadlines []contract.Tighter
		for _, name := range tiers[1:] {
			if minutes := rapid.IntRange(0, 4).Draw(t, "minutes"); minutes > 0 {
				deadlines = append(deadlines, contract.Tighter{Tier: name, RespondWithinMinutes: minutes})
			}
		}
		floor := func(name string) string { return rapid.SampledFrom(tiers).Draw(t, name) }
		tightened, err := escalation.Tighten(policy, deadlines, contract.StricterFloors{
			Immediate: floor("immediate"), Urgent: floor("urgent"), Review: floor("review"), Undetermined: floor("undetermined"),
		})
		if err != nil {
			return
		}
		before, after := escalationtest.MustCompile(policy), escalationtest.MustCompile(tightened)
		for i, tier := range tightened.Tiers {
			if tier.RespondWithinMinutes > policy.Tiers[i].RespondWithinMinutes {
				t.Fatalf("tier %s: %d minutes of %d", tier.Name, tier.RespondWithinMinutes, policy.Tiers[i].RespondWithinMinutes)
			}
		}
		in := input(rapid.SliceOfN(rapid.IntRange(-1, 3), 9, 9).Draw(t, "answers")...)
		if was, is := before.Decide(in), after.Decide(in); is.Rank > was.Rank || is.Undetermined != was.Undetermined {
			t.Fatalf("%+v, and before %+v", is, was)
		}
	})
}
