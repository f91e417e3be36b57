package rollout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// twice is brief with a make-up round of two days, three school days after Stage1, which
// ends on Friday 23 October.
func twice() rollout.Spec {
	spec := brief(rollout.Waves{})
	spec.MakeUp = rollout.MakeUp{AfterSchoolDays: 3, SchoolDays: 2}
	return spec
}

// yearFrom has school years begin on a day.
func yearFrom(month time.Month, day int) coverage.Rule {
	rule := coverage.DefaultRule()
	rule.YearBegins = coverage.DayOfYear{Month: month, Day: day}
	return rule
}

// rounds says of each round when its Stage1 is: "a 20261012 10-19..10-23", and what is
// warned of.
func rounds(p rollout.Planned) string {
	var out []string
	for _, r := range p.Rounds {
		out = append(out, fmt.Sprintf("%s %s %s..%s", r.District, strings.TrimPrefix(r.Name, "brief-"), day(r.OpensAt), day(r.ClosesAt)))
	}
	for _, b := range p.Blocked {
		out = append(out, b.District+" "+string(b.Reason))
	}
	for _, w := range p.Warnings {
		out = append(out, strings.TrimSpace(w.District+" "+w.School)+" warned "+string(w.Reason))
	}
	return strings.Join(out, ", ")
}

