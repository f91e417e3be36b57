package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// A campaign changed after opening moves the closing and later sessions only.
func TestOpenRoundKeepsWhatHasBegun(t *testing.T) {
	t.Parallel()
	first := mustPlan(t, autumn(), []rollout.DistrictView{district("d1")}, rollout.Observed{}, "2026-09-15T00:00:00Z").Rounds[0]
	observed := existing(true)
	observed.Rounds[0].Sessions = first.Sessions
	spec := autumn()
	spec.Phases[0].SchoolDays = 1 // would have opened far earlier
	spec.Phases[2].SchoolDays = 30
	spec.Phases[2].Session = &rollout.SessionHours{From: "08:00", To: "18:00"}
	got := mustPlan(t, spec, []rollout.DistrictView{district("d1")}, observed, "2026-10-13T02:00:00Z").Rounds[0]
	if !got.OpensAt.Equal(first.OpensAt) {
		t.Errorf("opens %s, opened %s", got.OpensAt, first.OpensAt)
	}
	if diff := cmp.Diff(first.Sessions[:2], got.Sessions[:2]); diff != "" {
		t.Errorf("begun sessions changed (-want +got):\n%s", diff)
	}
	rest := contract.Session{From: at("2026-10-13T08:30:00Z"), To: at("2026-10-13T10:00:00Z")}
	if got.Sessions[2] != rest {
		t.Errorf("the rest of today is %v, want %v", got.Sessions[2], rest)
	}
	tomorrow := contract.Session{From: at("2026-10-14T00:00:00Z"), To: at("2026-10-14T10:00:00Z")}
	if got.Sessions[3] != tomorrow {
		t.Errorf("tomorrow is %v, want %v", got.Sessions[3], tomorrow)
	}
}

func TestClosedRoundStaysAsItIs(t *testing.T) {
	t.Parallel()
	observed := existing(true)
	observed.Rounds[0].Sessions = []contract.Session{{From: at("2026-10-12T01:00:00Z"), To: at("2026-10-30T08:30:00Z")}}
	spec := autumn()
	spec.Phases[2].SchoolDays = 40
	got := mustPlan(t, spec, []rollout.DistrictView{district("d1")}, observed, "2026-11-02T00:00:00Z").Rounds[0]
	if !got.ClosesAt.Equal(observed.Rounds[0].ClosesAt) || !cmp.Equal(got.Sessions, observed.Rounds[0].Sessions) {
		t.Errorf("closes %s, sessions %v", got.ClosesAt, got.Sessions)
	}
}
