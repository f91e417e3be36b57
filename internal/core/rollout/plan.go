package rollout

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// DistrictView is what planning needs to know of a district the campaign selects.
type DistrictView struct {
	Name       string        // of the District object and its namespace
	Authorised bool          // the namespace carries the grant
	Deleting   bool          // the district or its namespace is going away
	Narrow     *SessionHours // the district's own, narrower hours; nil: the campaign's
}

// Observed is what exists already.
type Observed struct {
	// Since is when the campaign was made: a recurring run before it was never due.
	Since time.Time
	// Rounds are the rounds of this campaign, by name, whatever their slot.
	Rounds []ObservedRound
}

// ObservedRound is a round that exists.
type ObservedRound struct {
	District string
	Slot     calendar.Date
	Opened   bool // its opening instant has passed in the district
	OpensAt  time.Time
	ClosesAt time.Time
	Sessions []contract.Session
}

// Planned is what should be.
type Planned struct {
	Slot     calendar.Date // the run the rounds belong to; zero when none was due yet
	Rounds   []RoundPlan   // by district
	NextSlot time.Time     // the next run; zero when there is none or the campaign is suspended
	Skipped  []Skipped     // by date
	Blocked  []Blocked     // by district
}

// RoundPlan is one round in one district.
type RoundPlan struct {
	District string
	Name     string // <campaign>-<yyyymmdd of the slot>
	Phases   []PhaseWindow
	Sessions []contract.Session // of Stage1
	OpensAt  time.Time          // the first session's From
	ClosesAt time.Time          // the last session's To, exclusive
}

// Skipped says why nothing happens on a date.
type Skipped struct {
	Date   calendar.Date
	Reason Reason
}

// Blocked says why a district gets no round, or why the one it has is left as it is.
type Blocked struct {
	District string
	Reason   Reason
}

// Reason is why a run or a day is skipped or a district blocked.
type Reason string

// The reasons.
const (
	// Of a run, as Skipped at its slot date, or as Blocked for a district that came late.
	Suspended      Reason = "Suspended"      // the campaign is suspended: no new rounds
	MissedRun      Reason = "MissedRun"      // not started on its own day, and the policy is Skip
	DeadlineMissed Reason = "DeadlineMissed" // later than startingDeadlineSeconds
	WindowPassed   Reason = "WindowPassed"   // its last session is over

	// Of a day between the slot and the end of the last phase, as Skipped.
	NotASchoolDayWeekend Reason = "Weekend"
	NotASchoolDayClosure Reason = "Closure"
	NotASchoolDayTerm    Reason = "OutsideTerm"

	// Of a district, as Blocked.
	Unauthorised      Reason = "Unauthorised"      // its namespace lacks the grant
	Deleting          Reason = "Deleting"          // it is going away
	PreviousRoundOpen Reason = "PreviousRoundOpen" // the round of an earlier run closes after this one opens
	InvalidHours      Reason = "InvalidHours"      // its own hours cannot be read
	NoCommonHours     Reason = "NoCommonHours"     // its own hours and the session's do not meet
	NoSession         Reason = "NoSession"         // no school day in the dates, or a change of clocks swallows it
	CalendarEnds      Reason = "CalendarEnds"      // not enough school days are left in the calendar
	PhasesOverlap     Reason = "PhasesOverlap"     // a dated phase begins before the one before it ends
)

// Plan compiles and plans at once. See Compile for its error and (*Compiled).Plan.
func Plan(spec Spec, cal *calendar.Compiled, districts []DistrictView, observed Observed, now time.Time) (Planned, error) {
	c, err := Compile(spec, cal)
	if err != nil {
		return Planned{}, err
	}
	return c.Plan(districts, observed, now), nil
}

// Plan returns the rounds of the latest run that is due by now. A district that has
// its round keeps it, planned anew as long as it has not opened; an open one keeps its
// opening and the sessions that have begun; one that has closed stays as it is. A
// district without one gets it while the run may still be started. Rounds of earlier
// runs are left alone. The same arguments give the same plan, whatever their order.
func (c *Compiled) Plan(districts []DistrictView, observed Observed, now time.Time) Planned {
	var out Planned
	if next, ok := c.slots.after(now); ok && !c.spec.Suspend {
		out.NextSlot = next.at
	}
	run, ok := c.due(observed, now)
	if !ok {
		return out
	}
	out.Slot = run.date
	p := planner{Compiled: c, run: run, observed: observed, now: now}
	sorted := slices.SortedFunc(slices.Values(districts), func(a, b DistrictView) int { return strings.Compare(a.Name, b.Name) })
	for _, district := range sorted {
		round, reason := p.district(district)
		if reason != "" {
			out.Blocked = append(out.Blocked, Blocked{District: district.Name, Reason: reason})
			continue
		}
		out.Rounds = append(out.Rounds, round)
	}
	if len(out.Rounds) == 0 && !p.anyRound() {
		out.skipRun()
	}
	out.Skipped = append(out.Skipped, p.holidays()...)
	return out
}

// skipRun turns what blocks every district alike into one reason to skip the run.
func (out *Planned) skipRun() {
	var rest []Blocked
	for _, b := range out.Blocked {
		if !b.Reason.ofRun() {
			rest = append(rest, b)
			continue
		}
		out.Skipped = []Skipped{{Date: out.Slot, Reason: b.Reason}}
	}
	out.Blocked = rest
}

// ofRun reports whether the reason concerns the run as a whole.
func (r Reason) ofRun() bool {
	return slices.Contains([]Reason{Suspended, MissedRun, DeadlineMissed, WindowPassed}, r)
}

// due returns the latest run, unless it is one from before the campaign was made that
// left no round behind. A one-off names its day, so it is due however late it was made.
func (c *Compiled) due(observed Observed, now time.Time) (slot, bool) {
	run, ok := c.slots.latest(now)
	if !ok {
		return slot{}, false
	}
	known := slices.ContainsFunc(observed.Rounds, func(r ObservedRound) bool { return r.Slot == run.date })
	tooEarly := c.spec.Cron != "" && run.at.Before(observed.Since)
	return run, known || !tooEarly
}

// holidays lists the days on which there is no school, from the slot to the end of the
// last phase.
func (p planner) holidays() []Skipped {
	phases, reason := p.windows(p.run.date, nil)
	if reason != "" {
		return nil
	}
	end := phases[len(phases)-1].To
	reasons := map[calendar.Kind]Reason{
		calendar.Weekend:     NotASchoolDayWeekend,
		calendar.Closure:     NotASchoolDayClosure,
		calendar.OutsideTerm: NotASchoolDayTerm,
	}
	var out []Skipped
	for day := p.run.date; p.calendar.At(day, 0).Before(end); day = day.AddDays(1) {
		if reason, free := reasons[p.calendar.Kind(day)]; free {
			out = append(out, Skipped{Date: day, Reason: reason})
		}
	}
	return out
}
