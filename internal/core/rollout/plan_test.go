package rollout_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

var (
	date    = calendartest.Date
	beijing = calendartest.MustCompile(calendartest.Beijing())
	newYork = calendartest.MustCompile(calendartest.NewYork())
)

// autumn is the campaign of design.md, section 2.
func autumn() rollout.Spec {
	week := int64(604800)
	return rollout.Spec{
		Campaign: "autumn-check-up", TimeZone: "Asia/Shanghai",
		Cron: "0 8 15 9 *", StartingDeadlineSeconds: &week, MissedRunPolicy: rollout.RunOnce,
		Phases: []rollout.Phase{
			{Name: rollout.Publicity, SchoolDays: 10},
			{Name: rollout.Training, SchoolDays: 5},
			{Name: rollout.Stage1, SchoolDays: 15, Session: &rollout.SessionHours{From: "09:00", To: "16:30"}},
			{Name: rollout.Stage2, SchoolDays: 10},
			{Name: rollout.Intervention, SchoolDays: 20},
			{Name: rollout.Summary, SchoolDays: 10},
		},
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func district(name string) rollout.DistrictView {
	return rollout.DistrictView{Name: name, Authorised: true}
}

func mustPlan(t *testing.T, spec rollout.Spec, districts []rollout.DistrictView, observed rollout.Observed, now string) rollout.Planned {
	t.Helper()
	cal := beijing
	if spec.TimeZone == newYork.TimeZone() {
		cal = newYork
	}
	planned, err := rollout.Plan(spec, cal, districts, observed, at(now))
	if err != nil {
		t.Fatal(err)
	}
	return planned
}

// The whole plan of the design's campaign, worked out by hand on the calendar.
func TestPlanOfTheDesign(t *testing.T) {
	t.Parallel()
	got := mustPlan(t, autumn(), []rollout.DistrictView{district("d2"), district("d1")}, rollout.Observed{}, "2026-09-15T00:00:00Z")
	if got.Slot != date("2026-09-15") || !got.NextSlot.Equal(at("2027-09-15T00:00:00Z")) || len(got.Blocked) != 0 {
		t.Errorf("slot %s, next %s, blocked %v", got.Slot, got.NextSlot, got.Blocked)
	}
	if len(got.Rounds) != 2 || got.Rounds[0].District != "d1" || got.Rounds[1].Name != "autumn-check-up-20260915" {
		t.Fatalf("rounds: %+v", got.Rounds)
	}
	round := got.Rounds[0]
	var phases [][3]string
	for _, p := range round.Phases {
		phases = append(phases, [3]string{string(p.Name), p.From.In(beijing.Location()).Format(time.DateTime), p.To.In(beijing.Location()).Format(time.DateTime)})
	}
	wantPhases := [][3]string{ // last days: 27 September is a Sunday; 1-7 October closed
		{"Publicity", "2026-09-15 00:00:00", "2026-09-29 00:00:00"},
		{"Training", "2026-09-29 00:00:00", "2026-10-11 00:00:00"},
		{"Stage1", "2026-10-12 00:00:00", "2026-10-31 00:00:00"},
		{"Stage2", "2026-11-02 00:00:00", "2026-11-14 00:00:00"},
		{"Intervention", "2026-11-16 00:00:00", "2026-12-12 00:00:00"},
		{"Summary", "2026-12-14 00:00:00", "2026-12-26 00:00:00"},
	}
	if diff := cmp.Diff(wantPhases, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	first := contract.Session{From: at("2026-10-12T01:00:00Z"), To: at("2026-10-12T08:30:00Z")}
	last := contract.Session{From: at("2026-10-30T01:00:00Z"), To: at("2026-10-30T08:30:00Z")}
	if len(round.Sessions) != 15 || round.Sessions[0] != first || round.Sessions[14] != last {
		t.Errorf("sessions: %v", round.Sessions)
	}
	if !round.OpensAt.Equal(first.From) || !round.ClosesAt.Equal(last.To) {
		t.Errorf("opens %s closes %s", round.OpensAt, round.ClosesAt)
	}
	wantSkipped := []rollout.Skipped{
		{Date: date("2026-09-19"), Reason: rollout.NotASchoolDayWeekend},
		{Date: date("2026-09-25"), Reason: rollout.NotASchoolDayClosure},
	}
	if diff := cmp.Diff(wantSkipped, got.Skipped[:2]); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

// one is what a plan says of a single district: its round's slot, or why there is none.
func one(p rollout.Planned) string {
	switch {
	case len(p.Rounds) > 0:
		return "round " + p.Slot.String()
	case len(p.Blocked) > 0:
		return "blocked " + string(p.Blocked[0].Reason)
	case len(p.Skipped) > 0 && p.Skipped[0].Date == p.Slot:
		return "skipped " + string(p.Skipped[0].Reason)
	}
	return "nothing"
}

func existing(opened bool) rollout.Observed {
	return rollout.Observed{Rounds: []rollout.ObservedRound{{
		District: "d1", Slot: date("2026-09-15"), Opened: opened,
		OpensAt: at("2026-10-12T01:00:00Z"), ClosesAt: at("2026-10-30T08:30:00Z"),
	}}}
}

// ended is a round that has opened and was closed before its plan.
func ended(closed string) rollout.Observed {
	out := existing(true)
	out.Rounds[0].EndedAt = at(closed)
	return out
}

func TestPlanOfOneDistrict(t *testing.T) {
	t.Parallel()
	keep := func(*rollout.Spec, *rollout.DistrictView) {}
	tests := map[string]struct {
		now      string
		observed rollout.Observed
		change   func(*rollout.Spec, *rollout.DistrictView)
		want     string
	}{
		"before the slot":     {"2026-09-14T23:59:59Z", rollout.Observed{Since: at("2026-08-01T00:00:00Z")}, keep, "nothing"},
		"at the slot":         {"2026-09-15T00:00:00Z", rollout.Observed{Since: at("2026-08-01T00:00:00Z")}, keep, "round 2026-09-15"},
		"made after the slot": {"2026-09-15T02:00:00Z", rollout.Observed{Since: at("2026-09-15T01:00:00Z")}, keep, "nothing"},
		"made at the slot":    {"2026-09-15T02:00:00Z", rollout.Observed{Since: at("2026-09-15T00:00:00Z")}, keep, "round 2026-09-15"},
		"a deadline of ages": {
			"2026-10-15T00:00:00Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { *s.StartingDeadlineSeconds = math.MaxInt64 }, "round 2026-09-15",
		},
		"made again, round left": {"2026-09-20T00:00:00Z", rollout.Observed{Since: at("2026-09-16T00:00:00Z"), Rounds: existing(false).Rounds}, keep, "round 2026-09-15"},
		"late within the deadline": {
			"2026-09-22T00:00:00Z", rollout.Observed{}, keep, "round 2026-09-15",
		},
		"later than the deadline": {"2026-09-22T00:00:01Z", rollout.Observed{}, keep, "skipped DeadlineMissed"},
		"later than the deadline, but there": {
			"2026-09-22T00:00:01Z", existing(false), keep, "round 2026-09-15",
		},
		"late on its own day under Skip": {
			"2026-09-15T15:59:59Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.MissedRunPolicy = rollout.Skip }, "round 2026-09-15",
		},
		"the day after under Skip": {
			"2026-09-15T16:00:00Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.MissedRunPolicy = rollout.Skip }, "skipped MissedRun",
		},
		"no deadline, until the last session ends": {
			"2026-10-30T08:29:59Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.StartingDeadlineSeconds = nil }, "round 2026-09-15",
		},
		"no deadline, all sessions over": {
			"2026-10-30T08:30:00Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.StartingDeadlineSeconds = nil }, "skipped WindowPassed",
		},
		"suspended": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Suspend = true }, "skipped Suspended",
		},
		"suspended, but there": {
			"2026-09-15T00:00:00Z", existing(false),
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Suspend = true }, "round 2026-09-15",
		},
		"unauthorised": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(_ *rollout.Spec, d *rollout.DistrictView) { d.Authorised = false }, "blocked Unauthorised",
		},
		"unauthorised, but there": {
			"2026-09-15T00:00:00Z", existing(false),
			func(_ *rollout.Spec, d *rollout.DistrictView) { d.Authorised = false }, "round 2026-09-15",
		},
		"deleting": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(_ *rollout.Spec, d *rollout.DistrictView) { d.Deleting = true }, "blocked Deleting",
		},
		"hours that cannot be read": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(_ *rollout.Spec, d *rollout.DistrictView) { d.Narrow = &rollout.SessionHours{From: "10", To: "11"} }, "blocked InvalidHours",
		},
		"hours that do not meet": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(_ *rollout.Spec, d *rollout.DistrictView) {
				d.Narrow = &rollout.SessionHours{From: "16:30", To: "20:00"}
			}, "blocked NoCommonHours",
		},
		"the calendar ends": {
			"2026-09-15T00:00:00Z", rollout.Observed{},
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Phases[5].SchoolDays = 200 }, "blocked CalendarEnds",
		},
		"the round of an earlier run is open": {
			"2026-10-15T00:00:00Z", existing(true),
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Cron, s.Phases = "0 8 15 * *", s.Phases[2:] }, "blocked PreviousRoundOpen",
		},
		"the round of an earlier run was ended": {
			"2026-10-15T00:00:00Z", ended("2026-10-14T04:00:00Z"),
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Cron, s.Phases = "0 8 15 * *", s.Phases[2:] }, "round 2026-10-15",
		},
		"the round of an earlier run closes before": {
			"2026-10-15T00:00:00Z", existing(true),
			func(s *rollout.Spec, _ *rollout.DistrictView) { s.Cron = "0 8 15 * *" }, "round 2026-10-15",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, d := autumn(), district("d1")
			tc.change(&spec, &d)
			got := mustPlan(t, spec, []rollout.DistrictView{d}, tc.observed, tc.now)
			if one(got) != tc.want {
				t.Errorf("= %q, want %q\n%+v", one(got), tc.want, got)
			}
		})
	}
}

