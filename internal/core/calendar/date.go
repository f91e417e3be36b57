package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Date is a civil date, without a time zone. It is comparable; the zero Date is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "YYYY-MM-DD".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%q is not a date; write YYYY-MM-DD, such as 2026-09-01", text)
	}
	return dateOf(t), nil
}

// DateOf returns the civil date of an instant in the instant's own location.
func DateOf(t time.Time) Date { return dateOf(t) }

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// String returns "YYYY-MM-DD", empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// Compact returns "YYYYMMDD", the form used in names; empty for the zero Date.
func (d Date) Compact() string { return strings.ReplaceAll(d.String(), "-", "") }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays returns the date n days later, earlier when n is negative.
func (d Date) AddDays(n int) Date { return dateOf(d.utc().AddDate(0, 0, n)) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Compare returns -1, 0 or +1 as d is before, the same as or after other.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is before other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is after other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// utc is midnight of the date in UTC, a stand-in for arithmetic on civil dates.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Range is a closed range of dates: both ends belong to it.
type Range struct{ From, To Date }

// Contains reports whether the date is in the range.
func (r Range) Contains(d Date) bool { return !d.Before(r.From) && !d.After(r.To) }

// Days is how many days the range holds; not positive when it ends before it begins.
func (r Range) Days() int { return int(r.To.utc().Sub(r.From.utc())/(24*time.Hour)) + 1 }

// String returns "FROM..TO".
func (r Range) String() string { return r.From.String() + ".." + r.To.String() }
