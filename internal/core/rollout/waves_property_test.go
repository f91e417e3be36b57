package rollout_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// province is generated input of a plan.
type province struct {
	spec      rollout.Spec
	calendar  *calendar.Compiled
	districts []rollout.DistrictView
}

const classes = "PQ" // of channels, one letter each

func drawProvince(t *rapid.T) province {
	p := province{spec: drawSpec(t)}
	in := calendartest.Beijing()
	for d := range rapid.IntRange(1, 6).Draw(t, "districts") {
		name := fmt.Sprintf("d%d", d)
		view := district(name)
		if rapid.IntRange(0, 3).Draw(t, "narrow") == 0 {
			view.Narrow = &rollout.SessionHours{From: "10:00", To: "12:00"}
		}
		if rapid.IntRange(0, 3).Draw(t, "examinations") == 0 {
			from := date("2026-10-12").AddDays(rapid.IntRange(0, 40).Draw(t, "from"))
			view.WithoutSessions = []calendar.Range{{From: from, To: from.AddDays(rapid.IntRange(0, 6).Draw(t, "more days"))}}
		}
		for s := range rapid.IntRange(0, 4).Draw(t, "schools") {
			school := fmt.Sprintf("s%d", s)
			view.Schools = append(view.Schools, rollout.School{
				Name: school, Students: rapid.SampledFrom([]int{0, 7, 300, 500, 1000, 1500}).Draw(t, "students"),
				FullTime: rapid.IntRange(0, 2).Draw(t, "full-time"), PartTime: rapid.IntRange(0, 1).Draw(t, "part-time"), Provider: rapid.Bool().Draw(t, "provider"),
			})
			in.Exceptions = drawException(t, in.Exceptions, name, school)
		}
		in.Exceptions = drawException(t, in.Exceptions, name, "")
		for range rapid.IntRange(0, 3).Draw(t, "channels") {
			view.Channels = append(view.Channels, rollout.Channel{
				Facility: rapid.StringOfN(rapid.RuneFrom([]rune("xy")), 1, 1, 1).Draw(t, "facility"),
				Class:    rapid.SampledFrom([]string{"P", "P", "Q"}).Draw(t, "class"), Weekly: rapid.SampledFrom([]int{1, 10, 20, 40}).Draw(t, "weekly"),
				From: date("2026-09-01"), Until: date("2026-10-12").AddDays(rapid.IntRange(0, 60).Draw(t, "until")),
			})
		}
		p.districts = append(p.districts, view)
	}
	p.calendar = calendartest.MustCompile(in)
	return p
}

func drawException(t *rapid.T, all []calendar.Exception, district, school string) []calendar.Exception {
	first := date("2026-10-12").AddDays(rapid.IntRange(0, 30).Draw(t, "exception"))
	switch rapid.IntRange(0, 5).Draw(t, "kind of exception") {
	case 0:
		last := first.AddDays(rapid.IntRange(0, 14).Draw(t, "closed days"))
		return append(all, calendar.Exception{District: district, School: school, Closures: []calendar.Range{{From: first, To: last}}})
	case 1:
		return append(all, calendar.Exception{District: district, School: school, MakeUpDays: []calendar.Date{first}})
	}
	return all
}

func drawSpec(t *rapid.T) rollout.Spec {
	spec := brief(rollout.Waves{MaxConcurrent: rapid.IntRange(0, 3).Draw(t, "at a time")})
	spec.Phases[0].SchoolDays = rapid.IntRange(1, 4).Draw(t, "publicity")
	spec.Phases[1].SchoolDays = rapid.IntRange(1, 8).Draw(t, "stage1")
	if pilot := rapid.IntRange(0, 6).Draw(t, "pilot"); pilot < 6 {
		spec.Waves.Pilot = []string{fmt.Sprintf("d%d", pilot)}
	}
	if order := rapid.IntRange(0, 6).Draw(t, "order"); !slices.Contains(spec.Waves.Pilot, fmt.Sprintf("d%d", order)) {
		spec.Waves.Order = []string{fmt.Sprintf("d%d", order)}
	}
	if rapid.Bool().Draw(t, "makes up") {
		spec.MakeUp = rollout.MakeUp{AfterSchoolDays: rapid.IntRange(1, 8).Draw(t, "after"), SchoolDays: rapid.IntRange(1, 4).Draw(t, "make-up days")}
	}
	spec.Capacity = rollout.Capacity{
		Policy:        rapid.SampledFrom([]rollout.CapacityPolicy{rollout.Required, rollout.Preferred, rollout.Ignore}).Draw(t, "policy"),
		DaysPerSchool: rapid.IntRange(0, 4).Draw(t, "days per school"), CounsellorCases: rapid.SampledFrom([]int{0, 0, 10, 40}).Draw(t, "counsellor"),
		ProviderCases: rapid.IntRange(0, 10).Draw(t, "institution"),
		Tiers:         []rollout.Tier{{Name: "Severe", Class: "P"}, {Name: "High", Class: "Q"}, {Name: "Low"}},
		Declared:      []int64{int64(rapid.SampledFrom([]int{0, 5, 20}).Draw(t, "severe")), int64(rapid.SampledFrom([]int{0, 30}).Draw(t, "high")), int64(rapid.SampledFrom([]int{0, 20, 90}).Draw(t, "low"))},
	}
	return spec
}

