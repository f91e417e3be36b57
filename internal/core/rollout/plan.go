package rollout

import (
	"cmp"
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
	// WithoutSessions are school days on which nobody is screened. Stage1 does not become
	// longer for them.
	WithoutSessions []calendar.Range

	Claims       []Claim // rounds of other campaigns that have schools of this one's and come first
	MakeUpClaims []Claim // those that come before its make-up round

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
	MakeUp   bool // it is the second round of its run
	Opened   bool // its opening instant has passed in the district, or may have: it stays as it is
	OpensAt  time.Time
	ClosesAt time.Time // with the extension, without endAt
	EndedAt  time.Time // when it closed before ClosesAt, for good; zero: it did not
	Sessions []contract.Session
	Phases   []PhaseWindow // the first begins with the round; none: at the slot
	Schools  []SchoolPlan  // that have sessions of their own
	LeftOut  []string      // schools of the cohort that take no part
}

// Planned is what should be.
type Planned struct {
	Slot     calendar.Date // the latest run; zero when none was due yet
	Rounds   []RoundPlan   // by district, run and purpose: of the latest run, and of earlier ones what has not opened
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
	Name     string // <campaign>-<yyyymmdd of the slot>, of a make-up round with MakeUpSuffix
	Slot     calendar.Date
	MakeUp   bool // for the students whom the regular round of the slot did not screen
	Wave     int  // counted from 0
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
	PreviousRoundOpen Reason = "PreviousRoundOpen" // a round of an earlier run is in Stage1 at that time; see previousOpen
	InvalidHours      Reason = "InvalidHours"      // its own hours cannot be read
	InvalidDays       Reason = "InvalidDays"       // its days without sessions cannot be read
	NoCommonHours     Reason = "NoCommonHours"     // its own hours and the session's do not meet
	NoSession         Reason = "NoSession"         // no school day in the dates, or a change of clocks swallows it
	CalendarEnds      Reason = "CalendarEnds"      // not enough school days are left in the calendar
	PhasesOverlap     Reason = "PhasesOverlap"     // a dated phase begins before the one before it ends
	SchoolsClaimed    Reason = "SchoolsClaimed"    // another campaign's round has schools of it at that time, and came first
	NoExpectedRates   Reason = "NoExpectedRates"   // neither declared nor published by an earlier round; also of a Warning

	// Of a school, as BlockedSchool or Warning; NoSession too.
	CounsellorCapacity Reason = "CounsellorCapacity" // its psych teachers cannot take what is expected in a week
	ChannelCapacity    Reason = "ChannelCapacity"    // the channels of the district cannot

	// Of a make-up round, as Warning with the prefix MakeUp, such as MakeUpCalendarEnds: any reason of a
	// district, WindowPassed, NoSession of a school, and these. The regular round is planned all the same.
	NextRun        Reason = "NextRun"        // it would reach into the campaign's next run
	NextSchoolYear Reason = "NextSchoolYear" // it would reach into the school year after that of the regular round
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
// its round keeps it, planned anew as long as it has not opened; one that has opened stays
// as it is. A district without one gets it while the run may still be started. Rounds of
// earlier runs that may yet open are planned anew from their own slot; the others are left
// alone. The same arguments give the same plan, whatever their order.
//
// Where there are waves, a district that has opened keeps its dates and the others are
// filled, in order, into the earliest wave that has room and has not begun; so one that
// missed its wave gets a later one.
func (c *Compiled) Plan(districts []DistrictView, observed Observed, now time.Time) Planned {
	var out Planned
	p := planner{Compiled: c, observed: observed, now: now, layouts: map[layoutKey]laidOut{}}
	latest, due := c.due(observed, now)
	earlier := c.unfinished(observed, latest, now)
	for _, run := range earlier {
		p.run = run
		part := p.again(districts)
		p.observed = p.observed.with(part.Rounds)
		out = out.and(part)
	}
	runs := earlier
	if due {
		p.run = latest
		part := p.latest(districts)
		p.observed = p.observed.with(part.Rounds)
		out = out.and(part)
		runs = append(runs, latest)
	}
	for _, run := range runs {
		p.run = run
		part := p.makeUps(districts)
		p.observed = p.observed.with(part.Rounds)
		out.Rounds, out.Warnings = append(out.Rounds, part.Rounds...), append(out.Warnings, part.Warnings...)
	}
	if next, ok := c.slots.after(now); ok && !c.spec.Suspend {
		out.NextSlot = next.at
	}
	out.sort()
	return out
}

// unfinished are the runs before the latest of which some round is not over, in order.
func (c *Compiled) unfinished(observed Observed, latest slot, now time.Time) (out []slot) {
	for _, r := range observed.Rounds {
		if !r.ClosesAt.After(now) || r.Slot == latest.date {
			continue
		}
		if run, scheduled := c.slots.on(r.Slot); scheduled && !run.at.After(now) && !slices.Contains(out, run) {
			out = append(out, run)
		}
	}
	slices.SortFunc(out, func(a, b slot) int { return a.date.Compare(b.date) })
	return out
}

// latest plans the latest run, in every district.
func (p planner) latest(districts []DistrictView) Planned {
	out := p.lay(districts, districts)
	out.Slot = p.run.date
	if len(out.Rounds) == 0 && !p.anyRound() {
		out.skipRun()
	}
	out.Skipped = append(out.Skipped, p.holidays(out.Rounds)...)
	return out
}

// again plans an earlier run anew: the rounds of it that may yet open, where they are.
func (p planner) again(districts []DistrictView) Planned {
	var there []DistrictView
	for _, d := range districts {
		if r, exists := p.round(d.Name); exists && !r.Opened && r.ClosesAt.After(p.now) {
			there = append(there, d)
		}
	}
	out := p.lay(there, districts)
	out.Curve = nil
	return out
}

// lay plans the regular rounds of a run in some of the districts.
func (p planner) lay(some, all []DistrictView) (out Planned) {
	drafts := p.drafts(some)
	p.keep(drafts)
	p.fill(drafts)
	p.schools(drafts, all, &out)
	for _, d := range drafts {
		if d.blocked != "" {
			out.Blocked = append(out.Blocked, Blocked{District: d.Name, Reason: d.blocked, Campaign: d.by})
			continue
		}
		out.Rounds = append(out.Rounds, d.round)
	}
	return out
}

// and adds a later run. What that one says of a district or school stands alone.
func (out Planned) and(later Planned) Planned {
	said := func(b Blocked) bool {
		return slices.ContainsFunc(later.Blocked, func(l Blocked) bool { return l.District == b.District })
	}
	schoolSaid := func(b BlockedSchool) bool {
		return slices.ContainsFunc(later.BlockedSchools, func(l BlockedSchool) bool { return l.District == b.District && l.School == b.School })
	}
	later.Rounds = append(out.Rounds, later.Rounds...)
	later.Blocked = append(slices.DeleteFunc(out.Blocked, said), later.Blocked...)
	later.BlockedSchools = append(slices.DeleteFunc(out.BlockedSchools, schoolSaid), later.BlockedSchools...)
	later.Warnings = append(out.Warnings, later.Warnings...)
	return later
}

// sort puts a plan into the order that its lists promise.
func (out *Planned) sort() {
	slices.SortFunc(out.Rounds, func(a, b RoundPlan) int {
		return cmp.Or(strings.Compare(a.District, b.District), a.Slot.Compare(b.Slot), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(out.Blocked, func(a, b Blocked) int { return strings.Compare(a.District, b.District) })
	slices.SortFunc(out.BlockedSchools, func(a, b BlockedSchool) int {
		return cmp.Or(strings.Compare(a.District, b.District), strings.Compare(a.School, b.School))
	})
	slices.SortFunc(out.Warnings, func(a, b Warning) int {
		return cmp.Or(strings.Compare(a.District, b.District), strings.Compare(a.School, b.School), strings.Compare(string(a.Reason), string(b.Reason)))
	})
	out.Warnings = slices.Compact(out.Warnings)
}

// with is what would be observed if the rounds were made.
func (o Observed) with(rounds []RoundPlan) Observed {
	o.Rounds = slices.Clone(o.Rounds)
	for _, r := range rounds {
		made := ObservedRound{
			District: r.District, Slot: r.Slot, MakeUp: r.MakeUp, OpensAt: r.OpensAt, ClosesAt: r.ClosesAt,
			Sessions: r.Sessions, Phases: r.Phases, Schools: r.Schools, LeftOut: r.LeftOut,
		}
		i := slices.IndexFunc(o.Rounds, func(is ObservedRound) bool {
			return is.District == r.District && is.Slot == r.Slot && is.MakeUp == r.MakeUp
		})
		if i < 0 {
			o.Rounds = append(o.Rounds, made)
			continue
		}
		made.Opened, made.EndedAt = o.Rounds[i].Opened, o.Rounds[i].EndedAt
		o.Rounds[i] = made
	}
	return o
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
	if l, reason := p.windows(p.calendar, p.run.date, narrowing{}); reason == "" {
		end = l.phases[len(l.phases)-1].To
	}
	for _, r := range rounds {
		if n := len(r.Phases); n > 0 && r.Phases[n-1].To.After(end) {
			end = r.Phases[n-1].To
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
