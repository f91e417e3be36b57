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

	Claims   []Claim   // rounds of other campaigns that have schools of this one's and come first
	Schools  []School  // of the cohort; needed where schools can have windows of their own
	Channels []Channel // its agreements with hospitals and centres
	Rates    []int64   // students per thousand in each tier, as observed in an earlier round; nil: none was published
}

// Claim is the time in which another campaign's round has schools of the district.
type Claim struct {
	Campaign          string
	OpensAt, ClosesAt time.Time
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
	Start    calendar.Date // of its first phase; zero: the slot
	Schools  []SchoolPlan  // that have sessions of their own
	LeftOut  []string      // schools of the cohort that take no part
}

// Planned is what should be.
type Planned struct {
	Slot     calendar.Date // the run the rounds belong to; zero when none was due yet
	Rounds   []RoundPlan   // by district
	NextSlot time.Time     // the next run; zero when there is none or the campaign is suspended
	Skipped  []Skipped     // by date
	Blocked  []Blocked     // by district

	BlockedSchools []BlockedSchool // by district and school
	Warnings       []Warning       // by district and school
	Curve          []Week          // the cases expected of all rounds, by week; empty when no rates are known
}

// RoundPlan is one round in one district.
type RoundPlan struct {
	District string
	Name     string // <campaign>-<yyyymmdd of the slot>
	Wave     int    // counted from 0
	Phases   []PhaseWindow
	Sessions []contract.Session // of Stage1
	OpensAt  time.Time          // the first session's From
	ClosesAt time.Time          // the last session's To, exclusive
	Schools  []SchoolPlan       // those whose sessions are not the round's, by name
	LeftOut  []string           // schools of the cohort that take no part, by name
}

// SchoolPlan is when one school answers; there is at least one session.
type SchoolPlan struct {
	Name     string
	Sessions []contract.Session
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
	Campaign string // that has the schools, for SchoolsClaimed
}

// BlockedSchool says why a school takes no part in its district's round.
type BlockedSchool struct {
	District, School string
	Reason           Reason
}

// Warning says what of a plan is not as the campaign prefers. School is empty when it
// concerns the whole district.
type Warning struct {
	District, School string
	Reason           Reason
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
	SchoolsClaimed    Reason = "SchoolsClaimed"    // another campaign's round has schools of it at that time, and came first
	NoExpectedRates   Reason = "NoExpectedRates"   // neither declared nor published by an earlier round; also of a Warning

	// Of a school, as BlockedSchool or Warning; NoSession too.
	CounsellorCapacity Reason = "CounsellorCapacity" // its psych teachers cannot take what is expected in a week
	ChannelCapacity    Reason = "ChannelCapacity"    // the channels of the district cannot
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
//
// Where there are waves, a district that has opened keeps its dates and the others are
// filled, in order, into the earliest wave that has room and has not begun; so one that
// missed its wave gets a later one.
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
	p := planner{Compiled: c, run: run, observed: observed, now: now, layouts: map[layoutKey]laidOut{}}
	drafts := p.drafts(districts)
	p.keep(drafts)
	p.fill(drafts)
	p.schools(drafts, &out)
	slices.SortFunc(drafts, func(a, b *draft) int { return strings.Compare(a.Name, b.Name) })
	for _, d := range drafts {
		if d.blocked != "" {
			out.Blocked = append(out.Blocked, Blocked{District: d.Name, Reason: d.blocked, Campaign: d.by})
			continue
		}
		out.Rounds = append(out.Rounds, d.round)
	}
	if len(out.Rounds) == 0 && !p.anyRound() {
		out.skipRun()
	}
	out.Skipped = append(out.Skipped, p.holidays(out.Rounds)...)
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

// due returns the latest run. A recurring one from before the campaign was made counts
// only if it left a round behind; a date that is written down is due however late the
// campaign was made.
func (c *Compiled) due(observed Observed, now time.Time) (slot, bool) {
	run, ok := c.slots.latest(now)
	recurring := !slices.Contains(c.slots.dates, run.date)
	known := slices.ContainsFunc(observed.Rounds, func(r ObservedRound) bool { return r.Slot == run.date })
	if ok && recurring && !known && run.at.Before(observed.Since) {
		return c.slots.latestWritten(now)
	}
	return run, ok
}

// end is when the last phase of the last round ends; without rounds, that of the first wave.
func (p planner) end(rounds []RoundPlan) (end time.Time) {
	if l, reason := p.windows(p.calendar, p.run.date, nil); reason == "" {
		end = l.phases[len(l.phases)-1].To
	}
	for _, r := range rounds {
		if last := r.Phases[len(r.Phases)-1].To; last.After(end) {
			end = last
		}
	}
	return end
}

// holidays lists the days on which there is no school, from the slot to the end of the
// last phase.
func (p planner) holidays(rounds []RoundPlan) []Skipped {
	end := p.end(rounds)
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
