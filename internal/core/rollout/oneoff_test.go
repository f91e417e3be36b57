package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// oneOff is a campaign of dated phases.
func oneOff() rollout.Spec {
	return rollout.Spec{
		Campaign: "once", TimeZone: "Asia/Shanghai", StartDate: date("2026-09-07"),
		Phases: []rollout.Phase{
			{Name: rollout.Publicity, SchoolDays: 3},
			{
				Name: rollout.Stage1, Dates: &calendar.Range{From: date("2026-09-12"), To: date("2026-09-15")},
				Session: &rollout.SessionHours{From: "09:00", To: "16:30"},
			},
			{Name: rollout.Stage2, SchoolDays: 2},
		},
	}
}

func TestDatedOneOff(t *testing.T) {
	t.Parallel()
	// Made two days after its start: a one-off names its day and starts late.
	observed := rollout.Observed{Since: at("2026-09-09T00:00:00Z")}
	got := mustPlan(t, oneOff(), []rollout.DistrictView{district("d1")}, observed, "2026-09-09T00:00:00Z")
	if one(got) != "round 2026-09-07" || !got.NextSlot.IsZero() || got.Rounds[0].Name != "once-20260907" {
		t.Fatalf("%+v", got)
	}
	want := []contract.Session{ // 12 and 13 September are a weekend
		{From: at("2026-09-14T01:00:00Z"), To: at("2026-09-14T08:30:00Z")},
		{From: at("2026-09-15T01:00:00Z"), To: at("2026-09-15T08:30:00Z")},
	}
	if diff := cmp.Diff(want, got.Rounds[0].Sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if stage2 := got.Rounds[0].Phases[2]; !stage2.From.Equal(at("2026-09-15T16:00:00Z")) {
		t.Errorf("Stage2 begins %s", stage2.From)
	}
}

func TestDatedOneOffBlocked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*rollout.Spec)
		want   string
	}{
		"phases overlap": {func(s *rollout.Spec) { s.Phases[0].SchoolDays = 6 }, "blocked PhasesOverlap"},
		"no school day": {
			func(s *rollout.Spec) { s.Phases[1].Dates.To = date("2026-09-13") }, "blocked NoSession",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := oneOff()
			tc.change(&spec)
			got := mustPlan(t, spec, []rollout.DistrictView{district("d1")}, rollout.Observed{}, "2026-09-07T00:00:00Z")
			if one(got) != tc.want {
				t.Errorf("= %q, want %q", one(got), tc.want)
			}
		})
	}
}