// Every plan: all schools of the districts are planned or reported, windows are on school
// days at the session's hours, under Required nothing is exceeded, and neither the order
// of the input nor a second time changes a byte of it.
func TestPlansOfAnyProvince(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProvince(t)
		now := at("2026-10-12T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 12*24).Draw(t, "hours")) * time.Hour)
		got, err := rollout.Plan(p.spec, p.calendar, p.districts, rollout.Observed{}, now)
		if err != nil {
			t.Fatal(err)
		}
		p.checkAccounted(t, got)
		for _, round := range got.Rounds {
			p.checkDays(t, round)
		}
		p.checkMakeUps(t, got)
		got.Rounds = regular(got.Rounds)
		if p.spec.Capacity.Policy == rollout.Required {
			p.checkCapacity(t, got, func(string) time.Time { return now })
		}
		p.checkConcurrency(t, got.Rounds)
		p.checkOrder(t, now)
	})
}

func (p province) checkAccounted(t *rapid.T, plan rollout.Planned) {
	blocked := map[string]bool{}
	for _, b := range plan.Blocked {
		blocked[b.District] = b.Reason != ""
	}
	reported := map[string]bool{}
	for _, b := range plan.BlockedSchools {
		reported[b.District+"/"+b.School] = b.Reason != ""
	}
	planned := map[string]rollout.RoundPlan{}
	for _, r := range regular(plan.Rounds) {
		planned[r.District] = r
	}
	whole := len(plan.Skipped) > 0 && plan.Skipped[0].Date == plan.Slot // the run itself is skipped
	for _, d := range p.districts {
		round, has := planned[d.Name]
		if has == (blocked[d.Name] || whole) {
			t.Fatalf("%s is planned %t and blocked %t", d.Name, has, blocked[d.Name])
		}
		for _, s := range d.Schools {
			out := slices.Contains(round.LeftOut, s.Name)
			if has && out != reported[d.Name+"/"+s.Name] {
				t.Fatalf("%s/%s is left out %t and reported %t", d.Name, s.Name, out, reported[d.Name+"/"+s.Name])
			}
		}
	}
}

// daysOf are the days on which a school answers by the plan.
func (p province) daysOf(t *rapid.T, round rollout.RoundPlan, school string) (days []calendar.Date) {
	for _, s := range sessionsOf(round, school) {
		from, to := s.From.In(p.calendar.Location()), s.To.In(p.calendar.Location())
		if calendar.DateOf(from) != calendar.DateOf(to) {
			t.Fatalf("a session from %s to %s", from, to)
		}
		days = append(days, calendar.DateOf(from))
	}
	return days
}

// daysLeft are those that are not over, of a round that begins late.
func (p province) daysLeft(t *rapid.T, round rollout.RoundPlan, school string, now time.Time) []calendar.Date {
	sessions, days := sessionsOf(round, school), p.daysOf(t, round, school)
	over := 0
	for over < len(sessions) && !sessions[over].To.After(now) {
		over++
	}
	return days[over:]
}

func sessionsOf(round rollout.RoundPlan, school string) []contract.Session {
	for _, own := range round.Schools {
		if own.Name == school {
			return own.Sessions
		}
	}
	return round.Sessions
}

