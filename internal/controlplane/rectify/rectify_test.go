package rectify_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/rectify"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func notMet(by, on v1alpha1.Civil) v1alpha1.Finding {
	return v1alpha1.Finding{Result: v1alpha1.FindingNotMet, FoundOn: "2026-12-03", RectifyBy: by, RectifiedOn: on}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	zone := shanghai(t)
	// 23:00 of 17 December in Shanghai, 15:00 in Greenwich.
	now := time.Date(2026, 12, 17, 15, 0, 0, 0, time.UTC)
	midnight := time.Hour
	tests := map[string]struct {
		finding v1alpha1.Finding
		want    rectify.Standing
		next    time.Duration // 0: never
		fault   string        // path
	}{
		"met":                              {v1alpha1.Finding{Result: v1alpha1.FindingMet, FoundOn: "2026-12-03"}, rectify.None, 0, ""},
		"its last day":                     {notMet("2026-12-17", ""), rectify.Open, midnight, ""},
		"the day after it":                 {notMet("2026-12-16", ""), rectify.Overdue, 0, ""},
		"rectified on the last day":        {notMet("2026-12-10", "2026-12-10"), rectify.InTime, 0, ""},
		"rectified a day late":             {notMet("2026-12-10", "2026-12-11"), rectify.Late, 0, ""},
		"rectified today":                  {notMet("2026-12-17", "2026-12-17"), rectify.InTime, 0, ""},
		"rectified tomorrow":               {notMet("2026-12-31", "2026-12-18"), rectify.Open, midnight, "rectifiedOn"},
		"overdue, and rectified tomorrow":  {notMet("2026-12-16", "2026-12-18"), rectify.Overdue, midnight, "rectifiedOn"},
		"by a day that does not exist":     {notMet("2027-02-30", ""), rectify.Open, 0, "rectifyBy"},
		"on a day that does not exist":     {notMet("2026-12-31", "2026-11-31"), rectify.Open, 14*24*time.Hour + midnight, "rectifiedOn"},
		"by no day, and rectified":         {notMet("2027-02-30", "2026-12-10"), rectify.InTime, 0, "rectifyBy"},
		"met on a day that is yet to come": {v1alpha1.Finding{Result: v1alpha1.FindingMet, FoundOn: "2026-12-18"}, rectify.None, midnight, "foundOn"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rectify.Judge(tt.finding, now, zone)
			var next time.Time
			if tt.next > 0 {
				next = now.Add(tt.next)
			}
			if got.Standing != tt.want || !got.Next.Equal(next) {
				t.Errorf("standing %d, next %s; want %d, %s", got.Standing, got.Next, tt.want, next)
			}
			path := ""
			if paths := fault.Paths(err); len(paths) > 0 {
				path = paths[0]
			}
			if path != tt.fault {
				t.Errorf("fault %v, want one at %q", err, tt.fault)
			}
		})
	}
}

// Nothing changes before the instant that was named, and something does at it; in a zone whose clock has
// no midnight on one of the days, too.
func TestNextIsExact(t *testing.T) {
	t.Parallel()
	havana, err := time.LoadLocation("America/Havana") // 2027-03-14 begins at 01:00 there
	if err != nil {
		t.Fatal(err)
	}
	start := calendar.Date{Year: 2027, Month: time.March, Day: 1}
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string) v1alpha1.Civil {
			return v1alpha1.Civil(start.AddDays(rapid.IntRange(0, 30).Draw(t, name)).String())
		}
		f := v1alpha1.Finding{Result: v1alpha1.FindingNotMet, FoundOn: day("found"), RectifyBy: day("by")}
		if rapid.Bool().Draw(t, "rectified") {
			f.RectifiedOn = day("on")
		}
		now := start.In(havana).Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minute")) * time.Minute)
		says := func(at time.Time) string {
			v, err := rectify.Judge(f, at, havana)
			text := ""
			if err != nil {
				text = err.Error()
			}
			return string(rune('0'+v.Standing)) + text
		}
		v, _ := rectify.Judge(f, now, havana)
		if v.Next.IsZero() {
			if says(now) != says(now.AddDate(1, 0, 0)) {
				t.Fatalf("%+v changes by itself after %s, which is not told", f, now)
			}
			return
		}
		if before := v.Next.Add(-time.Second); before.After(now) && says(before) != says(now) {
			t.Fatalf("%+v changes before %s", f, v.Next)
		}
		if !v.Next.After(now) || says(v.Next) == says(now) {
			t.Fatalf("%+v does not change at %s", f, v.Next)
		}
	})
}
