package rollout_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// schoolYear is a school year in a zone whose clocks change on days on which school is held.
type schoolYear struct {
	zone     string
	from, to string
	changes  []string // of the clock
}

var schoolYears = []schoolYear{
	{"America/New_York", "2026-09-08", "2027-06-25", []string{"2026-11-01", "2027-03-14"}},
	{"Europe/London", "2026-09-02", "2027-07-21", []string{"2026-10-25", "2027-03-28"}},
	{"Australia/Lord_Howe", "2026-07-20", "2027-06-25", []string{"2026-10-04", "2027-04-04"}}, // by half an hour
	{"Africa/Cairo", "2027-09-19", "2028-06-15", []string{"2027-10-29", "2028-04-28"}},        // at midnight; a leap year
	{"Asia/Shanghai", "2027-09-01", "2028-07-07", []string{"2028-02-29"}},                     // none, but a leap day
}

func (y schoolYear) compile() *calendar.Compiled {
	in := calendar.Calendar{TimeZone: y.zone, Terms: []calendar.Term{{From: date(y.from), To: date(y.to)}}}
	for _, day := range y.changes {
		if weekday := date(day).Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			in.MakeUpDays = append(in.MakeUpDays, date(day))
		}
	}
	return calendartest.MustCompile(in)
}

func (y schoolYear) draw(t *rapid.T) rollout.Spec {
	spec := monthly(fmt.Sprintf("%d %d %d,%d * *", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 23).Draw(t, "hour"),
		rapid.IntRange(1, 14).Draw(t, "day"), rapid.IntRange(15, 31).Draw(t, "other day")), drawHours(t))
	spec.TimeZone = y.zone
	spec.Phases[1].SchoolDays = rapid.IntRange(1, 5).Draw(t, "stage1")
	for range rapid.IntRange(0, 3).Draw(t, "extra dates") {
		near := date(rapid.SampledFrom(y.changes).Draw(t, "near"))
		spec.ExtraDates = append(spec.ExtraDates, near.AddDays(rapid.IntRange(-10, 3).Draw(t, "extra date")))
	}
	if rapid.Bool().Draw(t, "makes up") {
		spec.MakeUp = rollout.MakeUp{AfterSchoolDays: rapid.IntRange(1, 4).Draw(t, "after"), SchoolDays: rapid.IntRange(1, 3).Draw(t, "make-up days")}
	}
	return spec
}

// Life of a campaign through a school year with changes of clocks or a leap day: an
// operator plans at arbitrary instants, with a clock that may go back, makes what the plan
// says and sees rounds open. No window moves, opens twice, or is shorter than its hours; no
// two are open together.
func TestCampaignThroughTheYear(t *testing.T) {
	t.Parallel()
	for _, year := range schoolYears {
		t.Run(year.zone, func(t *testing.T) {
			t.Parallel()
			cal := year.compile()
			rapid.Check(t, func(t *rapid.T) { year.live(t, cal) })
		})
	}
}

func (y schoolYear) live(t *rapid.T, cal *calendar.Compiled) {
	spec := y.draw(t)
	made := map[string]rollout.RoundPlan{}
	now, end := cal.At(date(y.from), 0), cal.At(date(y.to), 0)
	observed := rollout.Observed{Since: now}
	for now.Before(end) {
		planned, err := rollout.Plan(spec, cal, []rollout.DistrictView{district("d1")}, observed, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, round := range planned.Rounds {
			before, known := made[round.Name]
			if known && !reflect.DeepEqual(before, round) {
				t.Fatalf("%s moved at %s:\n%s", round.Name, now, cmp.Diff(before, round))
			}
			if known {
				continue
			}
			checkRound(t, round)
			checkHours(t, cal, spec, round)
			made[round.Name] = round
			observed.Rounds = append(observed.Rounds, seen(round, false))
		}
		if !planned.NextSlot.After(now) {
			t.Fatalf("next slot %s is not after %s", planned.NextSlot, now)
		}
		if rapid.IntRange(0, 4).Draw(t, "goes back") == 0 {
			now = now.Add(-time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes back")) * time.Minute)
		}
		now = now.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "minutes")) * time.Minute)
		for i, round := range observed.Rounds {
			observed.Rounds[i].Opened = round.Opened || !now.Before(round.OpensAt)
		}
	}
	checkDisjoint(t, observed.Rounds)
}

