package rollout

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// narrowing is a district's own hours and days, within those of the campaign.
type narrowing struct {
	within  *calendar.Hours  // nil: the campaign's
	without []calendar.Range // school days on which nobody is screened
	key     string           // the same for districts that narrow alike
}

// narrowingOf reads what a district says.
func narrowingOf(d DistrictView) (narrowing, Reason) {
	n := narrowing{without: d.WithoutSessions}
	for _, days := range d.WithoutSessions {
		if days.From.IsZero() || days.Days() < 1 {
			return n, InvalidDays
		}
		n.key += " " + days.String()
	}
	if d.Narrow == nil {
		return n, ""
	}
	hours, err := calendar.ParseHours(d.Narrow.From, d.Narrow.To)
	if err != nil {
		return n, InvalidHours
	}
	n.within = &hours
	n.key += " " + d.Narrow.From + " " + d.Narrow.To
	return n, ""
}

// Narrowed says why a district's narrowing leaves no session of these hours on the school days of a span, as Plan would;
// empty when it leaves some. Without a calendar only hours, and what cannot be read, are judged.
func Narrowed(d DistrictView, cal *calendar.Compiled, hours SessionHours, span calendar.Range) Reason {
	n, reason := narrowingOf(d)
	if reason != "" {
		return reason
	}
	whole, err := calendar.ParseHours(hours.From, hours.To)
	if err != nil {
		return "" // the campaign says so
	}
	part, reason := n.hours(whole)
	if reason == "" && cal != nil && len(n.days(cal, cal.SchoolDaysIn(span), part)) == 0 {
		reason = NoSession
	}
	return reason
}

// hours is the part of a session's hours that the district allows.
func (n narrowing) hours(hours calendar.Hours) (calendar.Hours, Reason) {
	if n.within == nil {
		return hours, ""
	}
	part, ok := hours.Within(*n.within)
	if !ok {
		return hours, NoCommonHours
	}
	return part, ""
}

// days are those that have a session: not those that the district takes out, nor those
// whose hours a change of clocks swallows.
func (n narrowing) days(cal *calendar.Compiled, days []calendar.Date, hours calendar.Hours) []calendar.Date {
	return slices.DeleteFunc(slices.Clone(days), func(day calendar.Date) bool {
		_, open := cal.Session(day, hours)
		return !open || excluded(n.without, day)
	})
}

// excluded reports whether a day is one of those without sessions. A range that cannot be
// read holds none.
func excluded(without []calendar.Range, day calendar.Date) bool {
	return slices.ContainsFunc(without, func(r calendar.Range) bool { return !r.From.IsZero() && r.Contains(day) })
}
