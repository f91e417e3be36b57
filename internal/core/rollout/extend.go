package rollout

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// Extension adds school days to the Stage1 of a round that is open: the next ones after its
// last day, at the hours that it has. Its phases stay as they are, so that sessions at or
// after Ends are the extension and the same request gives the same sessions again.
type Extension struct {
	Ends     time.Time          // of phase Stage1, exclusive
	Sessions []contract.Session // of the round as it is, extended or not
	Days     int                // asked for; 0 takes an extension back
	Without  []calendar.Range   // days on which the district screens nobody; they do not count
	Settled  time.Time          // sessions that begin by then stay, and none is added before
}

// Of returns the round's sessions with the extension, by the calendar of its district, and
// the last day of the extension; zero when it has none. There are fewer days than asked for
// when the calendar ends.
func (e Extension) Of(cal *calendar.Compiled) (extended []contract.Session, last calendar.Date) {
	hours := hoursOf(cal, CutSessions(e.Sessions, e.Ends))
	days := e.settled(cal, e.Sessions, hours)
	next := dateIn(cal, e.Ends)
	if n := len(days); n > 0 {
		next = days[n-1].AddDays(1)
	}
	for len(days) < e.Days {
		found := cal.SchoolDaysFrom(next, 1)
		if len(found) == 0 {
			break
		}
		if e.free(cal, found[0], hours) {
			days = append(days, found[0])
		}
		next = found[0].AddDays(1)
	}
	if n := len(days); n > 0 {
		last = days[n-1]
	}
	return e.with(cal, e.Sessions, days, hours), last
}

// OfSchool returns the sessions of a school that has its own, or a calendar of its own: of
// the extension it has those of its school days that lie between the first and the last of
// the district's.
func (e Extension) OfSchool(cal *calendar.Compiled, sessions []contract.Session, last calendar.Date) []contract.Session {
	hours := hoursOf(cal, CutSessions(e.Sessions, e.Ends))
	days := e.settled(cal, sessions, hours)
	for _, day := range cal.SchoolDaysIn(calendar.Range{From: dateIn(cal, e.Ends), To: last}) {
		if !last.IsZero() && e.free(cal, day, hours) {
			days = append(days, day)
		}
	}
	return e.with(cal, sessions, days, hours)
}

// settled are the days of the extension as it is that have begun.
func (e Extension) settled(cal *calendar.Compiled, applied []contract.Session, hours calendar.Hours) (days []calendar.Date) {
	for _, s := range applied {
		if !s.To.After(e.Ends) {
			continue
		}
		for day := dateIn(cal, later(s.From, e.Ends)); cal.At(day, 0).Before(s.To); day = day.AddDays(1) {
			if part, open := cal.Session(day, hours); open && !part.From.After(e.Settled) {
				days = append(days, day)
			}
		}
	}
	return days
}

// free reports whether a day can be added.
func (e Extension) free(cal *calendar.Compiled, day calendar.Date, hours calendar.Hours) bool {
	s, open := cal.Session(day, hours)
	return open && !excluded(e.Without, day) && !s.From.Before(e.Ends) && s.From.After(e.Settled)
}

// with is what was planned and then the sessions of some days.
func (e Extension) with(cal *calendar.Compiled, applied []contract.Session, days []calendar.Date, hours calendar.Hours) []contract.Session {
	out := CutSessions(applied, e.Ends)
	for _, day := range days {
		if s, open := cal.Session(day, hours); open {
			out = appendSession(out, s)
		}
	}
	return out
}

// hoursOf are the hours of the day that sessions have. A change of clocks can only make an
// end of one later, so the earliest of each is meant; an end on a later day is the end of
// the day.
func hoursOf(cal *calendar.Compiled, sessions []contract.Session) calendar.Hours {
	const midnight = calendar.Clock(24 * 60)
	out := calendar.Hours{From: midnight, To: midnight}
	for _, s := range sessions {
		out.From = min(out.From, clockIn(cal, s.From))
		if dateIn(cal, s.To) == dateIn(cal, s.From) {
			out.To = min(out.To, clockIn(cal, s.To))
		} else if overMidnight(cal, s) {
			out.From = 0
		}
	}
	return out
}

// overMidnight reports whether a session goes on when the clock shows midnight: sessions
// round the clock are merged. Where the clock skips midnight, others may be too.
func overMidnight(cal *calendar.Compiled, s contract.Session) bool {
	for day := dateIn(cal, s.From).AddDays(1); ; day = day.AddDays(1) {
		midnight := cal.At(day, 0)
		if !midnight.Before(s.To) {
			return false
		}
		if clockIn(cal, midnight) == 0 {
			return true
		}
	}
}

func clockIn(cal *calendar.Compiled, instant time.Time) calendar.Clock {
	local := instant.In(cal.Location())
	return calendar.Clock(local.Hour()*60 + local.Minute())
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
