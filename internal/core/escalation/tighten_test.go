package escalation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
)

func TestTighten(t *testing.T) {
	t.Parallel()
	got, notes := escalation.Tighten(escalationtest.GradedIntervention(),
		[]contract.Tighter{{Tier: "High", RespondWithinMinutes: 240}, {Tier: "Low", RespondWithinMinutes: 20160}},
		contract.StricterFloors{Urgent: "Severe", Review: "High", Undetermined: "Moderate"})
	if len(notes) > 0 {
		t.Errorf("noted %v", notes)
	}
	want := escalationtest.GradedIntervention()
	want.Tiers[1].RespondWithinMinutes = 240
	want.Critical.Urgent, want.Critical.Review = "Severe", "High"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

// Of what is looser the policy's own holds, and the rest of the district's all the same.
func TestTightenTakesTheStricterOfBoth(t *testing.T) {
	t.Parallel()
	urgent := func(tier string) func(*contract.Policy) {
		return func(p *contract.Policy) { p.Critical.Urgent = tier }
	}
	tests := map[string]struct {
		edit      func(*contract.Policy) // of the province's
		deadlines []contract.Tighter
		floors    contract.StricterFloors
		path      string // of the only note; "": none
		text      string
		want      func(*contract.Policy)
	}{
		"a longer deadline": {
			deadlines: []contract.Tighter{{Tier: "Severe", RespondWithinMinutes: 20}, {Tier: "High", RespondWithinMinutes: 481}},
			path:      "stricterDeadlines[1].respondWithinMinutes", text: "longer than the policy's 480",
			want: func(p *contract.Policy) { p.Tiers[0].RespondWithinMinutes = 20 },
		},
		"no time at all": {
			deadlines: []contract.Tighter{{Tier: "High"}}, path: "stricterDeadlines[0].respondWithinMinutes", text: "write at least 1",
		},
		"a deadline of an unknown tier": {
			deadlines: []contract.Tighter{{Tier: "Extreme", RespondWithinMinutes: 5}, {Tier: "High", RespondWithinMinutes: 6}},
			path:      "stricterDeadlines[0].tier", text: `no tier "Extreme"`,
			want: func(p *contract.Policy) { p.Tiers[1].RespondWithinMinutes = 6 },
		},
		"a deadline of no tier": {
			deadlines: []contract.Tighter{{Tier: "None", RespondWithinMinutes: 5}}, path: "stricterDeadlines[0].tier", text: `no tier "None"`,
		},
		"two deadlines of a tier": {
			deadlines: []contract.Tighter{{Tier: "High", RespondWithinMinutes: 5}, {Tier: "High", RespondWithinMinutes: 6}},
			path:      "stricterDeadlines[1].tier", text: "also stricterDeadlines[0]",
			want: func(p *contract.Policy) { p.Tiers[1].RespondWithinMinutes = 5 },
		},
		"a milder floor": {
			floors: contract.StricterFloors{Urgent: "Moderate", Review: "High"}, path: "stricterFloors.urgent", text: `milder than the policy's "High"`,
			want: func(p *contract.Policy) { p.Critical.Review = "High" },
		},
		"nobody undetermined": {floors: contract.StricterFloors{Undetermined: "None"}, path: "stricterFloors.undetermined", text: `no tier "None"`},
		"an unknown floor": {
			floors: contract.StricterFloors{Review: "Extreme", Urgent: "Severe"}, path: "stricterFloors.review", text: `no tier "Extreme"`,
			want: urgent("Severe"),
		},
		"review above urgent raises both": {
			floors: contract.StricterFloors{Review: "Severe"},
			want:   func(p *contract.Policy) { p.Critical.Review, p.Critical.Urgent = "Severe", "Severe" },
		},
		"a floor answered late": {
			edit:   func(p *contract.Policy) { p.Tiers[0].RespondWithinMinutes = 600 },
			floors: contract.StricterFloors{Urgent: "Severe"}, path: "stricterFloors.urgent", text: "answered within 600 minutes",
		},
		"a floor that another cannot follow": {
			edit: func(p *contract.Policy) {
				p.Tiers[0].RespondWithinMinutes = 600 // as late as the policy's Moderate allows, and too late for its High
				p.Critical.Immediate = "High"
			},
			floors: contract.StricterFloors{Review: "Severe"}, path: "stricterFloors.review", text: "answered within 600 minutes",
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
			policy, want := escalationtest.GradedIntervention(), escalationtest.GradedIntervention()
			for _, edit := range []func(*contract.Policy){tt.edit, tt.want} {
				if edit != nil {
					edit(&want)
				}
			}
			if tt.edit != nil {
				tt.edit(&policy)
			}
			got, notes := escalation.Tighten(policy, tt.deadlines, tt.floors)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if tt.path == "" && len(notes) == 0 {
				return
			}
			if len(notes) != 1 || notes[0].Path != tt.path || !strings.Contains(notes[0].Problem, tt.text) {
				t.Errorf("noted %v, want %s: %s", notes, tt.path, tt.text)
			}
		})
	}
}

// Whatever a district asks for, the policy still compiles, decides no student milder, has
// no deadline that is longer, and is the same when it is tightened again.
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
		floors := contract.StricterFloors{
			Immediate: floor("immediate"), Urgent: floor("urgent"), Review: floor("review"), Undetermined: floor("undetermined"),
		}
		tightened, _ := escalation.Tighten(policy, deadlines, floors)
		before, after := escalationtest.MustCompile(policy), escalationtest.MustCompile(tightened)
		for i, tier := range tightened.Tiers {
			if tier.RespondWithinMinutes > policy.Tiers[i].RespondWithinMinutes {
				t.Fatalf("tier %s: %d minutes of %d", tier.Name, tier.RespondWithinMinutes, policy.Tiers[i].RespondWithinMinutes)
			}
		}
		again, _ := escalation.Tighten(tightened, deadlines, floors)
		if diff := cmp.Diff(tightened, again); diff != "" {
			t.Fatalf("tightened again (-once +twice):\n%s", diff)
		}
		in := input(rapid.SliceOfN(rapid.IntRange(-1, 3), 9, 9).Draw(t, "answers")...)
		if was, is := before.Decide(in), after.Decide(in); is.Rank > was.Rank || is.Undetermined != was.Undetermined {
			t.Fatalf("%+v, and before %+v", is, was)
		}
	})
}
