package rollout

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// MakeUp is a second round in every district that has one, for the students whom the first
// did not screen. It has the hours of Stage1, each school's own days, and neither waves nor
// limits of capacity: those who come to it are few, and it is where the schools are screened
// that capacity left out. Zero: none.
type MakeUp struct {
	AfterSchoolDays int // it begins so many school days after the last of Stage1, its extension included; at least 1
	SchoolDays      int // it lasts
}

// MakeUpSuffix is how the names of make-up rounds end.
const MakeUpSuffix = "-makeup"

func (m MakeUp) wanted() bool { return m != MakeUp{} }

func (c *Compiled) checkMakeUp(faults *fault.List) {
	m := c.spec.MakeUp
	for _, number := range []struct {
		field string
		value int
	}{{"afterSchoolDays", m.AfterSchoolDays}, {"schoolDays", m.SchoolDays}} {
		faults.AddIf(m.wanted() && (number.value < 1 || number.value > maxPhaseSchoolDays), "template.spec.makeUp."+number.field,
			"is %d; write 1 to %d school days", number.value, maxPhaseSchoolDays)
	}
}

// makeUps plans the make-up rounds of a run: one in each district that has the regular
// round, also where that is left as it is. What is in the way of one is a warning.
func (p planner) makeUps(districts []DistrictView) (out Planned) {
	for _, d := range districts {
		regular, exists := p.round(d.Name)
		if !exists || !p.spec.MakeUp.wanted() {
			continue
		}
		m := makeUp{planner: p, view: d, regular: regular}
		if reason := m.plan(); reason != "" {
			out.Warnings = append(out.Warnings, Warning{District: d.Name, Reason: ofMakeUp(reason)})
			continue
		}
		out.Warnings = append(out.Warnings, m.warnings...)
		if m.round.Name != "" {
			out.Rounds = append(out.Rounds, m.round)
		}
	}
	return out
}

const makeUpPrefix = "MakeUp"

// ofMakeUp is a reason that concerns the make-up round alone.
func ofMakeUp(r Reason) Reason { return makeUpPrefix + r }

// OfMakeUp reports whether a warning is about a make-up round.
func (r Reason) OfMakeUp() bool { return strings.HasPrefix(string(r), makeUpPrefix) }

// makeUp is the make-up round of one district and run on its way into the plan.
type makeUp struct {
	planner

	view     DistrictView
	regular  ObservedRound
	calendar *calendar.Compiled // the district's
	narrow   narrowing
	hours    calendar.Hours
	days     []calendar.Date // with a session
	round    RoundPlan       // without a name: there is none, and nothing to be said
	warnings []Warning
}

// plan lays the round out, or keeps it as it is. The reason says why it cannot be.
func (m *makeUp) plan() (reason Reason) {
	existing, exists := m.existing()
	switch {
	case exists && (existing.Opened || !existing.ClosesAt.After(m.now)):
		m.round = m.asItIs(existing)
		return ""
	case !exists && m.spec.Suspend: // the campaign says so
		return ""
	case !exists && !m.view.Authorised:
		return Unauthorised
	case !exists && m.view.Deleting:
		return Deleting
	}
	if reason = m.layOut(); reason == "" {
		reason = m.hindered()
	}
	if reason == "" {
		m.ownDays()
	} else {
		m.round = RoundPlan{}
	}
	return reason
}

func (m *makeUp) existing() (ObservedRound, bool) {
	i := slices.IndexFunc(m.observed.Rounds, func(r ObservedRound) bool {
		return r.District == m.view.Name && r.Slot == m.run.date && r.MakeUp
	})
	if i < 0 {
		return ObservedRound{}, false
	}
	return m.observed.Rounds[i], true
}

// lastDay is the last of Stage1 of the regular round, or of its extension.
func (m *makeUp) lastDay() calendar.Date {
	last := stage1End(m.regular)
	if m.regular.ClosesAt.After(last) {
		last = m.regular.ClosesAt
	}
	return dateIn(m.calendar, last.Add(-time.Nanosecond))
}

