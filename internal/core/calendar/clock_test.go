package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	in := func(zone string) *calendar.Compiled {
		c := calendartest.NewYork()
		c.TimeZone = zone
		return calendartest.MustCompile(c)
	}
	tests := map[string]struct {
		zone, day, clock string
		want             string
	}{
		"Shanghai":                {"Asia/Shanghai", "2026-09-15", "09:00", "2026-09-15T01:00:00Z"},
		"next midnight":           {"Asia/Shanghai", "2026-09-15", "24:00", "2026-09-15T16:00:00Z"},
		"summer":                  {"America/New_York", "2026-10-31", "08:00", "2026-10-31T12:00:00Z"},
		"winter":                  {"America/New_York", "2026-11-02", "08:00", "2026-11-02T13:00:00Z"},
		"shown twice: the first":  {"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		"after being shown twice": {"America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z"},
		"before the gap":          {"America/New_York", "2027-03-14", "01:59", "2027-03-14T06:59:00Z"},
		"in the gap":              {"America/New_York", "2027-03-14", "02:30", "2027-03-14T07:00:00Z"},
		"after the gap":           {"America/New_York", "2027-03-14", "03:00", "2027-03-14T07:00:00Z"},
		"midnight in a gap":       {"Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00:00Z"},
		"half an hour":            {"Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03T15:30:00Z"},
		"a day that never was":    {"Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z"},
		"east of the date line":   {"Pacific/Kiritimati", "2026-09-15", "00:00", "2026-09-14T10:00:00Z"},
		"west of it":              {"Pacific/Pago_Pago", "2026-09-15", "24:00", "2026-09-16T11:00:00Z"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := in(tc.zone).Instant(date(tc.day), tc.clock)
			if err != nil || got.Format(time.RFC3339) != tc.want {
				t.Errorf("= %s, %v; want %s", got.Format(time.RFC3339), err, tc.want)
			}
		})
	}
}

func TestInstantRefuses(t *testing.T) {
	t.Parallel()
	for _, clock := range []string{"", "9:00", "09.00", "24:01", "25:00", "12:60", "12:5x", "-1:00", "09:000", "noon!"} {
		if got, err := beijing.Instant(date("2026-09-15"), clock); err == nil {
			t.Errorf("Instant(%q) = %s", clock, got)
		}
	}
}

func TestParseHoursRefusesEmptyAndInverted(t *testing.T) {
	t.Parallel()
	for _, h := range [][2]string{{"09:00", "09:00"}, {"16:00", "09:00"}, {"x", "09:00"}, {"09:00", "x"}} {
		if got, err := calendar.ParseHours(h[0], h[1]); err == nil {
			t.Errorf("ParseHours(%q, %q) = %+v", h[0], h[1], got)
		}
	}
}

func TestSessionSwallowedByTheGap(t *testing.T) {
	t.Parallel()
	day := date("2027-03-14")
	if s, ok := newYork.Session(day, calendar.Hours{From: 2 * 60, To: 3 * 60}); ok {
		t.Errorf("02:00-03:00 is %+v", s)
	}
	if s, ok := newYork.Session(day, calendar.Hours{From: 2 * 60, To: 4 * 60}); !ok || s.To.Sub(s.From) != time.Hour {
		t.Errorf("02:00-04:00 is %+v", s)
	}
}

var zones = []string{
	"Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe",
	"Pacific/Apia", "Europe/London", "Asia/Kathmandu", "America/St_Johns", "UTC",
}

// At is right and never goes backwards: where the clock shows the time at all, the
// instant shows it; otherwise it is the first instant after the jump; and later civil
// times never give earlier instants.
func TestAtProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := calendartest.NewYork()
		in.TimeZone = rapid.SampledFrom(zones).Draw(t, "zone")
		c := calendartest.MustCompile(in)
		day := date("1990-01-01").AddDays(rapid.IntRange(0, 365*60).Draw(t, "day"))
		clock := calendar.Clock(rapid.IntRange(0, 1439).Draw(t, "clock"))
		got := c.At(day, clock)
		local := got.In(c.Location())
		shown := calendar.Clock(local.Hour()*60 + local.Minute())
		same := calendar.DateOf(local) == day && shown == clock
		before := got.Add(-time.Second).In(c.Location())
		jumped := local.Hour()*60+local.Minute()-before.Hour()*60-before.Minute() != 1
		if !same && !jumped {
			t.Fatalf("%s %s is %s, which shows %s", day, clock, got, local)
		}
		if later := c.At(day, clock+1); later.Before(got) {
			t.Fatalf("%s %s is %s, a minute later is %s", day, clock, got, later)
		}
		if next := c.At(day.AddDays(1), 0); !next.Equal(c.At(day, 24*60)) {
			t.Fatalf("24:00 of %s is not the next midnight", day)
		}
	})
}

func TestDateProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := date("2000-02-28").AddDays(rapid.IntRange(-99999, 99999).Draw(t, "a"))
		n := rapid.IntRange(-5000, 5000).Draw(t, "n")
		b := a.AddDays(n)
		if b.AddDays(-n) != a || (calendar.Range{From: a, To: b}).Days() != n+1 || a.Before(b) != (n > 0) {
			t.Fatalf("%s + %d = %s", a, n, b)
		}
		if got := date(a.String()); got != a {
			t.Fatalf("%s parses as %s", a, got)
		}
		if (int(a.Weekday())+n%7+7)%7 != int(b.Weekday()) {
			t.Fatalf("%s is a %s, %s a %s", a, a.Weekday(), b, b.Weekday())
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2026-09-15", "0000-01-01", "2026-02-30", "9999-12-31", "2026-9-1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := calendar.ParseDate(text); err == nil && d.String() != text {
			t.Errorf("%q parses as %s", text, d)
		}
	})
}

func FuzzParseSession(f *testing.F) {
	f.Add("09:00", "16:30", 100)
	f.Add("00:00", "24:00", 187)
	f.Add("02:00", "03:00", 187)
	f.Fuzz(func(t *testing.T, from, to string, offset int) {
		hours, err := calendar.ParseHours(from, to)
		if err != nil {
			return
		}
		if hours.From.String() != from || hours.To.String() != to {
			t.Errorf("%q-%q parses as %+v", from, to, hours)
		}
		s, ok := newYork.Session(date("2026-09-08").AddDays(offset%4000), hours)
		if ok != s.From.Before(s.To) || s.To.Sub(s.From) > 25*time.Hour {
			t.Errorf("%+v gives %+v", hours, s)
		}
	})
}
