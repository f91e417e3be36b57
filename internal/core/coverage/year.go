// Package coverage says what it means that every student is screened at least once a school year (每学年不少于一次,
// Kaizhou notice 2020; 教思政厅函〔2021〕10号): which school year an instant is in, and by when it is due. It is pure.
package coverage

import (
	"cmp"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// DayOfYear is a day of every year; 29 February is none.
type DayOfYear struct {
	Month time.Month
	Day   int
}

// ParseDayOfYear reads a day such as 09-01.
func ParseDayOfYear(text string) (DayOfYear, error) {
	at, err := time.Parse("2006-01-02", "2001-"+text) // no leap year
	if err != nil {
		return DayOfYear{}, fmt.Errorf("%q is not a day of every year; write one such as 09-01", text)
	}
	return DayOfYear{at.Month(), at.Day()}, nil
}

func (d DayOfYear) String() string { return fmt.Sprintf("%02d-%02d", d.Month, d.Day) }

func (d DayOfYear) of(year int) calendar.Date {
	return calendar.Date{Year: year, Month: d.Month, Day: d.Day}
}

func (d DayOfYear) compare(other DayOfYear) int {
	return cmp.Or(cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Rule is what a province, or more strictly a district, asks for.
type Rule struct {
	YearBegins    DayOfYear // the province's; a district has no say
	DueBy         DayOfYear // the last day by which the target is to be reached
	TargetPercent int       // of a school's students
}

// DefaultRule is that of a province that says nothing else: school years begin in September, and by the end of May,
// before the examinations of the summer, nearly everybody has been screened.
func DefaultRule() Rule {
	return Rule{YearBegins: DayOfYear{time.September, 1}, DueBy: DayOfYear{time.May, 31}, TargetPercent: 95}
}

// Check returns an error that says which part cannot be met and what to write.
func (r Rule) Check() error {
	switch {
	case r.TargetPercent < 1 || r.TargetPercent > 100:
		return fmt.Errorf("the target is %d per cent: write 1 to 100", r.TargetPercent)
	case r.DueBy.of(2001).AddDays(1) == r.YearBegins.of(2001), r.DueBy.of(2001).AddDays(1) == r.YearBegins.of(2002):
		return fmt.Errorf("the day by which it is due, %s, is the last of the school year, so that no school would be overdue before it ends: write an earlier one",
			r.DueBy)
	}
	return nil
}

// Stricter is the stricter of both in each part: the sooner day of the school year and the larger share. A zero part
// of the district's leaves the province's.
func (r Rule) Stricter(district Rule) Rule {
	if due := district.DueBy; due != (DayOfYear{}) && r.sooner(due, r.DueBy) {
		r.DueBy = due
	}
	r.TargetPercent = max(r.TargetPercent, district.TargetPercent)
	return r
}

// sooner goes by the school year, not the calendar's: 11-30 is sooner than 05-31.
func (r Rule) sooner(a, b DayOfYear) bool {
	if early := r.inFirst(a); early != r.inFirst(b) {
		return early
	}
	return a.compare(b) < 0
}

// inFirst reports whether a day lies in the calendar year in which the school year begins.
func (r Rule) inFirst(d DayOfYear) bool { return d.compare(r.YearBegins) >= 0 }

// Year is a school year: [From, To). Due is the end of the last day by which the target is to be reached; Soon is
// sixty days before it.
type Year struct {
	Name      string // 2026-2027
	From, To  time.Time
	Soon, Due time.Time
}

const soonDays = 60

// YearOf is the school year that an instant is in, in a zone.
func (r Rule) YearOf(now time.Time, zone *time.Location) Year {
	first := now.In(zone).Year()
	if now.Before(r.YearBegins.of(first).In(zone)) {
		first--
	}
	due := r.DueBy.of(first + 1)
	if r.inFirst(r.DueBy) {
		due = r.DueBy.of(first)
	}
	return Year{
		Name: fmt.Sprintf("%04d-%04d", first, first+1),
		From: r.YearBegins.of(first).In(zone), To: r.YearBegins.of(first + 1).In(zone),
		Soon: due.AddDays(1 - soonDays).In(zone), Due: due.AddDays(1).In(zone),
	}
}

// Standing is how a school stands in its year that has not reached its target.
type Standing string

// The standings, in the order in which they come.
const (
	InProgress Standing = "InProgress"
	DueSoon    Standing = "DueSoon" // less than sixty days are left
	Overdue    Standing = "Overdue" // and the school year has not ended
)

// Standing is that of an instant in the year.
func (y Year) Standing(now time.Time) Standing {
	switch {
	case !now.Before(y.Due):
		return Overdue
	case !now.Before(y.Soon):
		return DueSoon
	}
	return InProgress
}

// Turns is the next instant after now at which the standing of a school may change by itself: the last is the end of
// the year.
func (y Year) Turns(now time.Time) time.Time {
	for _, at := range []time.Time{y.Soon, y.Due} {
		if now.Before(at) {
			return at
		}
	}
	return y.To
}