func (p province) checkDays(t *rapid.T, round rollout.RoundPlan) {
	view := p.view(round.District)
	hours := rollout.SessionHours{From: "09:00", To: "16:30"}
	if view.Narrow != nil {
		hours = *view.Narrow
	}
	stage1 := round.Phases[slices.IndexFunc(round.Phases, func(w rollout.PhaseWindow) bool { return w.Name == rollout.Stage1 })]
	for _, school := range append([]rollout.School{{}}, view.Schools...) {
		if slices.Contains(round.LeftOut, school.Name) {
			continue
		}
		days, sessions := p.daysOf(t, round, school.Name), sessionsOf(round, school.Name)
		for n, s := range sessions {
			from, to := s.From.In(p.calendar.Location()).Format("15:04"), s.To.In(p.calendar.Location()).Format("15:04")
			switch {
			case !p.calendar.For(round.District, school.Name).IsSchoolDay(days[n]):
				t.Fatalf("%s/%s answers on %s, no school day", round.District, school.Name, days[n])
			case slices.ContainsFunc(view.WithoutSessions, func(r calendar.Range) bool { return r.Contains(days[n]) }):
				t.Fatalf("%s/%s answers on %s, a day without sessions", round.District, school.Name, days[n])
			case from != hours.From || to != hours.To:
				t.Fatalf("%s/%s answers from %s to %s", round.District, school.Name, from, to)
			case s.From.Before(stage1.From) || s.To.After(stage1.To) || s.From.Before(round.OpensAt) || s.To.After(round.ClosesAt):
				t.Fatalf("%s/%s answers on %s, outside Stage1", round.District, school.Name, days[n])
			}
		}
		if asked := p.spec.Capacity.DaysPerSchool; len(sessions) == 0 {
			t.Fatalf("%s/%s has no session", round.District, school.Name)
		} else if school.Name != "" && p.spec.Capacity.Policy == rollout.Ignore && asked > 0 && !p.calendar.Particular(round.District, school.Name) && len(sessions) != len(round.Sessions) {
			t.Fatalf("%s/%s was moved under Ignore", round.District, school.Name)
		}
	}
}

// checkCapacity adds up, day by day, what the plan brings: no school more a week than its
// counsellors take, no set of districts more than the facilities of the set take. A school
// brings its cases on the days that were left when its district was placed.
func (p province) checkCapacity(t *rapid.T, plan rollout.Planned, placed func(district string) time.Time) {
	type place struct {
		district, class string
		monday          calendar.Date
	}
	demand := map[place]float64{}
	for _, round := range plan.Rounds {
		view := p.view(round.District)
		for _, school := range view.Schools {
			if slices.Contains(round.LeftOut, school.Name) {
				continue
			}
			days := p.daysLeft(t, round, school.Name, placed(view.Name))
			cases := map[calendar.Date]float64{}
			for _, day := range days {
				monday := day
				for monday.Weekday() != time.Monday {
					monday = monday.AddDays(-1)
				}
				for tier, rate := range p.spec.Capacity.Declared {
					share := float64(school.Students) * float64(rate) / 1000 / float64(len(days))
					cases[monday] += share
					if class := p.spec.Capacity.Tiers[tier].Class; class != "" {
						demand[place{view.Name, class, monday}] += share
					}
				}
			}
			for monday, sum := range cases {
				if limit := p.counsellors(school); limit >= 0 && sum > limit+rounding {
					t.Fatalf("%s/%s brings %f in the week of %s, its counsellors take %f", view.Name, school.Name, sum, monday, limit)
				}
			}
		}
	}
	mondays := map[calendar.Date]bool{}
	for at := range demand {
		mondays[at.monday] = true
	}
	for set := 1; set < 1<<len(p.districts); set++ {
		for monday := range mondays {
			for _, class := range classes {
				sum, takes := 0.0, p.take(set, string(class), monday)
				for i, d := range p.districts {
					if set>>i&1 == 1 {
						sum += demand[place{d.Name, string(class), monday}]
					}
				}
				if sum > takes+rounding {
					t.Fatalf("in the week of %s %f are referred to %c by districts %b, whose facilities take %f", monday, sum, class, set, takes)
				}
			}
		}
	}
}

// rounding is what shares in whole thousandths can differ by.
const rounding = 0.1

func (p province) counsellors(s rollout.School) float64 {
	c := p.spec.Capacity
	switch {
	case c.CounsellorCases == 0:
		return -1
	case s.FullTime+s.PartTime == 0 && s.Provider:
		return float64(c.ProviderCases)
	}
	return float64(c.CounsellorCases) * (float64(s.FullTime) + float64(s.PartTime)/2)
}