func TestMakeUp(t *testing.T) {
	t.Parallel()
	regular := func(opened bool) []rollout.ObservedRound {
		return []rollout.ObservedRound{seen(mustPlan(t, brief(rollout.Waves{}), named("a"), rollout.Observed{}, "2026-10-12T00:00:00Z").Rounds[0], opened)}
	}
	both := func(opened bool) []rollout.ObservedRound {
		plan := mustPlan(t, twice(), named("a"), rollout.Observed{}, "2026-10-12T00:00:00Z")
		return []rollout.ObservedRound{seen(plan.Rounds[0], true), seen(plan.Rounds[1], opened)}
	}
	extended := func(list []rollout.ObservedRound) []rollout.ObservedRound { // to Monday
		monday := contract.Session{From: at("2026-10-26T01:00:00Z"), To: at("2026-10-26T08:30:00Z")}
		list[0].Sessions, list[0].ClosesAt = append(list[0].Sessions, monday), monday.To
		return list
	}
	endedEarly := func(list []rollout.ObservedRound) []rollout.ObservedRound {
		list[0].EndedAt = at("2026-10-20T04:00:00Z")
		return list
	}
	const one, other = "a 20261012 10-19..10-23", "a 20261012-makeup 10-28..10-29"
	tests := map[string]struct {
		now    string
		rounds []rollout.ObservedRound
		change func(*rollout.Spec, *rollout.DistrictView)
		want   string
	}{
		"planned from the beginning":  {"2026-10-12T00:00:00Z", nil, nil, one + ", " + other},
		"on the next school day":      {"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.MakeUp.AfterSchoolDays = 1 }, one + ", a 20261012-makeup 10-26..10-27"},
		"the regular one is extended": {"2026-10-20T00:00:00Z", extended(both(false)), nil, "a 20261012 10-19..10-26, a 20261012-makeup 10-29..10-30"},
		"asked for while it is open":  {"2026-10-20T00:00:00Z", regular(true), nil, one + ", " + other},
		"asked for when both are over": {
			"2026-11-20T00:00:00Z", regular(true), nil, one + ", a warned MakeUpWindowPassed",
		},
		"edited before it opens": {
			"2026-10-25T00:00:00Z", both(false), func(s *rollout.Spec, _ *rollout.DistrictView) { s.MakeUp.SchoolDays = 5 }, one + ", a 20261012-makeup 10-28..11-03",
		},
		"edited when it has opened": {
			"2026-10-28T02:00:00Z", both(true), func(s *rollout.Spec, _ *rollout.DistrictView) { s.MakeUp.SchoolDays = 5 }, one + ", " + other,
		},
		"over": {"2026-12-01T00:00:00Z", both(true), nil, one + ", " + other},
		"the regular one is blocked": {
			"2026-10-12T00:00:00Z", nil, func(_ *rollout.Spec, d *rollout.DistrictView) { d.Authorised = false }, "a Unauthorised",
		},
		"the regular one is blocked, but there": {
			"2026-10-13T00:00:00Z", regular(false), func(s *rollout.Spec, _ *rollout.DistrictView) { s.Phases[0].SchoolDays = 200 }, other + ", a CalendarEnds",
		},
		"the grant is lost": {
			"2026-10-20T00:00:00Z", regular(true), func(_ *rollout.Spec, d *rollout.DistrictView) { d.Authorised = false }, one + ", a warned MakeUpUnauthorised",
		},
		"suspended":            {"2026-10-20T00:00:00Z", regular(true), func(s *rollout.Spec, _ *rollout.DistrictView) { s.Suspend = true }, one},
		"suspended, but there": {"2026-10-20T00:00:00Z", both(false), func(s *rollout.Spec, _ *rollout.DistrictView) { s.Suspend = true }, one + ", " + other},
		"the calendar ends": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.MakeUp.AfterSchoolDays = 200 }, one + ", a warned MakeUpCalendarEnds",
		},
		"no day has a session": {
			"2026-10-12T00:00:00Z", nil, func(_ *rollout.Spec, d *rollout.DistrictView) { d.WithoutSessions = days("2026-10-28", "2026-10-29") },
			one + ", a warned MakeUpNoSession",
		},
		"one day has no session": {
			"2026-10-12T00:00:00Z", nil, func(_ *rollout.Spec, d *rollout.DistrictView) { d.WithoutSessions = days("2026-10-28", "2026-10-28") },
			one + ", a 20261012-makeup 10-29..10-29",
		},
		"another campaign is there": {
			"2026-10-12T00:00:00Z", nil, func(_ *rollout.Spec, d *rollout.DistrictView) {
				d.MakeUpClaims = []rollout.Claim{{Campaign: "winter", OpensAt: at("2026-10-29T08:00:00Z"), ClosesAt: at("2026-11-20T00:00:00Z")}}
			}, one + ", a warned MakeUpSchoolsClaimed",
		},
		"the next run begins before it ends": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates = []calendar.Date{date("2026-10-22")} // its Stage1 from 29 October
			}, one + ", a warned MakeUpNextRun",
		},
		"the next run will be blocked by the regular one": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates = []calendar.Date{date("2026-10-14")} // its Stage1 from 21 October
			}, one + ", " + other,
		},
		"the next run will be blocked, the one after it begins before the make-up ends": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates = []calendar.Date{date("2026-10-14"), date("2026-10-22")}
			}, one + ", a warned MakeUpNextRun",
		},
		"the next run has days that the regular one left": {
			"2026-10-20T06:00:00Z", endedEarly(regular(true)), func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates, s.Phases = []calendar.Date{date("2026-10-22")}, s.Phases[1:] // its Stage1 from 22 to 28 October
			}, one + ", a warned MakeUpNextRun",
		},
		"the next run may come in a later wave": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates, s.Waves.MaxConcurrent = []calendar.Date{date("2026-10-14")}, 1
			}, one + ", a warned MakeUpNextRun",
		},
		"the next run is due and has no round here": {
			"2026-10-20T00:00:00Z", regular(true), func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates = []calendar.Date{date("2026-10-14")} // its Stage1 from 21 October
			}, other + ", a PreviousRoundOpen", // one that has opened is left as it is
		},
		"in the next school year": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.SchoolYear = yearFrom(time.October, 28) }, one + ", a warned MakeUpNextSchoolYear",
		},
		"partly in the next school year": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.SchoolYear = yearFrom(time.October, 29) }, one + ", a warned MakeUpNextSchoolYear",
		},
		"in the next school year, being there": {
			"2026-10-20T00:00:00Z", both(false), func(s *rollout.Spec, _ *rollout.DistrictView) { s.SchoolYear = yearFrom(time.October, 28) }, one + ", a warned MakeUpNextSchoolYear",
		},
		"on the last day of the school year": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.SchoolYear = yearFrom(time.October, 30) }, one + ", " + other,
		},
		"both in a school year that has begun": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) { s.SchoolYear = yearFrom(time.October, 19) }, one + ", " + other,
		},
		"the next run begins after it": {
			"2026-10-12T00:00:00Z", nil, func(s *rollout.Spec, _ *rollout.DistrictView) {
				s.ExtraDates = []calendar.Date{date("2026-10-23")}
			}, one + ", " + other,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, d := twice(), district("a")
			if tc.change != nil {
				tc.change(&spec, &d)
			}
			got := mustPlan(t, spec, []rollout.DistrictView{d}, rollout.Observed{Rounds: tc.rounds}, tc.now)
			if rounds(got) != tc.want {
				t.Errorf("= %s\nwant %s", rounds(got), tc.want)
			}
		})
	}
}

