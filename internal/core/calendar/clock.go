package calendar

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Clock is a civil time of day in minutes since midnight, 0 (00:00) to 1440 (24:00,
// the midnight that ends the day).
type Clock int

const midnightNext Clock = 24 * 60

// ParseClock reads "HH:MM", 00:00 to 24:00.
func ParseClock(text string) (Clock, error) {
	fault := fmt.Errorf("%q is not a time of day; write HH:MM from 00:00 to 24:00", text)
	if len(text) != 5 || text[2] != ':' {
		return 0, fault
	}
	for _, i := range []int{0, 1, 3, 4} {
		if text[i] < '0' || text[i] > '9' {
			return 0, fault
		}
	}
	hour, minute := int(text[0]-'0')*10+int(text[1]-'0'), int(text[3]-'0')*10+int(text[4]-'0')
	clock := Clock(hour*60 + minute)
	if minute > 59 || clock > midnightNext {
		return 0, fault
	}
	return clock, nil
}

// String returns "HH:MM".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// Hours are the times of day [From, To) at which something is open.
type Hours struct{ From, To Clock }

// ParseHours reads two times of day; the first must be before the second.
func ParseHours(from, to string) (Hours, error) {
	f, err := ParseClock(from)
	if err != nil {
		return Hours{}, err
	}
	t, err := ParseClock(to)
	if err != nil {
		return Hours{}, err
	}
	if f >= t {
		return Hours{}, fmt.Errorf("%s to %s is empty; write a to later on the same day, 24:00 at the latest", from, to)
	}
	return Hours{From: f, To: t}, nil
}

// Within returns the part of h that lies in other, and whether there is any.
func (h Hours) Within(other Hours) (Hours, bool) {
	part := Hours{From: max(h.From, other.From), To: min(h.To, other.To)}
	return part, part.From < part.To
}

// At returns the instant, in UTC, at which a day's clock shows the time. A time that
// the clock shows twice is its first showing; one that it skips is the first instant
// after the gap. So At never goes backwards as day and time go forwards.
func (c *Compiled) At(day Date, clock Clock) time.Time {
	civil := day.utc().Add(time.Duration(clock) * time.Minute)
	return instant(civil, c.location)
}

// Instant is At for a written time of day, "HH:MM"; its error names what to write.
func (c *Compiled) Instant(day Date, clock string) (time.Time, error) {
	parsed, err := ParseClock(clock)
	if err != nil {
		return time.Time{}, err
	}
	return c.At(day, parsed), nil
}

// widestOffset is more than any zone's distance from UTC (+14 h and -12 h).
const widestOffset = 26 * time.Hour

// instant walks the zone's periods of constant offset in order of time and returns the
// first that shows the civil time, given as if it were UTC.
func instant(civil time.Time, location *time.Location) time.Time {
	for t := civil.Add(-widestOffset).In(location); ; {
		start, end := bounds(t)
		_, offset := t.Zone()
		candidate := civil.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || candidate.Before(end) {
			if candidate.Before(start) { // the clock jumped over it
				return start.UTC()
			}
			return candidate.UTC()
		}
		t = end.In(location)
	}
}

// bounds is ZoneBounds, whose end is never after t when t is on the last day of a leap year beyond the zone's table (2037), by UTC.
// No rule of a zone changes clocks on that day.
func bounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(24 * time.Hour)
	}
	return start, end
}

// Session returns the instants of a day's hours, and false when a change of clocks
// leaves nothing of them.
func (c *Compiled) Session(day Date, hours Hours) (contract.Session, bool) {
	s := contract.Session{From: c.At(day, hours.From), To: c.At(day, hours.To)}
	return s, s.From.Before(s.To)
}
