package rollout

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// cronFields reads the five standard fields: no seconds, no @descriptors.
var cronFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// cronStar is the bit that robfig/cron sets beside the values when a field holds a star.
const cronStar = 1 << 63

// parseCron reads a schedule of five fields that runs at most once a day. Its Location
// is UTC because it is only ever asked about civil times written as if they were UTC.
func parseCron(text string) (*cron.SpecSchedule, error) {
	if strings.Contains(text, "TZ=") {
		return nil, errors.New("names a time zone; write the five fields only, the zone is the campaign's timeZone")
	}
	if n := len(strings.Fields(text)); n != 5 {
		return nil, fmt.Errorf("has %d fields; write five: minute hour day-of-month month day-of-week", n)
	}
	parsed, err := cronFields.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w; write five fields such as 0 8 15 9 *", err)
	}
	schedule, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, errors.New("is not a schedule of five fields; write one such as 0 8 15 9 *")
	}
	schedule.Location = time.UTC
	for _, field := range []uint64{schedule.Minute, schedule.Hour} {
		if bits.OnesCount64(field&^cronStar) != 1 {
			return nil, errors.New("runs more than once a day; write one minute and one hour, rounds are named by their date")
		}
	}
	if schedule.Next(leapYear).IsZero() {
		return nil, errors.New("never runs; write a day that exists")
	}
	return schedule, nil
}

// leapYear is where a schedule is tried for ever running: 29 February comes at once.
var leapYear = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)

// slots are the runs of a campaign. A slot is a civil date and time of day; its instant
// is the calendar's, so that a change of clocks neither drops nor doubles a run. A date
// that is written down is one run, whatever the cron expression says of that day.
type slots struct {
	calendar *calendar.Compiled
	cron     *cron.SpecSchedule // nil: none
	dates    []calendar.Date    // written down, ascending; their runs begin at midnight
}

// slot is one run: its date, by which rounds are named, and its instant.
type slot struct {
	date calendar.Date
	at   time.Time
}

// Bounds of the search for the latest slot: a month to begin with, doubled until a
// slot is found or the longest pause of a schedule, the eight years that 29 February
// takes around 2100, is exceeded. A date that is written down can take the place of one
// firing; hence twice as long.
const (
	firstWindow = 32 * 24 * time.Hour
	lastWindow  = 2 * 9 * 366 * 24 * time.Hour
	zoneSlack   = 48 * time.Hour // no civil time is further from the same time in UTC
)

// latest returns the latest slot whose instant is not after now.
func (s slots) latest(now time.Time) (slot, bool) {
	written, ok := s.latestWritten(now)
	recurring, found := s.latestRecurring(now)
	if !ok || found && recurring.at.After(written.at) {
		return recurring, found
	}
	return written, true
}

// latestWritten is the latest of the dates that are written down.
func (s slots) latestWritten(now time.Time) (slot, bool) {
	for _, date := range slices.Backward(s.dates) {
		if found := s.written(date); !found.at.After(now) {
			return found, true
		}
	}
	return slot{}, false
}

func (s slots) latestRecurring(now time.Time) (slot, bool) {
	for window := firstWindow; s.cron != nil; window *= 2 {
		if found, ok := s.latestWithin(window, now); ok || window > lastWindow {
			return found, ok
		}
	}
	return slot{}, false
}

// latestWithin walks the slots of one window, at most one a day; none of them is in
// the half of it that was searched before, so there are few.
func (s slots) latestWithin(window time.Duration, now time.Time) (found slot, ok bool) {
	for civil := s.next(now.UTC().Add(-window)); !civil.IsZero(); civil = s.next(civil) {
		next := s.slot(civil)
		if next.at.After(now) {
			break
		}
		found, ok = next, true
	}
	return found, ok
}

// after returns the first slot whose instant is after now.
func (s slots) after(now time.Time) (found slot, ok bool) {
	for _, date := range s.dates {
		if next := s.written(date); next.at.After(now) {
			found, ok = next, true
			break
		}
	}
	if s.cron == nil {
		return found, ok
	}
	for civil := s.next(now.UTC().Add(-zoneSlack)); !civil.IsZero(); civil = s.next(civil) {
		next := s.slot(civil)
		if ok && next.at.After(found.at) {
			break
		}
		if next.at.After(now) {
			return next, true
		}
	}
	return found, ok
}

// on returns the run of a date, if there is one.
func (s slots) on(date calendar.Date) (slot, bool) {
	if slices.Contains(s.dates, date) {
		return s.written(date), true
	}
	if s.cron == nil {
		return slot{}, false
	}
	midnight := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC)
	found := s.slot(s.cron.Next(midnight.Add(-time.Second)))
	return found, found.date == date && !date.IsZero()
}

// next is when the schedule fires next, on a day that is not written down. Civil times
// are written as if they were UTC; zero: never again.
func (s slots) next(civil time.Time) time.Time {
	for civil = s.cron.Next(civil); !civil.IsZero() && slices.Contains(s.dates, calendar.DateOf(civil)); {
		civil = s.cron.Next(civil)
	}
	return civil
}

func (s slots) written(date calendar.Date) slot { return slot{date: date, at: s.calendar.At(date, 0)} }

// slot turns a civil time written as UTC into the run it stands for.
func (s slots) slot(civil time.Time) slot {
	date := calendar.DateOf(civil)
	return slot{date: date, at: s.calendar.At(date, calendar.Clock(civil.Hour()*60+civil.Minute()))}
}
