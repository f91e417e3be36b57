package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

var (
	date    = calendartest.Date
	beijing = calendartest.MustCompile(calendartest.Beijing())
	newYork = calendartest.MustCompile(calendartest.NewYork())
)

func TestCompileNamesTheFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breakIt  func(*calendar.Calendar)
		wantPath []string
		wantText string
	}{
		"unknown zone":  {func(c *calendar.Calendar) { c.TimeZone = "Asia/Beijing" }, []string{"timeZone"}, "Asia/Shanghai"},
		"no zone":       {func(c *calendar.Calendar) { c.TimeZone = "" }, []string{"timeZone"}, "unknown zone"},
		"machine's":     {func(c *calendar.Calendar) { c.TimeZone = "Local" }, []string{"timeZone"}, "unknown zone"},
		"no terms":      {func(c *calendar.Calendar) { c.Terms, c.MakeUpDays = nil, nil }, []string{"terms"}, "at least one"},
		"overlap":       {func(c *calendar.Calendar) { c.Terms[1].From = date("2027-01-22") }, []string{"terms[1]"}, "overlaps terms[0]"},
		"inverted term": {func(c *calendar.Calendar) { c.Terms[1].To = date("2027-02-21") }, []string{"terms[1].to"}, "is before from"},
		"inverted closure": {
			func(c *calendar.Calendar) { c.Closures[2].To = date("2026-12-31") },
			[]string{"closures[2].to"}, "is before from",
		},
		"missing date": {func(c *calendar.Calendar) { c.Closures[2].To = calendar.Date{} }, []string{"closures[2]"}, "lacks a date"},
		"endless term": {func(c *calendar.Calendar) { c.Terms[1].To = date("2037-01-01") }, []string{"terms[1].to"}, "at most 400"},
		"make-up outside any term": {
			func(c *calendar.Calendar) { c.MakeUpDays[0] = date("2027-02-06") },
			[]string{"makeUpDays[0]"}, "outside every term",
		},
		"make-up in a closure": {
			func(c *calendar.Calendar) { c.MakeUpDays[0] = date("2026-10-03") },
			[]string{"makeUpDays[0]"}, "also in a closure",
		},
		"make-up on a weekday": {
			func(c *calendar.Calendar) { c.MakeUpDays[0] = date("2026-09-21") },
			[]string{"makeUpDays[0]"}, "is a Monday",
		},
		"make-up twice": {
			func(c *calendar.Calendar) { c.MakeUpDays[1] = c.MakeUpDays[0] },
			[]string{"makeUpDays[1]"}, "listed twice",
		},
		"all faults at once": {
			func(c *calendar.Calendar) { c.TimeZone = "x"; c.Closures[0].To = date("2026-09-01") },
			[]string{"timeZone", "closures[0].to"}, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := calendartest.Beijing()
			tc.breakIt(&in)
			_, err := calendar.Compile(in)
			if diff := cmp.Diff(tc.wantPath, fault.Paths(err)); diff != "" {
				t.Fatalf("paths (-want +got):\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("error %q does not say %q", err, tc.wantText)
			}
		})
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]calendar.Kind{
		"2026-08-31": calendar.OutsideTerm,
		"2026-09-01": calendar.SchoolDay,
		"2026-09-20": calendar.MakeUpDay,
		"2026-09-25": calendar.Closure,
		"2026-10-03": calendar.Closure, // a Saturday inside a closure
		"2026-10-10": calendar.MakeUpDay,
		"2026-10-11": calendar.Weekend,
		"2027-01-22": calendar.SchoolDay, // the last day belongs to the term
		"2027-01-23": calendar.OutsideTerm,
	} {
		if got := beijing.Kind(date(day)); got != want {
			t.Errorf("Kind(%s) = %s, want %s", day, got, want)
		}
		isSchoolDay := want == calendar.SchoolDay || want == calendar.MakeUpDay
		if got := beijing.IsSchoolDay(date(day)); got != isSchoolDay {
			t.Errorf("IsSchoolDay(%s) = %v", day, got)
		}
	}
}

func TestNthSchoolDayAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from string
		n    int
		want string // empty: none
	}{
		"the next day":                 {"2026-09-01", 1, "2026-09-02"},
		"over a make-up day":           {"2026-09-18", 1, "2026-09-20"},
		"over the National Day week":   {"2026-09-30", 1, "2026-10-08"},
		"and its make-up Saturday":     {"2026-09-30", 3, "2026-10-10"},
		"before the year":              {"2026-01-01", 1, "2026-09-01"},
		"over the holidays":            {"2027-01-22", 1, "2027-02-22"},
		"from a day that is no school": {"2026-10-04", 2, "2026-10-09"},
		"after the last":               {"2027-07-09", 1, ""},
		"zero":                         {"2026-09-01", 0, ""},
		"negative":                     {"2026-09-01", -3, ""},
		"too many":                     {"2026-09-01", 1 << 62, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := beijing.NthSchoolDayAfter(date(tc.from), tc.n)
			if got.String() != tc.want || ok != (tc.want != "") {
				t.Errorf("= %s, %v; want %q", got, ok, tc.want)
			}
		})
	}
}

func TestSchoolDays(t *testing.T) {
	t.Parallel()
	want := []calendar.Date{date("2026-09-30"), date("2026-10-08"), date("2026-10-09"), date("2026-10-10")}
	if diff := cmp.Diff(want, beijing.SchoolDaysFrom(date("2026-09-30"), 4)); diff != "" {
		t.Errorf("from (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, beijing.SchoolDaysIn(calendar.Range{From: date("2026-09-30"), To: date("2026-10-11")})); diff != "" {
		t.Errorf("in (-want +got):\n%s", diff)
	}
	if got := beijing.SchoolDaysIn(calendar.Range{From: date("2026-10-11"), To: date("2026-09-30")}); len(got) != 0 {
		t.Errorf("an inverted range has %v", got)
	}
	if got := beijing.SchoolDaysFrom(date("2027-07-08"), 5); len(got) != 2 {
		t.Errorf("at the end of the year: %v", got)
	}
}

func TestSchoolWeek(t *testing.T) {
	c := calendartest.MustCompile(calendar.Calendar{
		TimeZone:   "Asia/Shanghai",
		SchoolWeek: []time.Weekday{time.Sunday, time.Monday},
		Terms:      []calendar.Term{{From: calendartest.Date("2026-09-06"), To: calendartest.Date("2026-09-13")}},
		MakeUpDays: []calendar.Date{calendartest.Date("2026-09-09")},
	})
	want := []calendar.Date{
		calendartest.Date("2026-09-06"), calendartest.Date("2026-09-07"), calendartest.Date("2026-09-09"), calendartest.Date("2026-09-13"),
	}
	if got := c.SchoolDaysFrom(calendartest.Date("2026-09-01"), 9); !slices.Equal(got, want) {
		t.Errorf("school days %v, want %v", got, want)
	}
	if kind := c.Kind(calendartest.Date("2026-09-08")); kind != calendar.Weekend {
		t.Errorf("a day outside the school week is %s, want Weekend", kind)
	}
}
