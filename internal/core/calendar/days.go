package calendar

import (
	"slices"
	"time"
)

// Kind is what a day is in a calendar.
type Kind string

// The kinds of day. School is held on a SchoolDay and on a MakeUpDay.
const (
	SchoolDay   Kind = "SchoolDay"
	MakeUpDay   Kind = "MakeUpDay"
	Weekend     Kind = "Weekend"
	Closure     Kind = "Closure"
	OutsideTerm Kind = "OutsideTerm"
)

// Kind says what a day is.
func (c *Compiled) Kind(day Date) Kind {
	if !within(c.source.Terms, day) {
		return OutsideTerm
	}
	weekend := c.source.isWeekend(day)
	for _, l := range c.layers {
		if kind, said := l.kind(day, weekend); said {
			return kind
		}
	}
	if weekend {
		return Weekend
	}
	return SchoolDay
}

// TimeZone is the calendar's zone, an IANA name.
func (c *Compiled) TimeZone() string { return c.source.TimeZone }

// Location is the calendar's zone.
func (c *Compiled) Location() *time.Location { return c.location }

// IsSchoolDay reports whether school is held on the day.
func (c *Compiled) IsSchoolDay(day Date) bool {
	_, found := slices.BinarySearchFunc(c.days, day, Date.Compare)
	return found
}

// SchoolDaysFrom returns the first n school days on or after a day; fewer when the
// calendar ends before.
func (c *Compiled) SchoolDaysFrom(day Date, n int) []Date {
	first, _ := slices.BinarySearchFunc(c.days, day, Date.Compare)
	n = min(max(n, 0), len(c.days)-first)
	return slices.Clone(c.days[first : first+n])
}

// SchoolDaysIn returns the school days of a range.
func (c *Compiled) SchoolDaysIn(r Range) []Date {
	first, _ := slices.BinarySearchFunc(c.days, r.From, Date.Compare)
	after, _ := slices.BinarySearchFunc(c.days, r.To.AddDays(1), Date.Compare)
	return slices.Clone(c.days[first:max(first, after)])
}

// NthSchoolDayAfter returns the n-th school day after a day, the day itself not
// counted; false when n is below one or the calendar ends before.
func (c *Compiled) NthSchoolDayAfter(day Date, n int) (Date, bool) {
	first, _ := slices.BinarySearchFunc(c.days, day.AddDays(1), Date.Compare)
	if n < 1 || n > len(c.days)-first {
		return Date{}, false
	}
	return c.days[first+n-1], true
}
