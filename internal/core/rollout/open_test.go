package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// A round that has opened stays as it is, whatever becomes of the campaign, the calendar
// and the district.
func TestOpenRoundStaysAsItIs(t *testing.T) {
	t.Parallel()
	d := district("d1")
	d.Schools = []rollout.School{{Name: "no-1"}, {Name: "no-2"}}
	in := calendartest.Beijing()
	in.Exceptions = []calendar.Exception{{District: "d1", School: "no-2", Closures: []calendar.Range{{From: date("2026-10-13"), To: date("2026-10-13")}}}}
	cal := calendartest.MustCompile(in)
	plan := func(spec rollout.Spec, cal *calendar.Compiled, o rollout.Observed, now string) rollout.RoundPlan {
		t.Helper()
		planned, err := rollout.Plan(spec, cal, []rollout.DistrictView{d}, o, at(now))
		if err != nil || len(planned.Rounds) != 1 {
			t.Fatalf("%+v, %v", planned, err)
		}
		return planned.Rounds[0]
	}
	first := plan(autumn(), cal, rollout.Observed{}, "2026-09-15T00:00:00Z")
	if len(first.Schools) != 1 {
		t.Fatalf("schools: %+v", first.Schools)
	}
	observed := rollout.Observed{Rounds: []rollout.ObservedRound{seen(first, true)}}
	spec := autumn()
	spec.Phases[0].SchoolDays, spec.Phases[2].SchoolDays = 1, 200
	spec.Phases[2].Session = &rollout.SessionHours{From: "08:00", To: "18:00"}
	in.Exceptions = append(in.Exceptions, calendar.Exception{District: "d1", Closures: []calendar.Range{{From: date("2026-10-14"), To: date("2026-10-16")}}})
	d.Narrow, d.WithoutSessions = &rollout.SessionHours{From: "20:00", To: "21:00"}, []calendar.Range{{}}
	for _, now := range []string{"2026-10-13T02:00:00Z", "2026-11-02T00:00:00Z"} { // open, and closed
		got := plan(spec, calendartest.MustCompile(in), observed, now)
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("at %s (-was +is):\n%s", now, diff)
		}
	}
}
