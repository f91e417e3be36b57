package rollout_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// two is a one-off whose Stage1 is two weeks from Monday 19 October, with a tier that
// drafts referrals (10 in a thousand) and one that does not (40).
func two(capacity rollout.Capacity) rollout.Spec {
	spec := brief(rollout.Waves{})
	spec.Phases[1].SchoolDays = 10
	capacity.Tiers = []rollout.Tier{{Name: "Severe", Class: "Psychiatric"}, {Name: "High"}}
	if capacity.Declared == nil {
		capacity.Declared = []int64{10, 40}
	}
	spec.Capacity = capacity
	return spec
}

// school has a thousand students, so that 10 Severe and 40 High are expected.
func school(name string, fullTime int) rollout.School {
	return rollout.School{Name: name, Students: 1000, FullTime: fullTime}
}

func channel(facility string, weekly int) rollout.Channel {
	return rollout.Channel{Facility: facility, Class: "Psychiatric", Weekly: weekly, From: date("2026-09-01"), Until: date("2027-08-31")}
}

// windows says when each school answers, what is wrong and why: "no-1 10-19..10-23".
func windows(p rollout.Planned, schools ...rollout.School) string {
	var out []string
	for _, r := range p.Rounds {
		own := map[string]rollout.SchoolPlan{}
		for _, s := range r.Schools {
			own[s.Name] = s
		}
		for _, s := range schools {
			if w, found := own[s.Name]; found {
				out = append(out, fmt.Sprintf("%s %s..%s", s.Name, day(w.Sessions[0].From), day(w.Sessions[len(w.Sessions)-1].To)))
			}
		}
	}
	for _, b := range p.BlockedSchools {
		out = append(out, b.School+" "+string(b.Reason))
	}
	for _, w := range p.Warnings {
		out = append(out, strings.TrimSpace(w.School+" warned "+string(w.Reason)))
	}
	for _, b := range p.Blocked {
		out = append(out, b.District+" "+string(b.Reason))
	}
	return strings.Join(out, ", ")
}

func TestCapacityOfOneDistrict(t *testing.T) {
	t.Parallel()
	three := []rollout.School{school("a", 1), school("b", 1), school("c", 1)}
	tests := map[string]struct {
		capacity rollout.Capacity
		schools  []rollout.School
		channels []rollout.Channel
		want     string
	}{
		"ignored": {rollout.Capacity{Policy: rollout.Ignore, DaysPerSchool: 2, CounsellorCases: 1}, three, nil, ""},
		"on the first days that fit": { // 10 referrals a school; b brings 5 in each week
			rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 2}, three, []rollout.Channel{channel("h1", 15)},
			"a 10-19..10-20, b 10-23..10-26, c 10-26..10-27",
		},
		"counsellors need more days": { // 50 cases, 30 a week
			rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 2, CounsellorCases: 30}, three[:1], []rollout.Channel{channel("h1", 100)},
			"a 10-23..10-26",
		},
		"half a counsellor is too few": {
			rollout.Capacity{Policy: rollout.Required, CounsellorCases: 30}, []rollout.School{{Name: "a", Students: 1000, PartTime: 1}},
			[]rollout.Channel{channel("h1", 100)}, "a CounsellorCapacity",
		},
		"an institution is engaged": {
			rollout.Capacity{Policy: rollout.Required, CounsellorCases: 1, ProviderCases: 25},
			[]rollout.School{{Name: "a", Students: 1000, Provider: true}}, []rollout.Channel{channel("h1", 100)}, "",
		},
		"preferred: where the excess is least": {
			rollout.Capacity{Policy: rollout.Preferred, DaysPerSchool: 2}, three, []rollout.Channel{channel("h1", 12)},
			"a 10-19..10-20, b 10-26..10-27, c 10-23..10-26, c warned ChannelCapacity",
		},
		"no channel at all": {
			rollout.Capacity{Policy: rollout.Required}, three[:1], nil, "a ChannelCapacity",
		},
		"the agreement begins in the second week": {
			rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 2}, three[:1],
			[]rollout.Channel{{Facility: "h1", Class: "Psychiatric", Weekly: 100, From: date("2026-10-27"), Until: date("2026-12-31")}},
			"a 10-27..10-28",
		},
		"another class does not help": {
			rollout.Capacity{Policy: rollout.Required}, three[:1],
			[]rollout.Channel{{Facility: "h1", Class: "Psychological", Weekly: 100, From: date("2026-09-01"), Until: date("2026-12-31")}}, "a ChannelCapacity",
		},
		"nobody is expected": {
			rollout.Capacity{Policy: rollout.Required, CounsellorCases: 1, Declared: []int64{0, 0}}, []rollout.School{school("a", 0)}, nil, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := district("d1")
			d.Schools, d.Channels = tc.schools, tc.channels
			got := mustPlan(t, two(tc.capacity), []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z")
			if windows(got, tc.schools...) != tc.want {
				t.Errorf("= %q\nwant %q", windows(got, tc.schools...), tc.want)
			}
		})
	}
}

