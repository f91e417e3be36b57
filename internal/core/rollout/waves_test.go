package rollout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// brief is a one-off of a week of publicity and a week of Stage1 from Monday 12 October.
func brief(waves rollout.Waves) rollout.Spec {
	return rollout.Spec{
		Campaign: "brief", TimeZone: "Asia/Shanghai", StartDate: date("2026-10-12"), Waves: waves,
		Phases: []rollout.Phase{
			{Name: rollout.Publicity, SchoolDays: 5},
			{Name: rollout.Stage1, SchoolDays: 5, Session: &rollout.SessionHours{From: "09:00", To: "16:30"}},
			{Name: rollout.Stage2, SchoolDays: 5},
		},
	}
}

func named(names ...string) (out []rollout.DistrictView) {
	for _, name := range names {
		out = append(out, district(name))
	}
	return out
}

// timetable says of each district its wave, counted from 1, and the first and last day of
// its Stage1: "a 1 10-19..10-23".
func timetable(p rollout.Planned) string {
	var out []string
	for _, r := range p.Rounds {
		out = append(out, fmt.Sprintf("%s %d %s..%s", r.District, r.Wave+1, day(r.OpensAt), day(r.ClosesAt)))
	}
	for _, b := range p.Blocked {
		out = append(out, fmt.Sprintf("%s %s", b.District, b.Reason))
	}
	return strings.Join(out, ", ")
}

func day(instant time.Time) string { return instant.In(beijing.Location()).Format("01-02") }

// seen is a round that was made as planned.
func seen(r rollout.RoundPlan, opened bool) rollout.ObservedRound {
	return rollout.ObservedRound{
		District: r.District, Slot: r.Slot, MakeUp: r.MakeUp, Opened: opened, OpensAt: r.OpensAt, ClosesAt: r.ClosesAt,
		Sessions: r.Sessions, Phases: r.Phases, Schools: r.Schools, LeftOut: r.LeftOut,
	}
}

// adopt makes the rounds of a plan, as the operator does: one that has opened stays as it is.
func adopt(o *rollout.Observed, p rollout.Planned, opened ...string) {
	for _, r := range p.Rounds {
		is := seen(r, slices.Contains(opened, r.District))
		i := slices.IndexFunc(o.Rounds, func(old rollout.ObservedRound) bool {
			return old.District == is.District && old.Slot == is.Slot && old.MakeUp == is.MakeUp
		})
		if i < 0 {
			o.Rounds = append(o.Rounds, is)
			continue
		}
		o.Rounds[i] = is
	}
}

func TestWaves(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		waves     rollout.Waves
		districts []string
		want      string
	}{
		"none": {rollout.Waves{}, []string{"b", "a"}, "a 1 10-19..10-23, b 1 10-19..10-23"},
		"two at a time, by name": {
			rollout.Waves{MaxConcurrent: 2}, []string{"d", "c", "b", "a", "e"},
			"a 1 10-19..10-23, b 1 10-19..10-23, c 2 10-26..10-30, d 2 10-26..10-30, e 3 11-02..11-06",
		},
		"in order, the others by name": {
			rollout.Waves{MaxConcurrent: 1, Order: []string{"c", "a"}}, []string{"a", "b", "c"},
			"a 2 10-26..10-30, b 3 11-02..11-06, c 1 10-19..10-23",
		},
		"a pilot of its own": {
			rollout.Waves{Pilot: []string{"b"}}, []string{"a", "b", "c"}, "a 2 10-26..10-30, b 1 10-19..10-23, c 2 10-26..10-30",
		},
		"nobody takes the place of a pilot that is not there": {
			rollout.Waves{Pilot: []string{"z"}, MaxConcurrent: 3}, []string{"a"}, "a 2 10-26..10-30",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustPlan(t, brief(tc.waves), named(tc.districts...), rollout.Observed{}, "2026-10-12T00:00:00Z")
			if timetable(got) != tc.want {
				t.Errorf("= %s\nwant %s", timetable(got), tc.want)
			}
		})
	}
}

// Wave by wave, with districts that come, go, miss their wave and are held up.
func TestWavesWhileTimeGoesOn(t *testing.T) {
	t.Parallel()
	spec := brief(rollout.Waves{MaxConcurrent: 1})
	var o rollout.Observed
	plan := func(now string, districts ...string) string {
		t.Helper()
		p := mustPlan(t, spec, named(districts...), o, now)
		adopt(&o, p, openedOf(o)...)
		return timetable(p)
	}
	steps := []struct {
		now, districts, open string // open: a round that opens before the plan is made
		want                 string
	}{
		{"2026-10-12T00:00:00Z", "a b c", "", "a 1 10-19..10-23, b 2 10-26..10-30, c 3 11-02..11-06"},
		{"2026-10-13T00:00:00Z", "a c", "", "a 1 10-19..10-23, c 3 11-02..11-06"}, // b's round stays where it is
		{"2026-10-13T00:00:00Z", "a b c aa", "", "a 1 10-19..10-23, aa 2 10-26..10-30, b 3 11-02..11-06, c 4 11-09..11-13"},
		{"2026-10-20T00:00:00Z", "a aa b c", "a", "a 1 10-19..10-23, aa 2 10-26..10-30, b 3 11-02..11-06, c 4 11-09..11-13"},
		// aa is not let open, but might be until the last session; then it gets another wave
		{"2026-10-28T00:00:00Z", "a aa b c", "", "a 1 10-19..10-23, aa 2 10-26..10-30, b 3 11-02..11-06, c 4 11-09..11-13"},
		{"2026-10-30T08:30:00Z", "a aa b c", "", "a 1 10-19..10-23, aa 3 11-02..11-06, b 4 11-09..11-13, c 5 11-16..11-20"},
	}
	for _, s := range steps {
		for i, r := range o.Rounds {
			o.Rounds[i].Opened = r.Opened || r.District == s.open
		}
		if got := plan(s.now, strings.Fields(s.districts)...); got != s.want {
			t.Errorf("at %s = %s\nwant %s", s.now, got, s.want)
		}
	}
}

