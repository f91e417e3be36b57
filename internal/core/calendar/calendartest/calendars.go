// Package calendartest provides school calendars to tests.
package calendartest

import (
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// Beijing is a school year like that of 2026-2027: two terms, the National Day week
// with its two make-up days, New Year's Day. The dates are invented.
func Beijing() calendar.Calendar {
	return calendar.Calendar{
		TimeZone: "Asia/Shanghai",
		Terms: []calendar.Term{
			{From: Date("2026-09-01"), To: Date("2027-01-22")},
			{From: Date("2027-02-22"), To: Date("2027-07-09")},
		},
		Closures: []calendar.Range{
			{From: Date("2026-09-25"), To: Date("2026-09-25")},
			{From: Date("2026-10-01"), To: Date("2026-10-07")},
			{From: Date("2027-01-01"), To: Date("2027-01-01")},
		},
		MakeUpDays: []calendar.Date{Date("2026-09-20"), Date("2026-10-10")},
	}
}

// NewYork is a school year in a zone whose clocks change twice in it: back on
// 2026-11-01 and forward on 2027-03-14, both Sundays and both make-up days here, so
// that the change of clocks is always on a school day.
func NewYork() calendar.Calendar {
	return calendar.Calendar{
		TimeZone:   "America/New_York",
		Terms:      []calendar.Term{{From: Date("2026-09-08"), To: Date("2027-06-25")}},
		Closures:   []calendar.Range{{From: Date("2026-12-24"), To: Date("2027-01-03")}},
		MakeUpDays: []calendar.Date{Date("2026-11-01"), Date("2027-03-14")},
	}
}

// Date parses a date that a test relies on; it panics on a fault.
func Date(text string) calendar.Date {
	date, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

// MustCompile compiles a calendar that a test relies on; it panics on a fault.
func MustCompile(in calendar.Calendar) *calendar.Compiled {
	compiled, err := calendar.Compile(in)
	if err != nil {
		panic(err)
	}
	return compiled
}
