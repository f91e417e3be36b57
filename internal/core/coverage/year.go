// Package coverage says what it means that every student is screened at least once a school year (每学年不少于一次,
// Kaizhou notice 2020; 教思政厅函〔2021〕10号): which school year an instant is in, and by when it is due. It is pure.
package coverage

import (
	"fmt"
	"time"
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

func (d DayOfYear) in(year int, zone *time.Location) time.Time {
	return time.Date(year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// Rule is what a province, or more strictly a district, asks for.
type Rule struct {
	YearBegins    DayOfYear // the province's; a district has no say
	DueBy         DayOfYear // the last day by which the target is to be reached
	TargetPercent int       // of a school's students
}

// Stricter is the stricter of both in each part: the sooner day and the larger share. A zero part of the district's
// leaves the province's.
func (r Rule) Stricter(district Rule) Rule {
	zone := time.UTC
	if district.DueBy != (DayOfYear{}) && r.with(district.DueBy).YearOf(time.Unix(0, 0), zone).Due.Before(r.YearOf(time.Unix(0, 0), zone).Due) {
		r.DueBy = district.DueBy
	}
	r.TargetPercent = max(r.TargetPercent, district.TargetPercent)
	return r
}

func (r Rule) with(due DayOfYear) Rule {
	r.DueBy = due
	return r
}

// Year is a school year: [From, To). Due is the end of the last day by which the target is to be reached.
type Year struct {
	Name     string // 2026-2027
	From, To time.Time
	Due      time.Time
}

// YearOf is the school year that an instant is in, in a zone.
func (r Rule) YearOf(now time.Time, zone *time.Location) Year {
	first := now.In(zone).Year()
	if now.Before(r.YearBegins.in(first, zone)) {
		first--
	}
	y := Year{
		Name: fmt.Sprintf("%04d-%04d", first, first+1),
		From: r.YearBegins.in(first, zone), To: r.YearBegins.in(first+1, zone),
	}
	due := r.DueBy.in(first, zone)
	if due.Before(y.From) {
		due = r.DueBy.in(first+1, zone)
	}
	y.Due = due.AddDate(0, 0, 1)
	return y
}
