package rollout

import (
	"errors"
	"fmt"
	"math/bits"
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
// is the calendar's, so that a change of clocks neither drops nor doubles a run.
type slots struct {
	calendar *calendar.Compiled
	cron     *cron.SpecSchedule // nil: one-off
	once     calendar.Date
}

// slot is one run: its date, by which rounds are named, and its instant.
type slot struct {
	date calendar.Date
	at   time.Time
}

// Bounds of the search for the latest slot: a month to begin with, doubled until a
// slot is found or the longest pause of a schedule, the eight years that 29 February
// takes around 2100, is exceeded.
const (
	firstWindow = 32 * 24 * time.Hour
	lastWindow  = 9 * 366 * 24 * time.Hour
	zoneSlack   = 48 * time.Hour // no civil time is further from the same time in UTC
)

// latest returns the latest slot whose instant is not after now.
func (s slots) latest(now time.Time) (slot, bool) {
	if s.cron == nil {
		only := slot{date: s.once, at: s.calendar.At(s.once, 0)}
		return only, !only.at.After(now)
	}
	for window := firstWindow; ; window *= 2 {
		if found, ok := s.latestWithin(window, now); ok || window > lastWindow {
			return found, ok
		}
	}
}

// latestWithin walks the slots of one window, at most one a day; none of them is in
// the half of it that was searched before, so there are few.
func (s slots) latestWithin(window time.Duration, now time.Time) (found slot, ok bool) {
	for civil := s.cron.Next(now.UTC().Add(-window)); !civil.IsZero(); civil = s.cron.Next(civil) {
		next := s.slot(civil)
		if next.at.After(now) {
			break
		}
		found, ok = next, true
	}
	return found, ok
}

// after returns the first slot whose instant is after now.
func (s slots) after(now time.Time) (slot, bool) {
	if s.cron == nil {
		only := slot{date: s.once, at: s.calendar.At(s.once, 0)}
		return only, only.at.After(now)
	}
	for civil := s.cron.Next(now.UTC().Add(-zoneSlack)); !civil.IsZero(); civil = s.cron.Next(civil) {
		if next := s.slot(civil); next.at.After(now) {
			return next, true
		}
	}
	return slot{}, false
}

// slot turns a civil time written as UTC into the run it stands for.
func (s slots) slot(civil time.Time) slot {
	date := calendar.DateOf(civil)
	return slot{date: date, at: s.calendar.At(date, calendar.Clock(civil.Hour()*60+civil.Minute()))}
}