// A hospital that two districts share is counted once, whatever each agreement says.
func TestSharedHospitalIsCountedOnce(t *testing.T) {
	t.Parallel()
	views := named("d1", "d2")
	for i, weekly := range []int{10, 5} { // d2 may send no more than 5 of the 10
		views[i].Schools, views[i].Channels = []rollout.School{school("s"+views[i].Name, 1)}, []rollout.Channel{channel("h1", weekly)}
	}
	spec := two(rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 5})
	got := mustPlan(t, spec, views, rollout.Observed{}, "2026-10-12T00:00:00Z")
	if want := "sd1 10-19..10-23, sd2 ChannelCapacity"; windows(got, views[0].Schools[0], views[1].Schools[0]) != want {
		t.Errorf("= %s", windows(got, views[0].Schools[0], views[1].Schools[0]))
	}
	week := rollout.Week{
		Monday: date("2026-10-19"), Tiers: []rollout.TierLoad{{Tier: "Severe", Cases: 10_000}, {Tier: "High", Cases: 40_000}},
		Channels: []rollout.ClassLoad{{Class: "Psychiatric", Cases: 10_000, Capacity: 10_000}},
	}
	if diff := cmp.Diff([]rollout.Week{week}, got.Curve); diff != "" {
		t.Errorf("curve (-want +got):\n%s", diff)
	}
	views[1].Schools[0].Students = 500 // 5 fit into d2's agreement, and into what d1 leaves in the second week
	got = mustPlan(t, spec, views, rollout.Observed{}, "2026-10-12T00:00:00Z")
	if want := "sd1 10-19..10-23, sd2 10-26..10-30"; windows(got, views[0].Schools[0], views[1].Schools[0]) != want {
		t.Errorf("= %s", windows(got, views[0].Schools[0], views[1].Schools[0]))
	}
}

func TestRatesOfEarlierRounds(t *testing.T) {
	t.Parallel()
	d := district("d1")
	d.Schools, d.Channels = []rollout.School{school("a", 1)}, []rollout.Channel{channel("h1", 1)}
	spec := two(rollout.Capacity{Policy: rollout.Required})
	spec.Capacity.Declared = nil
	plan := func(policy rollout.CapacityPolicy, rates []int64) string {
		spec.Capacity.Policy, d.Rates = policy, rates
		return windows(mustPlan(t, spec, []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z"), d.Schools...)
	}
	for _, tc := range []struct {
		policy rollout.CapacityPolicy
		rates  []int64
		want   string
	}{
		{rollout.Required, nil, "d1 NoExpectedRates"},
		{rollout.Preferred, nil, "warned NoExpectedRates"},
		{rollout.Ignore, nil, ""},
		{rollout.Required, []int64{2, 0}, ""},
		{rollout.Required, []int64{3, 0}, "a ChannelCapacity"},
		{rollout.Required, []int64{3}, "d1 NoExpectedRates"}, // of another policy
	} {
		if got := plan(tc.policy, tc.rates); got != tc.want {
			t.Errorf("%s with %v = %q, want %q", tc.policy, tc.rates, got, tc.want)
		}
	}
}

// A round that begins late has only the days that are left.
func TestALateStartHasTheDaysThatAreLeft(t *testing.T) {
	t.Parallel()
	d := district("d1")
	d.Schools, d.Channels = []rollout.School{school("a", 1), school("b", 1)}, []rollout.Channel{channel("h1", 11)}
	spec := two(rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 3})
	got := mustPlan(t, spec, []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-21T08:30:00Z") // Wednesday is over
	if want := "a 10-22..10-26, b 10-23..10-27"; windows(got, d.Schools...) != want {
		t.Errorf("= %q", windows(got, d.Schools...))
	}
}

// What another run brings in the same weeks counts, and so does a round that its blocked
// district keeps.
func TestCapacityBesideOtherRounds(t *testing.T) {
	t.Parallel()
	views := named("d1", "d2")
	for i := range views {
		views[i].Schools, views[i].Channels = []rollout.School{school("s"+views[i].Name, 1)}, []rollout.Channel{channel("h1", 10)}
	}
	spec := two(rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 5}) // each brings 10, all that h1 takes in a week
	var o rollout.Observed
	adopt(&o, mustPlan(t, spec, views[:1], o, "2026-10-12T00:00:00Z"), "d1") // from 19 to 23 October
	spec.ExtraDates = []calendar.Date{date("2026-10-13")}                    // Stage1 from 20 October
	got := mustPlan(t, spec, views, o, "2026-10-13T00:00:00Z")
	if want := "sd2 10-26..10-30, d1 PreviousRoundOpen"; windows(got, views[1].Schools...) != want {
		t.Errorf("beside an open round of an earlier run = %s", windows(got, views[1].Schools...))
	}
	if len(got.Curve) != 2 || got.Curve[0].Channels[0].Cases != 10_000 {
		t.Errorf("the curve leaves out the other run: %+v", got.Curve)
	}
	spec.ExtraDates, o.Rounds[0].Opened = nil, false
	views[0].Narrow = &rollout.SessionHours{From: "20:00", To: "21:00"}
	got = mustPlan(t, spec, views, o, "2026-10-13T00:00:00Z")
	if want := "sd2 10-26..10-30, d1 NoCommonHours"; windows(got, views[1].Schools...) != want {
		t.Errorf("beside a round that stays as it is = %s", windows(got, views[1].Schools...))
	}
}