// take is the most that the facilities of a set of districts take of it in a week in which
// an agreement holds on some day.
func (p province) take(set int, class string, monday calendar.Date) (sum float64) {
	whole, parts := map[string]int{}, map[string]int{}
	for i, d := range p.districts {
		own := map[string]int{}
		for _, c := range d.Channels {
			if c.Class != class {
				continue
			}
			whole[c.Facility] = max(whole[c.Facility], c.Weekly)
			if set>>i&1 == 1 && !c.Until.Before(monday) {
				own[c.Facility] += c.Weekly
			}
		}
		for facility, weekly := range own {
			parts[facility] += weekly
		}
	}
	for facility, weekly := range whole {
		sum += float64(min(weekly, parts[facility]))
	}
	return sum
}

func regular(all []rollout.RoundPlan) []rollout.RoundPlan {
	return slices.DeleteFunc(slices.Clone(all), func(r rollout.RoundPlan) bool { return r.MakeUp })
}

// checkMakeUps requires each regular round to have its make-up round, as many school days
// after it as asked for, or a warning that says why not; and each school to be in it, or a
// warning.
func (p province) checkMakeUps(t *rapid.T, plan rollout.Planned) {
	warned := map[string]bool{}
	for _, w := range plan.Warnings {
		warned[w.District+"/"+w.School] = warned[w.District+"/"+w.School] || w.Reason.OfMakeUp()
	}
	for _, first := range regular(plan.Rounds) {
		i := slices.IndexFunc(plan.Rounds, func(r rollout.RoundPlan) bool { return r.MakeUp && r.District == first.District })
		if asked := p.spec.MakeUp != (rollout.MakeUp{}); (i >= 0) != asked && !warned[first.District+"/"] {
			t.Fatalf("%s has a make-up round %t and was not warned", first.District, i >= 0)
		}
		if i < 0 {
			continue
		}
		second := plan.Rounds[i]
		cal, zone := p.calendar.For(first.District, ""), p.calendar.Location()
		between := cal.SchoolDaysIn(calendar.Range{From: calendar.DateOf(first.Phases[1].To.In(zone)), To: calendar.DateOf(second.Phases[0].From.In(zone))})
		if len(between) != p.spec.MakeUp.AfterSchoolDays || !second.OpensAt.After(first.ClosesAt) || len(second.Phases) != 1 {
			t.Fatalf("%s is %d school days after Stage1 to %s", second.Name, len(between), first.Phases[1].To)
		}
		for _, s := range p.view(first.District).Schools {
			if out := slices.Contains(second.LeftOut, s.Name); out != warned[first.District+"/"+s.Name] {
				t.Fatalf("%s/%s is left out of the make-up round %t", first.District, s.Name, out)
			}
		}
	}
}

// checkConcurrency counts at every opening how many districts are in Stage1.
func (p province) checkConcurrency(t *rapid.T, rounds []rollout.RoundPlan) {
	limit := p.spec.Waves.MaxConcurrent
	for _, r := range rounds {
		n := 0
		for _, other := range rounds {
			if !other.OpensAt.After(r.OpensAt) && r.OpensAt.Before(other.ClosesAt) {
				n++
			}
		}
		if limit > 0 && n > limit {
			t.Fatalf("%d districts in Stage1 at %s, at most %d are wanted", n, r.OpensAt, limit)
		}
	}
}

func (p province) checkOrder(t *rapid.T, now time.Time) {
	want, err := rollout.Plan(p.spec, p.calendar, p.districts, rollout.Observed{}, now)
	if err != nil {
		t.Fatal(err)
	}
	shuffled := rapid.Permutation(p.districts).Draw(t, "order of districts")
	for i := range shuffled {
		shuffled[i].Schools = rapid.Permutation(shuffled[i].Schools).Draw(t, "order of schools")
		shuffled[i].Channels = rapid.Permutation(shuffled[i].Channels).Draw(t, "order of channels")
	}
	got, err := rollout.Plan(p.spec, p.calendar, shuffled, rollout.Observed{}, now)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := bytesOf(want), bytesOf(got); a != b {
		t.Fatalf("the order of the input changes the plan:\n%s\n%s", a, b)
	}
}