func (m *makeUp) layOut() (reason Reason) {
	if m.narrow, reason = narrowingOf(m.view); reason != "" {
		return reason
	}
	if m.hours, reason = m.narrow.hours(m.Compiled.hours[Stage1]); reason != "" {
		return reason
	}
	m.calendar = m.Compiled.calendar.For(m.view.Name, "")
	asked := m.spec.MakeUp
	first, ok := m.calendar.NthSchoolDayAfter(m.lastDay(), asked.AfterSchoolDays)
	days := m.calendar.SchoolDaysFrom(first, asked.SchoolDays)
	if !ok || len(days) < asked.SchoolDays {
		return CalendarEnds
	}
	m.days = m.narrow.days(m.calendar, days, m.hours)
	windows, reason := sessions(m.calendar, m.days, m.hours)
	if reason != "" {
		return reason
	}
	stage1 := PhaseWindow{
		Name: Stage1, From: m.calendar.At(days[0], 0), To: m.calendar.At(days[len(days)-1].AddDays(1), 0), Sessions: windows,
	}
	m.round = RoundPlan{
		District: m.view.Name, Name: m.name(m.run.date, true), Slot: m.run.date, MakeUp: true, Wave: m.waveOf(m.start(m.regular)),
		Phases: []PhaseWindow{stage1}, Sessions: windows, OpensAt: windows[0].From, ClosesAt: windows[len(windows)-1].To,
	}
	return ""
}

// hindered says why the round cannot be when it is laid out. Its own regular round is over
// by then.
func (m *makeUp) hindered() Reason {
	switch {
	case !m.round.ClosesAt.After(m.now):
		return WindowPassed
	case m.leavesSchoolYear():
		return NextSchoolYear
	}
	earlier, later := false, m.reachesNextRun()
	for _, r := range m.observed.Rounds {
		if r.District == m.view.Name && r.Slot != m.run.date && overlap(r.OpensAt, r.closed(), m.round) {
			earlier, later = earlier || r.Slot.Before(m.run.date), later || r.Slot.After(m.run.date)
		}
	}
	switch {
	case later:
		return NextRun
	case earlier:
		return PreviousRoundOpen
	}
	for _, c := range m.view.MakeUpClaims {
		if overlap(c.OpensAt, c.ClosesAt, m.round) {
			return SchoolsClaimed
		}
	}
	return ""
}

// leavesSchoolYear reports whether the round would go on into the school year after that in which the regular one opens. There
// nobody is screened yet, and it would ask everybody once more.
func (m *makeUp) leavesSchoolYear() bool {
	year := cmp.Or(m.spec.SchoolYear, coverage.DefaultRule()).YearOf(m.regular.OpensAt, m.calendar.Location())
	return m.round.ClosesAt.After(year.To)
}

func overlap(opens, closes time.Time, round RoundPlan) bool {
	return opens.Before(round.ClosesAt) && round.OpensAt.Before(closes)
}

// reachesNextRun looks ahead to a run that has no round in the district yet: it would begin
// with the first wave that the district may be in. One that is due and has none by now was
// blocked there or missed: it takes nobody's place. Neither does one that will be blocked
// because the regular round is still open then; with waves it may come in a later one.
func (m *makeUp) reachesNextRun() bool {
	p := m.planner
	var ok bool
	for at := later(m.run.at, m.now); ; at = p.run.at {
		if p.run, ok = m.slots.after(at); !ok {
			return false
		}
		if _, exists := p.round(m.view.Name); exists {
			return false // it was looked at
		}
		start, ok := p.waveStart(p.spec.Waves.first(m.view.Name))
		if !ok {
			return false
		}
		d := &draft{calendar: m.calendar, narrow: m.narrow}
		l, reason := p.laidOut(d, start)
		if reason != "" {
			return false
		}
		p.placed(d, l, 0)
		if p.spec.Waves.any() || !overlap(m.regular.OpensAt, m.regular.closed(), d.round) {
			return d.round.OpensAt.Before(m.round.ClosesAt)
		}
	}
}

// ownDays gives the schools with a calendar of their own their days, between the first and
// the last of the district. One that has none is left out.
func (m *makeUp) ownDays() {
	within := calendar.Range{From: m.days[0], To: m.days[len(m.days)-1]}
	for _, school := range m.view.Schools {
		if !m.Compiled.calendar.Particular(m.view.Name, school.Name) {
			continue
		}
		days := m.narrow.days(m.calendar, m.Compiled.calendar.For(m.view.Name, school.Name).SchoolDaysIn(within), m.hours)
		windows, reason := sessions(m.calendar, days, m.hours)
		switch {
		case reason != "":
			m.round.LeftOut = append(m.round.LeftOut, school.Name)
			m.warnings = append(m.warnings, Warning{District: m.view.Name, School: school.Name, Reason: ofMakeUp(reason)})
		case !slices.Equal(windows, m.round.Sessions):
			m.round.Schools = append(m.round.Schools, SchoolPlan{Name: school.Name, Sessions: windows})
		}
	}
	slices.Sort(m.round.LeftOut)
	slices.SortFunc(m.round.Schools, func(a, b SchoolPlan) int { return strings.Compare(a.Name, b.Name) })
}
