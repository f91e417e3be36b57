package rollout_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// However the clocks change, an extension by n school days is what a Stage1 longer by n
// days would have had; asked for again nothing changes, and taken back nothing is left but
// what has begun.
func TestExtensionIsALongerStage1(t *testing.T) {
	t.Parallel()
	for _, year := range schoolYears {
		t.Run(year.zone, func(t *testing.T) {
			t.Parallel()
			cal := year.compile()
			rapid.Check(t, func(t *rapid.T) { checkExtension(t, year, cal) })
		})
	}
}

func checkExtension(t *rapid.T, year schoolYear, cal *calendar.Compiled) {
	hours := drawHours(t)
	if rapid.IntRange(0, 3).Draw(t, "round the clock") == 0 {
		hours = rollout.SessionHours{From: "00:00", To: "24:00"}
	}
	begins := date(rapid.SampledFrom(year.changes).Draw(t, "near")).AddDays(-rapid.IntRange(0, 12).Draw(t, "days before"))
	planned, more := rapid.IntRange(2, 5).Draw(t, "planned"), rapid.IntRange(1, 6).Draw(t, "more")
	plan := func(schoolDays int) rollout.RoundPlan {
		spec := rollout.Spec{
			Campaign: "c", TimeZone: year.zone, StartDate: begins,
			Phases: []rollout.Phase{{Name: rollout.Stage1, SchoolDays: schoolDays, Session: &hours}},
		}
		p, err := rollout.Plan(spec, cal, []rollout.DistrictView{district("d1")}, rollout.Observed{}, cal.At(begins, 0))
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Rounds) != 1 {
			t.Skip(p.Blocked) // a change of clocks swallows the hours
		}
		return p.Rounds[0]
	}
	first, longer := plan(planned), plan(planned+more)
	swallowed := 0 // days whose hours a change of clocks swallows are no days of an extension
	for _, day := range cal.SchoolDaysIn(calendar.Range{From: begins, To: calendar.DateOf(longer.Phases[0].To.Add(-time.Second).In(cal.Location()))}) {
		if shows(cal, day, hours.From).Equal(shows(cal, day, hours.To)) {
			swallowed++
		}
	}
	if swallowed > 0 {
		t.Skip("a change of clocks swallows the hours of a day")
	}
	e := rollout.Extension{Ends: first.Phases[0].To, Sessions: first.Sessions, Days: more, Settled: first.OpensAt}
	extended, last := e.Of(cal)
	if diff := cmp.Diff(longer.Sessions, extended); diff != "" || last.AddDays(1) != calendar.DateOf(longer.Phases[0].To.In(cal.Location())) {
		t.Fatalf("to %s (-longer +extended):\n%s", last, diff)
	}
	e.Sessions = extended
	for name, at := range map[string]time.Time{"at the opening": first.OpensAt, "in it": e.Ends.Add(time.Hour), "at the end": longer.ClosesAt} {
		e.Settled = at
		if again, _ := e.Of(cal); !slices.Equal(again, extended) {
			t.Fatalf("asked for again %s:\n%s", name, cmp.Diff(extended, again))
		}
	}
	e.Days, e.Settled = 0, e.Ends.Add(-time.Second)
	if back, last := e.Of(cal); !slices.Equal(back, first.Sessions) || !last.IsZero() {
		t.Fatalf("taken back to %s:\n%s", last, cmp.Diff(first.Sessions, back))
	}
	e.Settled = first.Phases[0].To.Add(time.Duration(rapid.IntRange(0, 10*24).Draw(t, "hours")) * time.Hour)
	back, _ := e.Of(cal)
	begun := func(s contract.Session) bool { return !s.From.After(e.Settled) }
	if i := slices.IndexFunc(extended, func(s contract.Session) bool { return !begun(s) }); hours.To != "24:00" && i >= 0 && !slices.Equal(back, extended[:i]) {
		t.Fatalf("taken back at %s:\n%s", e.Settled, cmp.Diff(extended[:i], back))
	}
}
