package rollout

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// PhaseWindow is when a phase is: [From, To), both midnights of the calendar's zone.
// Sessions are those of Stage1 and, if it has hours, Stage2; empty for other phases.
type PhaseWindow struct {
	Name     PhaseName
	From, To time.Time
	Sessions []contract.Session
}

// windows lays the phases of a run out from its slot date; narrow, if set, narrows the
// session hours. A reason says why there is no plan; it is empty when there is one.
func (c *Compiled) windows(from calendar.Date, narrow *calendar.Hours) ([]PhaseWindow, Reason) {
	var out []PhaseWindow
	for _, phase := range c.spec.Phases {
		span, days, reason := c.span(phase, from)
		if reason != "" {
			return nil, reason
		}
		window := PhaseWindow{Name: phase.Name, From: c.calendar.At(span.From, 0), To: c.calendar.At(span.To.AddDays(1), 0)}
		if hours, ok := c.hours[phase.Name]; ok {
			window.Sessions, reason = c.sessions(days, hours, narrow)
			if reason != "" && phase.Name == Stage1 {
				return nil, reason
			}
		}
		out = append(out, window)
		from = span.To.AddDays(1)
	}
	return out, ""
}

// span returns the dates of a phase that can begin on from, and its school days.
func (c *Compiled) span(phase Phase, from calendar.Date) (calendar.Range, []calendar.Date, Reason) {
	if phase.Dates != nil {
		if phase.Dates.From.Before(from) {
			return calendar.Range{}, nil, PhasesOverlap
		}
		return *phase.Dates, c.calendar.SchoolDaysIn(*phase.Dates), ""
	}
	days := c.calendar.SchoolDaysFrom(from, phase.SchoolDays)
	if len(days) < phase.SchoolDays {
		return calendar.Range{}, nil, CalendarEnds
	}
	return calendar.Range{From: days[0], To: days[len(days)-1]}, days, ""
}

// sessions returns one session a school day, disjoint and ordered, adjoining ones
// merged, so that hours round the clock do not cut a draft off at midnight.
func (c *Compiled) sessions(days []calendar.Date, hours calendar.Hours, narrow *calendar.Hours) ([]contract.Session, Reason) {
	if narrow != nil {
		part, ok := hours.Within(*narrow)
		if !ok {
			return nil, NoCommonHours
		}
		hours = part
	}
	var out []contract.Session
	for _, day := range days {
		if session, ok := c.calendar.Session(day, hours); ok {
			out = appendSession(out, session)
		}
	}
	if len(out) == 0 {
		return nil, NoSession
	}
	return out, ""
}

// appendSession appends a session that does not begin before the last one does.
func appendSession(sessions []contract.Session, next contract.Session) []contract.Session {
	if last := len(sessions) - 1; last >= 0 && !next.From.After(sessions[last].To) {
		if next.To.After(sessions[last].To) {
			sessions[last].To = next.To
		}
		return sessions
	}
	return append(sessions, next)
}

// EffectiveClose is when a round closes: as planned, or at endAt when someone asked
// for an earlier end. endAt never lengthens a round.
func EffectiveClose(planned time.Time, endAt *time.Time) time.Time {
	if endAt != nil && endAt.Before(planned) {
		return endAt.UTC()
	}
	return planned
}

// CutSessions returns what of the sessions lies before closesAt, which is exclusive.
// For a round that is open pass the result through Revise: a session that has begun
// may not change any more, and the closing ends it.
func CutSessions(sessions []contract.Session, closesAt time.Time) []contract.Session {
	var out []contract.Session
	for _, s := range sessions {
		if !s.From.Before(closesAt) {
			break
		}
		if s.To.After(closesAt) {
			s.To = closesAt
		}
		out = append(out, s)
	}
	return out
}

// Revise returns the sessions that an open round may have: those applied that have
// begun by now, untouched, and of the planned ones what lies after them and after the
// minute of now. A part that would adjoin a begun session stays apart, for merging
// would change it.
func Revise(applied, planned []contract.Session, now time.Time) []contract.Session {
	var out []contract.Session
	free := now.Truncate(time.Minute).Add(time.Minute)
	for _, s := range applied {
		if s.From.After(now) {
			break
		}
		out = append(out, s)
		if s.To.After(free) {
			free = s.To
		}
	}
	for _, s := range planned {
		if s.From.Before(free) {
			s.From = free
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}
