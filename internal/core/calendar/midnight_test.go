package calendar_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// TestMidnights: every day begins after the one before and at its own first instant, in zones with and without summer time; the
// last days of a leap year beyond the zones' tables are where package time knows no next change of clocks.
func TestMidnights(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "Europe/Lisbon", "America/Havana", "Pacific/Chatham", "America/Sao_Paulo"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		day := calendar.Date{Year: 2016, Month: time.January, Day: 1}
		last := day.AddDays(-1).In(zone)
		for ; day.Year < 2050; day = day.AddDays(1) {
			at := day.In(zone)
			if shown := calendar.DateOf(at.In(zone)); shown != day || !at.After(last) {
				t.Fatalf("%s: %s begins at %s, which is %s there; the day before at %s", name, day, at, shown, last)
			}
			if before := calendar.DateOf(at.Add(-time.Second).In(zone)); before == day {
				t.Fatalf("%s: %s does not begin at %s: it is that day a second before", name, day, at)
			}
			last = at
		}
	}
}
