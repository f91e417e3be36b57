// Package rollout plans the rounds of a campaign: which occurrence is due, in which
// districts, and at which instants its phases and sessions begin and end. It is pure;
// the caller passes what it observed and what time it is.
//
// A round's windows follow from its slot date and the calendar alone, never from the
// time of planning: a run that starts late has shorter early phases, and planning
// again gives the same plan.
package rollout

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Spec is what a campaign asks for. Exactly one of Cron and StartDate is set.
type Spec struct {
	Campaign string // name; rounds are called <campaign>-<yyyymmdd>, make-up rounds <campaign>-<yyyymmdd>-makeup
	TimeZone string // IANA name; the calendar's

	Cron       string          // five fields, at most one run a day; a run marks the first day of the first phase
	StartDate  calendar.Date   // one-off: the first day of the first phase
	ExtraDates []calendar.Date // of further runs

	Suspend                 bool
	StartingDeadlineSeconds *int64          // a run this late is not started any more; nil: until its sessions are over
	MissedRunPolicy         MissedRunPolicy // empty: RunOnce

	Phases   []Phase
	MakeUp   MakeUp
	Waves    Waves
	Capacity Capacity

	SchoolYear coverage.Rule // when school years begin, for make-up rounds; zero: coverage.DefaultRule
}

// MissedRunPolicy says what becomes of a run that nobody started on its day.
type MissedRunPolicy string

// The policies.
const (
	RunOnce MissedRunPolicy = "RunOnce" // the latest missed run starts late, within the deadline
	Skip    MissedRunPolicy = "Skip"    // a run not started on its own day is skipped
)

// PhaseName is one of the six phases.
type PhaseName string

// The phases, in the only order they may have. Stage1 is required; it opens intake to
// the whole cohort.
const (
	Publicity    PhaseName = "Publicity"
	Training     PhaseName = "Training"
	Stage1       PhaseName = "Stage1"
	Stage2       PhaseName = "Stage2"
	Intervention PhaseName = "Intervention"
	Summary      PhaseName = "Summary"
)

var phaseOrder = []PhaseName{Publicity, Training, Stage1, Stage2, Intervention, Summary}

// Phase is one phase of a round: a number of school days after the phase before it,
// or (one-off campaigns only) the dates themselves.
type Phase struct {
	Name       PhaseName
	SchoolDays int             // 1..260; 0 when Dates is set
	Dates      *calendar.Range // both ends belong to it
	Session    *SessionHours   // required for Stage1, allowed for Stage2
}

// SessionHours are the times of day, "HH:MM", at which forms can be opened on each
// school day of a phase. 00:00 to 24:00 is round the clock.
type SessionHours struct{ From, To string }

const (
	maxPhaseSchoolDays = 260
	maxPhaseDates      = 400
	maxSessions        = 200 // of Stage1; with the 60 days of an extension, what a round can list
)

// Compiled is a checked campaign. It is immutable and safe for concurrent use.
type Compiled struct {
	spec     Spec
	calendar *calendar.Compiled
	slots    slots
	hours    map[PhaseName]calendar.Hours
}