func openedOf(o rollout.Observed) (names []string) {
	for _, r := range o.Rounds {
		if r.Opened {
			names = append(names, r.District)
		}
	}
	return names
}

// A campaign edited between waves leaves the wave that has opened as it is, and moves those
// to come.
func TestCampaignEditedBetweenWaves(t *testing.T) {
	t.Parallel()
	spec := brief(rollout.Waves{MaxConcurrent: 1})
	var o rollout.Observed
	adopt(&o, mustPlan(t, spec, named("a", "b", "c"), o, "2026-10-12T00:00:00Z"), "a")
	spec.Phases[1].SchoolDays = 7
	got := mustPlan(t, spec, named("a", "b", "c"), o, "2026-10-20T00:00:00Z")
	if want := "a 1 10-19..10-23, b 2 10-28..11-05, c 3 11-06..11-16"; timetable(got) != want {
		t.Errorf("= %s\nwant %s", timetable(got), want)
	}
}

// A district whose own closure makes its Stage1 longer keeps the place it takes.
func TestALongerStage1TakesItsRoom(t *testing.T) {
	t.Parallel()
	in := calendartest.Beijing()
	in.Exceptions = []calendar.Exception{{District: "a", Closures: []calendar.Range{{From: date("2026-10-21"), To: date("2026-10-22")}}}}
	got, err := rollout.Plan(brief(rollout.Waves{MaxConcurrent: 1}), calendartest.MustCompile(in), named("a", "b"), rollout.Observed{}, at("2026-10-12T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "a 1 10-19..10-27, b 3 11-02..11-06"; timetable(got) != want {
		t.Errorf("= %s\nwant %s", timetable(got), want)
	}
}

// A school with days of its own answers on them, within its district's Stage1.
func TestSchoolWithDaysOfItsOwn(t *testing.T) {
	t.Parallel()
	in := calendartest.Beijing()
	in.Exceptions = []calendar.Exception{
		{District: "a", School: "no-1", Closures: []calendar.Range{{From: date("2026-10-20"), To: date("2026-10-23")}}},
		{District: "a", School: "no-2", Closures: []calendar.Range{{From: date("2026-10-12"), To: date("2026-10-30")}}},
		{District: "a", School: "no-3", MakeUpDays: []calendar.Date{date("2026-10-24")}},
	}
	d := district("a")
	for _, name := range []string{"no-1", "no-2", "no-3", "no-4"} {
		d.Schools = append(d.Schools, rollout.School{Name: name, Students: 10})
	}
	got, err := rollout.Plan(brief(rollout.Waves{}), calendartest.MustCompile(in), []rollout.DistrictView{d}, rollout.Observed{}, at("2026-10-12T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	want := []rollout.SchoolPlan{{Name: "no-1", Sessions: []contract.Session{{From: at("2026-10-19T01:00:00Z"), To: at("2026-10-19T08:30:00Z")}}}}
	if diff := cmp.Diff(want, got.Rounds[0].Schools); diff != "" {
		t.Errorf("schools (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rollout.BlockedSchool{{District: "a", School: "no-2", Reason: rollout.NoSession}}, got.BlockedSchools); diff != "" {
		t.Errorf("blocked schools (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"no-2"}, got.Rounds[0].LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

func TestClaimsBlock(t *testing.T) {
	t.Parallel()
	d := district("a")
	d.Claims = []rollout.Claim{{Campaign: "winter", OpensAt: at("2026-10-23T08:00:00Z"), ClosesAt: at("2026-11-20T00:00:00Z")}}
	got := mustPlan(t, brief(rollout.Waves{}), []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z")
	if diff := cmp.Diff([]rollout.Blocked{{District: "a", Reason: rollout.SchoolsClaimed, Campaign: "winter"}}, got.Blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
	d.Claims[0].OpensAt = at("2026-10-23T08:30:00Z") // when ours closes
	if got := mustPlan(t, brief(rollout.Waves{}), []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z"); len(got.Rounds) != 1 {
		t.Errorf("%+v", got.Blocked)
	}
}

func TestWavesFaults(t *testing.T) {
	t.Parallel()
	dated := brief(rollout.Waves{MaxConcurrent: 1})
	dated.Phases[1] = rollout.Phase{
		Name: rollout.Stage1, Dates: &calendar.Range{From: date("2026-10-19"), To: date("2026-10-23")}, Session: dated.Phases[1].Session,
	}
	tight := brief(rollout.Waves{MaxConcurrent: 1, Pilot: []string{"a", "b"}, Order: []string{"b"}})
	rates := brief(rollout.Waves{})
	rates.Capacity = rollout.Capacity{Policy: "Perhaps", DaysPerSchool: -1, Tiers: []rollout.Tier{{Name: "Severe"}, {Name: "High"}}, Declared: []int64{-1, 2000, 3}}
	for name, tc := range map[string]struct {
		spec rollout.Spec
		want []string
	}{
		"dates":    {dated, []string{"rollout"}},
		"tight":    {tight, []string{"rollout.pilot", "rollout.order"}},
		"capacity": {rates, []string{"rollout.capacity.policy", "rollout.capacity.schoolDaysPerSchool", "rollout.capacity.expected", "rollout.capacity.expected", "rollout.capacity.expected"}},
	} {
		_, err := rollout.Compile(tc.spec, beijing)
		if diff := cmp.Diff(tc.want, fault.Paths(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
