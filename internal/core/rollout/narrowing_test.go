package rollout_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

func days(pairs ...string) (out []calendar.Range) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, calendar.Range{From: date(pairs[i]), To: date(pairs[i+1])})
	}
	return out
}

// Days without sessions are taken out of Stage1, which does not become longer.
func TestDaysWithoutSessions(t *testing.T) {
	t.Parallel()
	plan := func(without ...calendar.Range) rollout.Planned {
		d := district("a")
		d.WithoutSessions = without
		return mustPlan(t, brief(rollout.Waves{}), []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z")
	}
	all := plan().Rounds[0]
	got := plan(days("2026-10-19", "2026-10-19", "2026-10-22", "2026-10-22")...).Rounds[0]
	want := []contract.Session{all.Sessions[1], all.Sessions[2], all.Sessions[4]}
	if diff := cmp.Diff(want, got.Sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if p, q := got.Phases[1], all.Phases[1]; !p.From.Equal(q.From) || !p.To.Equal(q.To) || !got.OpensAt.Equal(want[0].From) {
		t.Errorf("Stage1 from %s to %s, opens %s", p.From, p.To, got.OpensAt)
	}
	for name, tc := range map[string]struct {
		without []calendar.Range
		want    string
	}{
		"none is left":      {days("2026-10-01", "2026-10-30"), "a NoSession"},
		"no date":           {[]calendar.Range{{To: date("2026-10-20")}}, "a InvalidDays"},
		"ends as it begins": {days("2026-10-20", "2026-10-19"), "a InvalidDays"},
	} {
		if got := timetable(plan(tc.without...)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// A school with days of its own has none of those without sessions either.
func TestSchoolsObeyTheirDistrict(t *testing.T) {
	t.Parallel()
	spec := two(rollout.Capacity{Policy: rollout.Required, DaysPerSchool: 2})
	d := district("a")
	d.Schools, d.Channels = []rollout.School{school("s", 1)}, []rollout.Channel{channel("h1", 100)}
	d.WithoutSessions = days("2026-10-20", "2026-10-21")
	got := mustPlan(t, spec, []rollout.DistrictView{d}, rollout.Observed{}, "2026-10-12T00:00:00Z")
	if want := "s 10-19..10-22"; windows(got, d.Schools...) != want {
		t.Errorf("= %s", windows(got, d.Schools...))
	}
}

// A district never widens: with whatever it narrows, every session of the district and of
// its schools lies inside one that there would be without it.
func TestNarrowingNeverWidens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProvince(t)
		p.spec.Waves, p.spec.Capacity.Policy = rollout.Waves{}, rollout.Ignore
		hours := drawHours(t)
		p.spec.Phases[1].Session = &hours
		p.spec.MakeUp = rollout.MakeUp{AfterSchoolDays: rapid.IntRange(1, 3).Draw(t, "after"), SchoolDays: rapid.IntRange(1, 5).Draw(t, "make-up")}
		now := at("2026-10-12T00:00:00Z")
		narrow := func(change func(*rollout.DistrictView)) rollout.Planned {
			views := slices.Clone(p.districts)
			for i := range views {
				views[i].Narrow, views[i].WithoutSessions = nil, nil
				change(&views[i])
			}
			plan, err := rollout.Plan(p.spec, p.calendar, views, rollout.Observed{}, now)
			if err != nil {
				t.Fatal(err)
			}
			return plan
		}
		wide := narrow(func(*rollout.DistrictView) {})
		own := drawHours(t)
		var without []calendar.Range
		for range rapid.IntRange(0, 3).Draw(t, "without") {
			from := date("2026-10-12").AddDays(rapid.IntRange(0, 25).Draw(t, "from day"))
			without = append(without, calendar.Range{From: from, To: from.AddDays(rapid.IntRange(0, 3).Draw(t, "days"))})
		}
		for _, round := range narrow(func(d *rollout.DistrictView) { d.Narrow, d.WithoutSessions = &own, without }).Rounds {
			i := slices.IndexFunc(wide.Rounds, func(r rollout.RoundPlan) bool { return r.District == round.District && r.Name == round.Name })
			if i < 0 {
				t.Fatalf("%s %s is there only when narrowed", round.District, round.Name)
			}
			for _, s := range append([]rollout.School{{}}, p.view(round.District).Schools...) {
				if !slices.Contains(round.LeftOut, s.Name) {
					p.checkInside(t, sessionsOf(round, s.Name), sessionsOf(wide.Rounds[i], s.Name), without)
				}
			}
		}
	})
}

func (p province) view(name string) rollout.DistrictView {
	return p.districts[slices.IndexFunc(p.districts, func(d rollout.DistrictView) bool { return d.Name == name })]
}

func (p province) checkInside(t *rapid.T, narrow, wide []contract.Session, without []calendar.Range) {
	for _, s := range narrow {
		inside := slices.ContainsFunc(wide, func(w contract.Session) bool { return !s.From.Before(w.From) && !s.To.After(w.To) })
		day := calendar.DateOf(s.From.In(p.calendar.Location()))
		out := slices.ContainsFunc(without, func(r calendar.Range) bool { return r.Contains(day) })
		if !inside || out {
			t.Fatalf("session %v is inside %t of %v, on a day without %t", s, inside, wide, out)
		}
	}
}