func bytesOf(plan rollout.Planned) string {
	raw, err := json.Marshal(plan)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Districts come and go, gates keep some from opening, the clock moves: of the rounds
// that are open never more than wanted are at a time, no school is in two, and an open
// one keeps its opening.
func TestWavesThroughATerm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProvince(t)
		p.spec.Capacity.Policy, p.spec.MakeUp = rollout.Ignore, rollout.MakeUp{}
		p.spec.StartingDeadlineSeconds = nil
		var o rollout.Observed
		for now := at("2026-10-12T00:00:00Z"); now.Before(at("2027-01-10T00:00:00Z")); {
			var here []rollout.DistrictView
			for _, d := range p.districts {
				if rapid.IntRange(0, 4).Draw(t, "here") > 0 {
					here = append(here, d)
				}
			}
			plan, err := rollout.Plan(p.spec, p.calendar, here, o, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, round := range plan.Rounds {
				p.keepsItsOpening(t, o, round)
			}
			adopt(&o, plan, openedOf(o)...)
			now = now.Add(time.Duration(rapid.IntRange(1, 6*24*60).Draw(t, "minutes")) * time.Minute)
			for i, r := range o.Rounds {
				lets := rapid.IntRange(0, 3).Draw(t, "gates") > 0
				o.Rounds[i].Opened = r.Opened || lets && !now.Before(r.OpensAt) && now.Before(r.ClosesAt)
			}
		}
		var opened []rollout.RoundPlan
		for _, r := range o.Rounds {
			if r.Opened {
				opened = append(opened, rollout.RoundPlan{District: r.District, OpensAt: r.OpensAt, ClosesAt: r.ClosesAt})
			}
		}
		p.checkConcurrency(t, opened)
	})
}

func (p province) keepsItsOpening(t *rapid.T, o rollout.Observed, round rollout.RoundPlan) {
	for _, is := range o.Rounds {
		if is.Opened && is.District == round.District && (!is.OpensAt.Equal(round.OpensAt) || !is.ClosesAt.Equal(round.ClosesAt)) {
			t.Fatalf("%s opened from %s to %s and is planned from %s to %s", is.District, is.OpensAt, is.ClosesAt, round.OpensAt, round.ClosesAt)
		}
	}
}

// Districts join one after another and open on time: what opened waves bring is counted
// when later ones are placed, so that all of them together stay within capacity.
func TestCapacityThroughATerm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProvince(t)
		p.spec.MakeUp = rollout.MakeUp{}
		p.crowd(t)
		var o rollout.Observed
		here, placed := 1, map[string]time.Time{}
		for now := at("2026-10-12T00:00:00Z"); now.Before(at("2027-01-10T00:00:00Z")); {
			plan, err := rollout.Plan(p.spec, p.calendar, p.districts[:here], o, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, round := range plan.Rounds {
				if !slices.Contains(openedOf(o), round.District) {
					placed[round.District] = now
				}
			}
			adopt(&o, plan, openedOf(o)...)
			here = min(here+rapid.IntRange(0, 1).Draw(t, "joins"), len(p.districts))
			now = now.Add(time.Duration(rapid.IntRange(1, 10*24*60).Draw(t, "minutes")) * time.Minute)
			for i, r := range o.Rounds {
				o.Rounds[i].Opened = !now.Before(r.OpensAt)
			}
		}
		var all rollout.Planned
		for _, r := range o.Rounds {
			phases := []rollout.PhaseWindow{{From: r.OpensAt, To: r.ClosesAt}}
			all.Rounds = append(all.Rounds, rollout.RoundPlan{District: r.District, Phases: phases, Sessions: r.Sessions, Schools: r.Schools, LeftOut: r.LeftOut})
		}
		p.checkCapacity(t, all, func(district string) time.Time { return placed[district] })
	})
}

// crowd has every district send to one hospital in short waves, several a week.
func (p *province) crowd(t *rapid.T) {
	p.spec.Waves = rollout.Waves{MaxConcurrent: 1}
	p.spec.Phases[1].SchoolDays = rapid.IntRange(1, 2).Draw(t, "short stage1")
	p.spec.Capacity.Policy, p.spec.Capacity.CounsellorCases, p.spec.Capacity.Declared = rollout.Required, 0, []int64{20, 0, 0}
	for i := range p.districts {
		p.districts[i].Channels = []rollout.Channel{
			{Facility: "x", Class: "P", Weekly: rapid.SampledFrom([]int{20, 40}).Draw(t, "agreed"), From: date("2026-09-01"), Until: date("2027-06-30")},
		}
	}
}
