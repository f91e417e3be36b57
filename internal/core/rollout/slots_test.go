package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// What is due and what comes next, with dates beside the schedule.
func TestExtraDates(t *testing.T) {
	t.Parallel()
	recurring := autumn() // 15 September, 08:00
	recurring.ExtraDates = []calendar.Date{date("2026-11-02"), date("2026-10-08")}
	once := autumn()
	once.Cron, once.StartDate, once.ExtraDates = "", date("2026-09-07"), []calendar.Date{date("2026-08-03"), date("2026-10-08")}
	same := autumn()
	same.ExtraDates = []calendar.Date{date("2026-09-15")}
	for name, tc := range map[string]struct {
		spec       rollout.Spec
		now        string
		slot, next string
	}{
		"before them":           {recurring, "2026-10-07T15:59:59Z", "2026-09-15", "2026-10-07T16:00:00Z"},
		"at midnight":           {recurring, "2026-10-07T16:00:00Z", "2026-10-08", "2026-11-01T16:00:00Z"},
		"after the last":        {recurring, "2026-11-03T00:00:00Z", "2026-11-02", "2027-09-15T00:00:00Z"},
		"the next recurring":    {recurring, "2027-09-15T00:00:00Z", "2027-09-15", "2028-09-15T00:00:00Z"},
		"before a start":        {once, "2026-08-10T00:00:00Z", "2026-08-03", "2026-09-06T16:00:00Z"},
		"the start":             {once, "2026-09-10T00:00:00Z", "2026-09-07", "2026-10-07T16:00:00Z"},
		"after all":             {once, "2030-01-01T00:00:00Z", "2026-10-08", ""},
		"on a recurring day":    {same, "2026-09-14T16:00:00Z", "2026-09-15", "2027-09-15T00:00:00Z"},
		"on it, when cron runs": {same, "2026-09-15T00:00:01Z", "2026-09-15", "2027-09-15T00:00:00Z"},
		"the day before it":     {same, "2026-09-14T15:59:59Z", "2025-09-15", "2026-09-14T16:00:00Z"},
	} {
		got := mustPlan(t, tc.spec, nil, rollout.Observed{}, tc.now)
		next := ""
		if !got.NextSlot.IsZero() {
			next = got.NextSlot.Format("2006-01-02T15:04:05Z07:00")
		}
		if got.Slot != date(tc.slot) || next != tc.next {
			t.Errorf("%s: slot %s and then %s, want %s and %s", name, got.Slot, next, tc.slot, tc.next)
		}
	}
}

// A date that is written down is due however late the campaign was made; the rules for
// missed runs are the same as for any other.
func TestExtraDatesThatWereMissed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		since, now string
		policy     rollout.MissedRunPolicy
		want       string
	}{
		"made after the date":                 {"2026-09-21T00:00:00Z", "2026-09-22T00:00:00Z", rollout.RunOnce, "round 2026-09-20"},
		"and after a recurring run":           {"2026-10-16T00:00:00Z", "2026-10-16T00:00:00Z", rollout.RunOnce, "skipped DeadlineMissed"}, // 15 October is nobody's
		"later than the deadline":             {"2026-09-01T00:00:00Z", "2026-09-28T00:00:00Z", rollout.RunOnce, "skipped DeadlineMissed"},
		"the day after under Skip":            {"2026-09-01T00:00:00Z", "2026-09-21T00:00:00Z", rollout.Skip, "skipped MissedRun"},
		"later than a recurring run, is that": {"2026-09-01T00:00:00Z", "2026-10-15T01:00:00Z", rollout.RunOnce, "round 2026-10-15"},
	} {
		spec := autumn()
		spec.Cron, spec.ExtraDates, spec.MissedRunPolicy = "0 8 15 10 *", []calendar.Date{date("2026-09-20")}, tc.policy
		got := mustPlan(t, spec, []rollout.DistrictView{district("d1")}, rollout.Observed{Since: at(tc.since)}, tc.now)
		if one(got) != tc.want {
			t.Errorf("%s: %q, want %q", name, one(got), tc.want)
		}
	}
}

func TestExtraDatesFaults(t *testing.T) {
	t.Parallel()
	spec := oneOff() // with dates
	spec.ExtraDates = []calendar.Date{date("2026-11-02"), {}}
	_, err := rollout.Compile(spec, beijing)
	if diff := cmp.Diff([]string{"schedule.extraDates[1]", phases + "[1].dates"}, fault.Paths(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With dates beside the schedule every run is one that the schedule has or that is written
// down, the latest and the next have nothing between them, and no day has two.
func TestRunsOfAnySchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := monthly("15 6 10,20 * *", rollout.SessionHours{From: "09:00", To: "10:00"})
		first := date("2026-08-01")
		for range rapid.IntRange(0, 8).Draw(t, "dates") {
			spec.ExtraDates = append(spec.ExtraDates, first.AddDays(rapid.IntRange(0, 200).Draw(t, "date")))
		}
		now := newYork.At(first.AddDays(rapid.IntRange(-20, 220).Draw(t, "day")), calendar.Clock(rapid.IntRange(0, 1439).Draw(t, "clock")))
		got, err := rollout.Plan(spec, newYork, nil, rollout.Observed{}, now)
		if err != nil {
			t.Fatal(err)
		}
		begins := func(d calendar.Date) (calendar.Clock, bool) {
			for _, extra := range spec.ExtraDates {
				if extra == d {
					return 0, true
				}
			}
			return 6*60 + 15, d.Day == 10 || d.Day == 20
		}
		latest := calendar.DateOf(now.In(newYork.Location()))
		for {
			if clock, runs := begins(latest); runs && !newYork.At(latest, clock).After(now) {
				break
			}
			latest = latest.AddDays(-1)
		}
		next := latest.AddDays(1)
		clock, runs := begins(next)
		for !runs {
			next = next.AddDays(1)
			clock, runs = begins(next)
		}
		if got.Slot != latest || !got.NextSlot.Equal(newYork.At(next, clock)) {
			t.Fatalf("at %s with %v: %s and then %s, want %s and %s", now, spec.ExtraDates, got.Slot, got.NextSlot, latest, next)
		}
	})
}
