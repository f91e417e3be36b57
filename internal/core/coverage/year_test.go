package coverage_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

func day(t interface{ Fatal(...any) }, text string) coverage.DayOfYear {
	d, err := coverage.ParseDayOfYear(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rule(t interface{ Fatal(...any) }, begins, due string, percent int) coverage.Rule {
	return coverage.Rule{YearBegins: day(t, begins), DueBy: day(t, due), TargetPercent: percent}
}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParseDayOfYear(t *testing.T) {
	for text, ok := range map[string]bool{
		"09-01": true, "12-31": true, "02-28": true,
		"02-29": false, "02-30": false, "13-01": false, "00-01": false, "9-1": false, "0901": false, "": false, "2026-09-01": false,
	} {
		d, err := coverage.ParseDayOfYear(text)
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if ok && d.String() != text {
			t.Errorf("%q is written back as %q", text, d)
		}
		if !ok && !strings.Contains(err.Error(), "write one such as 09-01") {
			t.Errorf("%q: %v does not say what to write", text, err)
		}
	}
}

func FuzzParseDayOfYear(f *testing.F) {
	for _, seed := range []string{"09-01", "02-29", "1-1", "-01-01", "01-0١"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := coverage.ParseDayOfYear(text); err == nil && d.String() != text {
			t.Errorf("%q was read as %s", text, d)
		}
	})
}

func TestYearOf(t *testing.T) {
	tests := map[string]struct {
		begins, due, zone, now string
		name                   string
		from, soon, dueAt, to  string // in UTC
	}{
		"autumn": {"09-01", "05-31", "Asia/Shanghai", "2026-11-22T12:00:00Z",
			"2026-2027", "2026-08-31T16:00:00Z", "2027-04-01T16:00:00Z", "2027-05-31T16:00:00Z", "2027-08-31T16:00:00Z"},
		"the last second of the year": {"09-01", "05-31", "Asia/Shanghai", "2027-08-31T15:59:59Z",
			"2026-2027", "2026-08-31T16:00:00Z", "2027-04-01T16:00:00Z", "2027-05-31T16:00:00Z", "2027-08-31T16:00:00Z"},
		"the first of the next": {"09-01", "05-31", "Asia/Shanghai", "2027-08-31T16:00:00Z",
			"2027-2028", "2027-08-31T16:00:00Z", "2028-04-01T16:00:00Z", "2028-05-31T16:00:00Z", "2028-08-31T16:00:00Z"},
		"sixty days over a 29 February": {"09-01", "04-10", "UTC", "2028-01-01T00:00:00Z",
			"2027-2028", "2027-09-01T00:00:00Z", "2028-02-11T00:00:00Z", "2028-04-11T00:00:00Z", "2028-09-01T00:00:00Z"},
		"due before the new year": {"09-01", "11-30", "UTC", "2027-03-01T00:00:00Z",
			"2026-2027", "2026-09-01T00:00:00Z", "2026-10-02T00:00:00Z", "2026-12-01T00:00:00Z", "2027-09-01T00:00:00Z"},
		"due on the day on which the year begins": {"09-01", "09-01", "UTC", "2026-09-01T00:00:00Z",
			"2026-2027", "2026-09-01T00:00:00Z", "2026-07-04T00:00:00Z", "2026-09-02T00:00:00Z", "2027-09-01T00:00:00Z"},
		"a year that is the calendar's": {"01-01", "12-01", "UTC", "2026-12-31T23:59:59Z",
			"2026-2027", "2026-01-01T00:00:00Z", "2026-10-03T00:00:00Z", "2026-12-02T00:00:00Z", "2027-01-01T00:00:00Z"},
		"it is still last year in the zone": {"09-01", "05-31", "America/Los_Angeles", "2026-09-01T06:59:59Z",
			"2025-2026", "2025-09-01T07:00:00Z", "2026-04-02T07:00:00Z", "2026-06-01T07:00:00Z", "2026-09-01T07:00:00Z"},
		"a midnight that the clock skips": {"11-04", "06-01", "America/Sao_Paulo", "2018-11-04T03:00:00Z", // 00:00 became 01:00
			"2018-2019", "2018-11-04T03:00:00Z", "2019-04-03T03:00:00Z", "2019-06-02T03:00:00Z", "2019-11-04T03:00:00Z"},
		"a midnight that it shows twice": {"11-01", "06-01", "America/Havana", "2026-11-01T04:00:00Z", // 01:00 became 00:00
			"2026-2027", "2026-11-01T04:00:00Z", "2027-04-03T04:00:00Z", "2027-06-02T04:00:00Z", "2027-11-01T04:00:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			y := rule(t, tt.begins, tt.due, 95).YearOf(now, zone(t, tt.zone))
			got := []string{y.Name, y.From.UTC().Format(time.RFC3339), y.Soon.UTC().Format(time.RFC3339), y.Due.UTC().Format(time.RFC3339), y.To.UTC().Format(time.RFC3339)}
			if diff := cmp.Diff([]string{tt.name, tt.from, tt.soon, tt.dueAt, tt.to}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestStandingAndTurns(t *testing.T) {
	r := rule(t, "09-01", "05-31", 95)
	tests := map[string]struct {
		want  coverage.Standing
		turns string
	}{
		"2026-09-01T00:00:00Z": {coverage.InProgress, "2027-04-02"},
		"2027-04-01T23:59:59Z": {coverage.InProgress, "2027-04-02"},
		"2027-04-02T00:00:00Z": {coverage.DueSoon, "2027-06-01"},
		"2027-05-31T23:59:59Z": {coverage.DueSoon, "2027-06-01"},
		"2027-06-01T00:00:00Z": {coverage.Overdue, "2027-09-01"},
		"2027-08-31T23:59:59Z": {coverage.Overdue, "2027-09-01"},
		"2027-09-01T00:00:00Z": {coverage.InProgress, "2028-04-02"},
	}
	for text, tt := range tests {
		now, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		y := r.YearOf(now, time.UTC)
		if got, turns := y.Standing(now), y.Turns(now).Format(time.DateOnly); got != tt.want || turns != tt.turns {
			t.Errorf("%s: %s until %s, want %s until %s", text, got, turns, tt.want, tt.turns)
		}
	}
}

func TestStricter(t *testing.T) {
	tests := map[string]struct {
		province, district, want coverage.Rule
	}{
		"a district that says nothing": {rule(t, "09-01", "05-31", 95), coverage.Rule{}, rule(t, "09-01", "05-31", 95)},
		"sooner in the same half":      {rule(t, "09-01", "05-31", 95), coverage.Rule{DueBy: day(t, "04-30")}, rule(t, "09-01", "04-30", 95)},
		"later":                        {rule(t, "09-01", "05-31", 95), coverage.Rule{DueBy: day(t, "06-30")}, rule(t, "09-01", "05-31", 95)},
		"before the new year":          {rule(t, "09-01", "05-31", 95), coverage.Rule{DueBy: day(t, "12-31")}, rule(t, "09-01", "12-31", 95)},
		"after it":                     {rule(t, "09-01", "11-30", 95), coverage.Rule{DueBy: day(t, "01-15")}, rule(t, "09-01", "11-30", 95)},
		"both before it":               {rule(t, "09-01", "12-15", 95), coverage.Rule{DueBy: day(t, "10-15")}, rule(t, "09-01", "10-15", 95)},
		"the year's last day":          {rule(t, "09-01", "05-31", 95), coverage.Rule{DueBy: day(t, "08-31")}, rule(t, "09-01", "05-31", 95)},
		"the year's first day":         {rule(t, "09-01", "05-31", 95), coverage.Rule{DueBy: day(t, "09-01")}, rule(t, "09-01", "09-01", 95)},
		"a year from March":            {rule(t, "03-01", "02-28", 95), coverage.Rule{DueBy: day(t, "03-01")}, rule(t, "03-01", "03-01", 95)},
		"a smaller share":              {rule(t, "09-01", "05-31", 95), coverage.Rule{TargetPercent: 90}, rule(t, "09-01", "05-31", 95)},
		"a larger share":               {rule(t, "09-01", "05-31", 95), coverage.Rule{TargetPercent: 100}, rule(t, "09-01", "05-31", 100)},
		"its own beginning is not asked": {rule(t, "09-01", "05-31", 95), coverage.Rule{YearBegins: day(t, "01-01"), DueBy: day(t, "02-01")},
			rule(t, "09-01", "02-01", 95)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.province.Stricter(tt.district)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// someDay generates days that every year has.
func someDay() *rapid.Generator[coverage.DayOfYear] {
	return rapid.Custom(func(t *rapid.T) coverage.DayOfYear {
		at := time.Date(2001, 1, rapid.IntRange(1, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		return coverage.DayOfYear{Month: at.Month(), Day: at.Day()}
	})
}

func someRule() *rapid.Generator[coverage.Rule] {
	return rapid.Custom(func(t *rapid.T) coverage.Rule {
		return coverage.Rule{YearBegins: someDay().Draw(t, "begins"), DueBy: someDay().Draw(t, "due"), TargetPercent: rapid.IntRange(1, 100).Draw(t, "percent")}
	})
}

var zones = []string{"Asia/Shanghai", "UTC", "America/Sao_Paulo", "America/Havana", "Europe/Lisbon", "Pacific/Chatham", "Pacific/Kiritimati"}

// TestYearsFollowOneAnother: every instant is in one year, years leave no gap and do not overlap, and what is due is
// due within the year.
func TestYearsFollowOneAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, z := someRule().Draw(t, "rule"), zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0)
		y := r.YearOf(now, z)
		if now.Before(y.From) || !now.Before(y.To) {
			t.Fatalf("%s is not in its year %v", now, y)
		}
		if !y.Due.After(y.From) || y.Due.After(y.To) || !y.Soon.Before(y.Due) {
			t.Fatalf("due at %s, soon at %s in %s to %s", y.Due, y.Soon, y.From, y.To)
		}
		if next := r.YearOf(y.To, z); !next.From.Equal(y.To) || next.Name == y.Name {
			t.Fatalf("after %v comes %v", y, next)
		}
		if same := r.YearOf(y.To.Add(-time.Second), z); same != y {
			t.Fatalf("the last second of %v is in %v", y, same)
		}
		if turns := y.Turns(now); !turns.After(now) {
			t.Fatalf("at %s the next turn is %s", now, turns)
		}
	})
}

// TestStricterIsSoonerInEveryYear: whatever the year, the rule of both is due when the sooner of them is.
func TestStricterIsSoonerInEveryYear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		province, district := someRule().Draw(t, "province"), someRule().Draw(t, "district")
		district.YearBegins = province.YearBegins
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0)
		z := zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		want := province.YearOf(now, z).Due
		if own := district.YearOf(now, z).Due; own.Before(want) {
			want = own
		}
		both := province.Stricter(district)
		if got := both.YearOf(now, z).Due; !got.Equal(want) {
			t.Fatalf("due at %s, want %s", got, want)
		}
		if both.TargetPercent != max(province.TargetPercent, district.TargetPercent) {
			t.Fatalf("target %d", both.TargetPercent)
		}
	})
}

func TestCheck(t *testing.T) {
	if err := coverage.DefaultRule().Check(); err != nil {
		t.Error(err)
	}
	tests := map[string]struct {
		rule coverage.Rule
		want string
	}{
		"nobody":                     {rule(t, "09-01", "05-31", 0), "write 1 to 100"},
		"more than all":              {rule(t, "09-01", "05-31", 101), "write 1 to 100"},
		"due on the last day":        {rule(t, "09-01", "08-31", 95), "write an earlier one"},
		"due on the last of the two": {rule(t, "01-01", "12-31", 95), "write an earlier one"},
		"due on the last of March's": {rule(t, "03-01", "02-28", 95), "write an earlier one"},
	}
	for name, tt := range tests {
		if err := tt.rule.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