// The make-up round has one phase, the hours of Stage1, and no place in waves.
func TestMakeUpIsStage1Again(t *testing.T) {
	t.Parallel()
	spec := twice()
	spec.Waves.MaxConcurrent = 1
	d := named("a", "b")
	d[0].Narrow = &rollout.SessionHours{From: "10:00", To: "12:00"}
	got := mustPlan(t, spec, d, rollout.Observed{}, "2026-10-12T00:00:00Z")
	if want := "a 20261012 10-19..10-23, a 20261012-makeup 10-28..10-29, b 20261012 10-26..10-30, b 20261012-makeup 11-04..11-05"; rounds(got) != want {
		t.Fatalf("= %s", rounds(got))
	}
	sessions := []contract.Session{
		{From: at("2026-10-28T02:00:00Z"), To: at("2026-10-28T04:00:00Z")}, {From: at("2026-10-29T02:00:00Z"), To: at("2026-10-29T04:00:00Z")},
	}
	want := rollout.RoundPlan{
		District: "a", Name: "brief-20261012-makeup", Slot: date("2026-10-12"), MakeUp: true, Sessions: sessions, OpensAt: sessions[0].From, ClosesAt: sessions[1].To,
		Phases: []rollout.PhaseWindow{{Name: rollout.Stage1, From: at("2026-10-27T16:00:00Z"), To: at("2026-10-29T16:00:00Z"), Sessions: sessions}},
	}
	if diff := cmp.Diff(want, got.Rounds[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Schools have their own days in it too; one that capacity left out is screened then.
func TestMakeUpOfSchools(t *testing.T) {
	t.Parallel()
	in := calendartest.Beijing()
	in.Exceptions = []calendar.Exception{
		{District: "a", School: "no-1", Closures: days("2026-10-29", "2026-10-29")},
		{District: "a", School: "no-2", Closures: days("2026-10-26", "2026-10-30")},
		{District: "a", School: "no-3", Closures: days("2026-11-26", "2026-11-30")}, // on other days
	}
	spec := two(rollout.Capacity{Policy: rollout.Required})
	spec.Phases[1].SchoolDays, spec.MakeUp = 5, twice().MakeUp
	d := district("a")
	d.Schools, d.Channels = []rollout.School{school("no-1", 1), school("no-2", 1), school("no-3", 1)}, []rollout.Channel{channel("h1", 11)}
	got, err := rollout.Plan(spec, calendartest.MustCompile(in), []rollout.DistrictView{d}, rollout.Observed{}, at("2026-10-12T00:00:00Z"))
	if err != nil || len(got.Rounds) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"no-2", "no-3"}, got.Rounds[0].LeftOut); diff != "" {
		t.Errorf("left out of the regular round (-want +got):\n%s", diff)
	}
	makeUp := got.Rounds[1]
	if diff := cmp.Diff([]string{"no-2"}, makeUp.LeftOut); diff != "" {
		t.Errorf("left out of the make-up round (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rollout.SchoolPlan{{Name: "no-1", Sessions: makeUp.Sessions[:1]}}, makeUp.Schools); diff != "" {
		t.Errorf("schools (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rollout.Warning{{District: "a", School: "no-2", Reason: "MakeUpNoSession"}}, got.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestMakeUpFaults(t *testing.T) {
	t.Parallel()
	spec := twice()
	spec.MakeUp = rollout.MakeUp{AfterSchoolDays: -1, SchoolDays: 261}
	_, err := rollout.Compile(spec, beijing)
	if diff := cmp.Diff([]string{"template.spec.makeUp.afterSchoolDays", "template.spec.makeUp.schoolDays"}, fault.Paths(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// When another run is due, rounds of the one before it that may yet open are still planned
// anew, and so are their make-up rounds.
func TestAnEarlierRunIsPlannedAnew(t *testing.T) {
	t.Parallel()
	spec := twice()
	spec.ExtraDates = []calendar.Date{date("2026-10-15")} // its Stage1 from 22 October
	var o rollout.Observed
	adopt(&o, mustPlan(t, spec, named("a", "b"), o, "2026-10-12T00:00:00Z"))
	steps := []struct{ now, open, want string }{
		{
			"2026-10-16T00:00:00Z", "",
			"a 20261012 10-19..10-22, a 20261012-makeup 10-27..10-28, b 20261012 10-19..10-22, b 20261012-makeup 10-27..10-28, a PreviousRoundOpen, b PreviousRoundOpen",
		},
		{ // one that has opened is not listed any more
			"2026-10-19T02:00:00Z", "a",
			"a 20261012-makeup 10-28..10-29, b 20261012 10-19..10-22, b 20261012-makeup 10-27..10-28, a PreviousRoundOpen, b PreviousRoundOpen",
		},
	}
	spec.Phases[1].SchoolDays = 4 // edited when both are due
	for _, s := range steps {
		for i, r := range o.Rounds {
			o.Rounds[i].Opened = r.District == s.open
		}
		got := mustPlan(t, spec, named("a", "b"), o, s.now)
		if rounds(got) != s.want {
			t.Errorf("at %s = %s\nwant %s", s.now, rounds(got), s.want)
		}
	}
}