func TestNoNextSlotWhileSuspended(t *testing.T) {
	t.Parallel()
	spec := autumn()
	spec.Suspend = true
	if got := mustPlan(t, spec, nil, rollout.Observed{}, "2026-09-15T00:00:00Z"); !got.NextSlot.IsZero() {
		t.Errorf("next slot %s", got.NextSlot)
	}
}

func TestLateDistrictIsBlockedAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	got := mustPlan(t, autumn(), []rollout.DistrictView{district("d1"), district("d2")}, existing(false), "2026-09-23T00:00:00Z")
	if len(got.Rounds) != 1 || got.Rounds[0].District != "d1" {
		t.Errorf("rounds: %+v", got.Rounds)
	}
	if diff := cmp.Diff([]rollout.Blocked{{District: "d2", Reason: rollout.DeadlineMissed}}, got.Blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
}

func TestDistrictNarrowsItsHours(t *testing.T) {
	t.Parallel()
	d := district("d1")
	d.Narrow = &rollout.SessionHours{From: "10:00", To: "20:00"}
	got := mustPlan(t, autumn(), []rollout.DistrictView{d}, rollout.Observed{}, "2026-09-15T00:00:00Z").Rounds[0]
	want := contract.Session{From: at("2026-10-12T02:00:00Z"), To: at("2026-10-12T08:30:00Z")}
	if got.Sessions[0] != want || !got.OpensAt.Equal(want.From) {
		t.Errorf("first session %v, opens %s; want %v", got.Sessions[0], got.OpensAt, want)
	}
}

func TestRoundTheClockIsMergedOverMidnight(t *testing.T) {
	t.Parallel()
	spec := autumn()
	spec.Phases[2].Session = &rollout.SessionHours{From: "00:00", To: "24:00"}
	got := mustPlan(t, spec, []rollout.DistrictView{district("d1")}, rollout.Observed{}, "2026-09-15T00:00:00Z").Rounds[0]
	want := []contract.Session{ // three school weeks, Monday 00:00 to Saturday 00:00 in Shanghai
		{From: at("2026-10-11T16:00:00Z"), To: at("2026-10-16T16:00:00Z")},
		{From: at("2026-10-18T16:00:00Z"), To: at("2026-10-23T16:00:00Z")},
		{From: at("2026-10-25T16:00:00Z"), To: at("2026-10-30T16:00:00Z")},
	}
	if diff := cmp.Diff(want, got.Sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}
