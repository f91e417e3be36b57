package rollout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// monthly is a short campaign in a zone that changes its clocks.
func monthly(cron string, hours rollout.SessionHours) rollout.Spec {
	return rollout.Spec{
		Campaign: "m", TimeZone: "America/New_York", Cron: cron,
		Phases: []rollout.Phase{
			{Name: rollout.Publicity, SchoolDays: 2},
			{Name: rollout.Stage1, SchoolDays: 5, Session: &hours},
			{Name: rollout.Stage2, SchoolDays: 3},
		},
	}
}

func drawHours(t *rapid.T) rollout.SessionHours {
	from := rapid.IntRange(0, 1439).Draw(t, "from")
	to := rapid.IntRange(from+1, 1440).Draw(t, "to")
	return rollout.SessionHours{From: calendar.Clock(from).String(), To: calendar.Clock(to).String()}
}

// The latest and the next run agree with a reading of the calendar day by day.
func TestSlotsAgainstDayByDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, month := rapid.IntRange(1, 29).Draw(t, "day"), rapid.IntRange(1, 12).Draw(t, "month")
		clock := calendar.Clock(rapid.IntRange(0, 1439).Draw(t, "clock"))
		spec := monthly(fmt.Sprintf("%d %d %d %d *", clock%60, clock/60, day, month), rollout.SessionHours{From: "09:00", To: "10:00"})
		now := at("2023-01-01T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 12*366*24*60).Draw(t, "now")) * time.Minute)
		got, err := rollout.Plan(spec, newYork, nil, rollout.Observed{}, now)
		if err != nil {
			t.Fatal(err)
		}
		civil := calendar.DateOf(now.In(newYork.Location()))
		matches := func(d calendar.Date) bool { return d.Day == day && int(d.Month) == month }
		latest := civil
		for !matches(latest) || newYork.At(latest, clock).After(now) {
			latest = latest.AddDays(-1)
		}
		next := civil
		for !matches(next) || !newYork.At(next, clock).After(now) {
			next = next.AddDays(1)
		}
		if got.Slot != latest || !got.NextSlot.Equal(newYork.At(next, clock)) {
			t.Fatalf("at %s: slot %s, want %s; next %s, want %s", now, got.Slot, latest, got.NextSlot, newYork.At(next, clock))
		}
	})
}

// The change of clocks neither drops nor doubles a run: 02:30 does not exist on 14
// March 2027, 01:30 comes twice on 1 November 2026.
func TestEveryDayOnceThroughTheChangeOfClocks(t *testing.T) {
	t.Parallel()
	for _, cron := range []string{"30 2 * * *", "30 1 * * *", "0 0 * * *"} {
		for _, start := range []string{"2026-10-30T12:00:00Z", "2027-03-12T12:00:00Z"} {
			spec := monthly(cron, rollout.SessionHours{From: "09:00", To: "10:00"})
			var seen []string
			previous := time.Time{}
			for now := at(start); now.Before(at(start).AddDate(0, 0, 5)); now = now.Add(7 * time.Minute) {
				got := mustPlan(t, spec, nil, rollout.Observed{}, now.Format(time.RFC3339))
				if n := len(seen); n == 0 || seen[n-1] != got.Slot.String() {
					seen = append(seen, got.Slot.String())
				}
				if got.NextSlot.Before(previous) {
					t.Fatalf("%s: next slot goes back from %s to %s", cron, previous, got.NextSlot)
				}
				previous = got.NextSlot
			}
			if len(seen) != 6 || !slices.IsSorted(seen) {
				t.Errorf("%s from %s: slots %v", cron, start, seen)
			}
		}
	}
}

func TestLeapDayOverTheCentury(t *testing.T) {
	t.Parallel()
	spec := autumn()
	spec.Cron = "0 8 29 2 *"
	for now, want := range map[string]string{
		"2027-01-01T00:00:00Z": "2024-02-29", "2028-02-29T00:00:00Z": "2028-02-29", "2103-12-31T00:00:00Z": "2096-02-29",
	} {
		if got := mustPlan(t, spec, nil, rollout.Observed{}, now); got.Slot != date(want) {
			t.Errorf("at %s: slot %s, want %s", now, got.Slot, want)
		}
	}
}

// FuzzPlan feeds any schedule, hours and time: what compiles, plans, the same twice and
// whatever the order of the districts.
func FuzzPlan(f *testing.F) {
	f.Add("0 8 15 9 *", "09:00", "16:30", int64(1789430400), int64(604800), 15)
	f.Add("30 2 14 3 *", "02:00", "03:00", int64(1805000000), int64(-1), 1)
	f.Add("0 0 */2 * 1-5", "00:00", "24:00", int64(1793520000), int64(1<<62), 40)
	f.Add("TZ=x", "", "", int64(0), int64(0), 0)
	f.Fuzz(func(t *testing.T, cron, from, to string, unix, deadline int64, schoolDays int) {
		spec := monthly(cron, rollout.SessionHours{From: from, To: to})
		spec.StartingDeadlineSeconds = &deadline
		spec.Phases[1].SchoolDays = schoolDays
		now := time.Unix(unix%(1<<33), 0).UTC()
		c, err := rollout.Compile(spec, newYork)
		if err != nil {
			return
		}
		districts := []rollout.DistrictView{district("a"), {Name: "b"}, district("c")}
		first := c.Plan(districts, rollout.Observed{}, now)
		slices.Reverse(districts)
		if diff := cmp.Diff(first, c.Plan(districts, rollout.Observed{}, now)); diff != "" {
			t.Error(diff)
		}
		for _, round := range first.Rounds {
			if !round.OpensAt.Before(round.ClosesAt) || !round.ClosesAt.After(now) {
				t.Errorf("%+v", round)
			}
		}
	})
}
