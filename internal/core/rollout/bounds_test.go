package rollout_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// within fails when something takes far longer than it should on any machine.
func within(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	started := time.Now()
	do()
	if took := time.Since(started); took > limit {
		t.Errorf("%s takes %s", what, took)
	}
}

// The latest missed run is found at once, whatever the gap: two hundred plans after eighty
// years of daily runs, where going through them would take half a minute and more.
func TestMissedRunsWhateverTheGap(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string]string{
		"0 8 * * *": "2106-09-14", "0 8 15 9 *": "2105-09-15", "0 8 29 2 *": "2104-02-29", "0 8 31 * 1": "2106-09-13", // the 31st, and Mondays
	} {
		spec := autumn()
		spec.Cron, spec.ExtraDates = cron, []calendar.Date{date("2026-09-20")}
		c, err := rollout.Compile(spec, beijing)
		if err != nil {
			t.Fatal(err)
		}
		within(t, 5*time.Second, cron, func() {
			for range 200 {
				got := c.Plan(named("d1"), rollout.Observed{Since: at("2026-09-01T00:00:00Z")}, at("2106-09-14T12:00:00Z"))
				if got.Slot != date(want) {
					t.Fatalf("%s: %s, want %s", cron, got.Slot, want)
				}
			}
		})
	}
}

// The longest campaign that the schema takes, in the longest calendar, with a thousand
// districts one after another, plans within bounds; so does one with ten years of rounds.
func TestPlansEnd(t *testing.T) {
	t.Parallel()
	in := calendar.Calendar{TimeZone: "Asia/Shanghai", SchoolWeek: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}
	for from := date("2026-01-01"); len(in.Terms) < 200; from = from.AddDays(400) {
		in.Terms = append(in.Terms, calendar.Term{From: from, To: from.AddDays(399)})
	}
	cal := calendartest.MustCompile(in)
	var names []string
	for d := range 1000 {
		names = append(names, fmt.Sprintf("d%d", d))
	}
	spec := brief(rollout.Waves{MaxConcurrent: 1})
	spec.StartDate, spec.MakeUp = date("2026-02-01"), rollout.MakeUp{AfterSchoolDays: 120, SchoolDays: 60}
	for i := range spec.Phases {
		spec.Phases[i].SchoolDays = 200
	}
	for d := range 20 {
		spec.ExtraDates = append(spec.ExtraDates, spec.StartDate.AddDays(40*d))
	}
	within(t, 30*time.Second, "a long campaign", func() {
		plan, err := rollout.Plan(spec, cal, named(names...), rollout.Observed{}, at("2026-02-01T00:00:00Z"))
		if err != nil || len(plan.Rounds)+len(plan.Blocked) < 1000 {
			t.Errorf("%d rounds, %d blocked, %v", len(plan.Rounds), len(plan.Blocked), err)
		}
	})
	monthly := brief(rollout.Waves{})
	monthly.StartDate, monthly.Cron, monthly.MakeUp = calendar.Date{}, "0 8 1 * *", rollout.MakeUp{AfterSchoolDays: 1, SchoolDays: 2}
	var o rollout.Observed
	for month := range 120 {
		first := at("2026-02-01T00:00:00Z").AddDate(0, month, 0)
		for _, name := range names[:150] {
			o.Rounds = append(o.Rounds, rollout.ObservedRound{
				District: name, Slot: calendar.DateOf(first), Opened: month < 119, OpensAt: first.AddDate(0, 0, 5), ClosesAt: first.AddDate(0, 0, 10),
			})
		}
	}
	within(t, 10*time.Second, "ten years of rounds", func() {
		plan, err := rollout.Plan(monthly, cal, named(names[:150]...), o, at("2036-01-02T00:00:00Z"))
		if err != nil || len(plan.Rounds) != 300 {
			t.Errorf("%d rounds, %v", len(plan.Rounds), err)
		}
	})
}