// Compile checks a campaign against its calendar. The error joins every fault found as
// *fault.Error, each naming the field and what to write.
func Compile(spec Spec, cal *calendar.Compiled) (*Compiled, error) {
	var faults fault.List
	c := &Compiled{spec: spec, calendar: cal, hours: map[PhaseName]calendar.Hours{}}
	faults.AddIf(spec.Campaign == "", "metadata.name", "is empty; write a name")
	faults.AddIf(spec.TimeZone != cal.TimeZone(), "timeZone",
		"is %q, the calendar's is %q; write the calendar's", spec.TimeZone, cal.TimeZone())
	c.checkSchedule(&faults)
	c.checkPhases(&faults)
	c.checkMakeUp(&faults)
	c.checkWaves(&faults)
	c.checkCapacity(&faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Compiled) checkSchedule(faults *fault.List) {
	c.slots = slots{calendar: c.calendar, dates: slices.Clone(c.spec.ExtraDates)}
	switch hasCron, hasDate := c.spec.Cron != "", !c.spec.StartDate.IsZero(); {
	case hasCron == hasDate:
		faults.Addf("schedule", "write either cron or startDate")
	case hasDate:
		c.slots.dates = append(c.slots.dates, c.spec.StartDate)
	default:
		schedule, err := parseCron(c.spec.Cron)
		if err != nil {
			faults.Addf("schedule.cron", "%s", err)
		}
		c.slots.cron = schedule
	}
	slices.SortFunc(c.slots.dates, calendar.Date.Compare)
	for i, day := range c.spec.ExtraDates {
		faults.AddIf(day.IsZero(), fmt.Sprintf("schedule.extraDates[%d]", i), "is empty; write a date such as 2026-11-02")
	}
	deadline := c.spec.StartingDeadlineSeconds
	faults.AddIf(deadline != nil && *deadline < 0, "schedule.startingDeadlineSeconds", "is negative; write 0 or more seconds")
	faults.AddIf(!slices.Contains([]MissedRunPolicy{"", RunOnce, Skip}, c.spec.MissedRunPolicy), "schedule.missedRunPolicy",
		"is %q; write RunOnce or Skip", c.spec.MissedRunPolicy)
}

func (c *Compiled) checkPhases(faults *fault.List) {
	last, hasStage1 := -1, false
	for i, phase := range c.spec.Phases {
		path := fmt.Sprintf("template.spec.phases[%d]", i)
		place := slices.Index(phaseOrder, phase.Name)
		switch {
		case place < 0:
			faults.Addf(path+".name", "unknown phase %q; write one of %v", phase.Name, phaseOrder)
		case place <= last:
			faults.Addf(path+".name", "%s is listed twice or out of order; the order is %v", phase.Name, phaseOrder)
		}
		last, hasStage1 = max(last, place), hasStage1 || phase.Name == Stage1
		c.checkLength(faults, path, phase)
		c.checkSession(faults, path, phase)
	}
	faults.AddIf(!hasStage1, "template.spec.phases", "has no Stage1; add it with a session, it is when students answer")
}

func (c *Compiled) checkLength(faults *fault.List, path string, phase Phase) {
	if phase.Dates == nil {
		faults.AddIf(phase.SchoolDays < 1 || phase.SchoolDays > maxPhaseSchoolDays, path+".schoolDays",
			"%s has %d school days; write 1 to %d, or dates", phase.Name, phase.SchoolDays, maxPhaseSchoolDays)
		return
	}
	faults.AddIf(phase.SchoolDays != 0, path+".schoolDays", "%s has dates as well; keep one of them", phase.Name)
	faults.AddIf(c.spec.Cron != "" || len(c.spec.ExtraDates) > 0, path+".dates", "%s has dates, but the campaign recurs; write schoolDays", phase.Name)
	days := phase.Dates.Days()
	faults.AddIf(phase.Dates.From.IsZero() || phase.Dates.To.IsZero() || days < 1 || days > maxPhaseDates, path+".dates",
		"%s has dates %s; write from and to, 1 to %d days", phase.Name, phase.Dates, maxPhaseDates)
	held := len(c.calendar.SchoolDaysIn(*phase.Dates))
	faults.AddIf(phase.Name == Stage1 && held > maxSessions, path+".dates", "Stage1 has %d school days; write dates with at most %d", held, maxSessions)
}

func (c *Compiled) checkSession(faults *fault.List, path string, phase Phase) {
	switch {
	case phase.Session == nil:
		faults.AddIf(phase.Name == Stage1, path+".session", "is missing; write the hours at which students answer")
	case phase.Name != Stage1 && phase.Name != Stage2:
		faults.Addf(path+".session", "%s has no sessions; only Stage1 and Stage2 do", phase.Name)
	default:
		hours, err := calendar.ParseHours(phase.Session.From, phase.Session.To)
		if err != nil {
			faults.Addf(path+".session", "%s", err)
			return
		}
		c.hours[phase.Name] = hours
	}
}

// deadline is the last instant at which a run may be started, and whether there is one.
func (c *Compiled) deadline(slot time.Time) (time.Time, bool) {
	if c.spec.StartingDeadlineSeconds == nil {
		return time.Time{}, false
	}
	// A deadline beyond a century is none; the product would overflow.
	const century = int64(100 * 365 * 24 * time.Hour / time.Second)
	seconds := min(*c.spec.StartingDeadlineSeconds, century)
	return slot.Add(time.Duration(seconds) * time.Second), true
}
