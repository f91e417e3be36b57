package calendar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/calendar/calendartest"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// withExceptions: Fengtai is closed on 12 October and holds school on the Saturday
// after; its school No. 8 holds its sports day on that Saturday instead, and school in
// the National Day week.
func withExceptions() calendar.Calendar {
	in := calendartest.Beijing()
	in.Exceptions = []calendar.Exception{
		{District: "fengtai", School: "no-8", Closures: []calendar.Range{{From: date("2026-10-17"), To: date("2026-10-17")}}, MakeUpDays: []calendar.Date{date("2026-10-05")}},
		{District: "fengtai", Closures: []calendar.Range{{From: date("2026-10-12"), To: date("2026-10-12")}}, MakeUpDays: []calendar.Date{date("2026-10-17")}},
	}
	return in
}

func TestFor(t *testing.T) {
	t.Parallel()
	c := calendartest.MustCompile(withExceptions())
	tests := []struct {
		district, school, day string
		want                  calendar.Kind
	}{
		{"kaizhou", "", "2026-10-12", calendar.SchoolDay},
		{"kaizhou", "no-8", "2026-10-17", calendar.Weekend},
		{"fengtai", "", "2026-10-12", calendar.Closure},
		{"fengtai", "no-1", "2026-10-12", calendar.Closure},
		{"fengtai", "no-1", "2026-10-17", calendar.MakeUpDay},
		{"fengtai", "no-1", "2026-10-05", calendar.Closure},
		{"fengtai", "no-8", "2026-10-12", calendar.Closure},
		{"fengtai", "no-8", "2026-10-17", calendar.Closure},
		{"fengtai", "no-8", "2026-10-05", calendar.SchoolDay},
		{"fengtai", "no-8", "2026-10-10", calendar.MakeUpDay},
		{"fengtai", "no-8", "2026-10-11", calendar.Weekend},
		{"fengtai", "no-8", "2026-08-31", calendar.OutsideTerm},
	}
	for _, tc := range tests {
		if got := c.For(tc.district, tc.school).Kind(date(tc.day)); got != tc.want {
			t.Errorf("%s/%s on %s: %s, want %s", tc.district, tc.school, tc.day, got, tc.want)
		}
	}
}

func TestCompileNamesTheFaultOfAnException(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		breakIt  func(*calendar.Exception)
		wantPath []string
		wantText string
	}{
		"no district":                  {func(e *calendar.Exception) { e.District = "" }, []string{"exceptions[0].district"}, "name of a District"},
		"says nothing":                 {func(e *calendar.Exception) { e.Closures, e.MakeUpDays = nil, nil }, []string{"exceptions[0]"}, "says nothing"},
		"inverted closure":             {func(e *calendar.Exception) { e.Closures[0].To = date("2026-10-01") }, []string{"exceptions[0].closures[0].to"}, "is before from"},
		"make-up outside any term":     {func(e *calendar.Exception) { e.MakeUpDays[0] = date("2026-08-01") }, []string{"exceptions[0].makeUpDays[0]"}, "outside every term"},
		"make-up in its closure":       {func(e *calendar.Exception) { e.MakeUpDays[0] = date("2026-10-17") }, []string{"exceptions[0].makeUpDays[0]"}, "also in a closure"},
		"make-up in another's closure": {func(e *calendar.Exception) { e.School = "" }, []string{"exceptions[1].makeUpDays[0]"}, "of the same district and school"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := withExceptions()
			tc.breakIt(&in.Exceptions[0])
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

// Whatever a school's exceptions are, its school days are days of a term, its list of
// days and Kind agree, and another district's days are the calendar's.
func TestExceptionProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := calendartest.Beijing()
		day := rapid.Custom(func(t *rapid.T) calendar.Date {
			return date("2026-08-25").AddDays(rapid.IntRange(0, 330).Draw(t, "day"))
		})
		e := calendar.Exception{District: "fengtai", School: rapid.SampledFrom([]string{"", "no-8"}).Draw(t, "school")}
		e.MakeUpDays = rapid.SliceOfNDistinct(day, 0, 5, func(d calendar.Date) string { return d.String() }).Draw(t, "make-up days")
		for _, from := range rapid.SliceOfN(day, 0, 4).Draw(t, "closures") {
			e.Closures = append(e.Closures, calendar.Range{From: from, To: from.AddDays(rapid.IntRange(0, 9).Draw(t, "length"))})
		}
		in.Exceptions = []calendar.Exception{e}
		c, err := calendar.Compile(in)
		if err != nil {
			return // refused: not this test's
		}
		own, plain := c.For("fengtai", "no-8"), c.For("kaizhou", "no-8")
		for d := date("2026-08-25"); d.Before(date("2027-07-20")); d = d.AddDays(1) {
			kind := own.Kind(d)
			if held := kind == calendar.SchoolDay || kind == calendar.MakeUpDay; held != own.IsSchoolDay(d) {
				t.Fatalf("%s is %s, IsSchoolDay %v", d, kind, own.IsSchoolDay(d))
			}
			if (kind == calendar.OutsideTerm) != (plain.Kind(d) == calendar.OutsideTerm) || plain.Kind(d) != beijing.Kind(d) {
				t.Fatalf("%s: own %s, another's %s, plain %s", d, kind, plain.Kind(d), beijing.Kind(d))
			}
		}
	})
}