func checkRound(t *rapid.T, round rollout.RoundPlan) {
	end := round.OpensAt
	for i, s := range round.Sessions {
		if !s.From.Before(s.To) || i > 0 && !s.From.After(end) {
			t.Fatalf("session %d of %+v", i, round)
		}
		end = s.To
	}
	if !round.ClosesAt.Equal(end) || !round.OpensAt.Equal(round.Sessions[0].From) {
		t.Fatalf("%+v does not open and close with its sessions", round)
	}
	for i, phase := range round.Phases[1:] {
		if phase.From.Before(round.Phases[i].To) {
			t.Fatalf("phase %s begins before %s ends", phase.Name, round.Phases[i].Name)
		}
	}
}

// checkHours requires the sessions to be on the school days of Stage1, each from when the
// wall clock first shows the hour at which it begins to when it first shows the one at
// which it ends; a clock that skips an hour shows the next instant instead.
func checkHours(t *rapid.T, cal *calendar.Compiled, spec rollout.Spec, round rollout.RoundPlan) {
	hours := spec.Phases[1].Session
	stage1 := round.Phases[slices.IndexFunc(round.Phases, func(w rollout.PhaseWindow) bool { return w.Name == rollout.Stage1 })]
	first, last := calendar.DateOf(stage1.From.In(cal.Location())), calendar.DateOf(stage1.To.Add(-time.Second).In(cal.Location()))
	open := time.Duration(0)
	for day := first; !day.After(last); day = day.AddDays(1) {
		if !cal.IsSchoolDay(day) {
			continue
		}
		from, to := shows(cal, day, hours.From), shows(cal, day, hours.To)
		open += to.Sub(from)
		inside := from.Equal(to) // swallowed by a change of clocks
		for _, s := range round.Sessions {
			inside = inside || !from.Before(s.From) && !to.After(s.To)
		}
		if !inside {
			t.Fatalf("%s: nobody can answer on %s from %s to %s: %v", round.Name, day, from, to, round.Sessions)
		}
	}
	for _, s := range round.Sessions {
		open -= s.To.Sub(s.From)
	}
	if open != 0 {
		t.Fatalf("%s is open %s less than its hours: %v", round.Name, open, round.Sessions)
	}
}

// shows is the first instant at which the clock of the zone shows the time or a later one;
// 24:00 is shown as midnight of the next day. Where the clock changes it is searched for,
// minute by minute.
func shows(cal *calendar.Compiled, day calendar.Date, clock string) time.Time {
	if clock == "24:00" {
		day, clock = day.AddDays(1), "00:00"
	}
	const layout = "2006-01-02 15:04"
	want := day.String() + " " + clock
	about, err := time.ParseInLocation(layout, want, cal.Location())
	if err != nil {
		panic(err)
	}
	instant := about.Add(-3 * time.Hour)
	_, before := instant.Zone()
	if _, after := about.Add(3 * time.Hour).Zone(); before == after {
		return about.UTC()
	}
	for instant.Format(layout) < want {
		instant = instant.Add(time.Minute)
	}
	return instant.UTC()
}

// checkDisjoint requires a district's rounds of one campaign never to be open together.
func checkDisjoint(t *rapid.T, rounds []rollout.ObservedRound) {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b rollout.ObservedRound) int { return a.OpensAt.Compare(b.OpensAt) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].OpensAt.Before(sorted[i-1].ClosesAt) {
			t.Fatalf("%+v opens before %+v closes", sorted[i], sorted[i-1])
		}
	}
}
