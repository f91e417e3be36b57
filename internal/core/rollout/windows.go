package rollout

import (
	"slices"
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

// layout is the timeline of a round: its phases, and the days on which its Stage1 is.
type layout struct {
	phases []PhaseWindow
	days   []calendar.Date
	hours  calendar.Hours // of Stage1
}

// sessions are those of Stage1.
func (l layout) sessions() []contract.Session {
	return l.phases[slices.IndexFunc(l.phases, isStage1)].Sessions
}

// windows lays the phases of a run out from a date, in the school days of a calendar, with
// the sessions that the district's narrowing leaves. A reason says why there is no plan; it
// is empty when there is one.
func (c *Compiled) windows(cal *calendar.Compiled, from calendar.Date, n narrowing) (layout, Reason) {
	var out layout
	for _, phase := range c.spec.Phases {
		span, days, reason := span(cal, phase, from)
		if reason != "" {
			return layout{}, reason
		}
		window := PhaseWindow{Name: phase.Name, From: cal.At(span.From, 0), To: cal.At(span.To.AddDays(1), 0)}
		if hours, ok := c.hours[phase.Name]; ok {
			hours, reason = n.hours(hours)
			if reason == "" {
				days = n.days(cal, days, hours)
				window.Sessions, reason = sessions(cal, days, hours)
			}
			if reason != "" && phase.Name == Stage1 {
				return layout{}, reason
			}
			if phase.Name == Stage1 {
				out.hours, out.days = hours, days
			}
		}
		out.phases = append(out.phases, window)
		from = span.To.AddDays(1)
	}
	return out, ""
}

// span returns the dates of a phase that can begin on from, and its school days.
func span(cal *calendar.Compiled, phase Phase, from calendar.Date) (calendar.Range, []calendar.Date, Reason) {
	if phase.Dates != nil {
		if phase.Dates.From.Before(from) {
			return calendar.Range{}, nil, PhasesOverlap
		}
		return *phase.Dates, cal.SchoolDaysIn(*phase.Dates), ""
	}
	days := cal.SchoolDaysFrom(from, phase.SchoolDays)
	if len(days) < phase.SchoolDays {
		return calendar.Range{}, nil, CalendarEnds
	}
	return calendar.Range{From: days[0], To: days[len(days)-1]}, days, ""
}

// sessions returns one session a school day, disjoint and ordered, adjoining ones
// merged, so that hours round the clock do not cut a draft off at midnight.
func sessions(cal *calendar.Compiled, days []calendar.Date, hours calendar.Hours) ([]contract.Session, Reason) {
	var out []contract.Session
	for _, day := range days {
		if session, ok := cal.Session(day, hours); ok {
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
