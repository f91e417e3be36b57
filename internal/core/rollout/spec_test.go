package rollout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

const phases = "template.spec.phases"

func cronOf(text string) func(*rollout.Spec) { return func(s *rollout.Spec) { s.Cron = text } }

func TestCompileNamesTheFault(t *testing.T) {
	t.Parallel()
	negative := int64(-1)
	tests := map[string]struct {
		breakIt  func(*rollout.Spec)
		wantPath []string
		wantText string
	}{
		"zone in the schedule":     {cronOf("CRON_TZ=Asia/Tokyo 0 8 15 9 *"), []string{"schedule.cron"}, "names a time zone"},
		"short zone":               {cronOf("TZ=UTC"), []string{"schedule.cron"}, "names a time zone"},
		"seconds":                  {cronOf("0 0 8 15 9 *"), []string{"schedule.cron"}, "has 6 fields"},
		"descriptor":               {cronOf("@yearly"), []string{"schedule.cron"}, "write five"},
		"nonsense":                 {cronOf("0 8 15 Sept *"), []string{"schedule.cron"}, "cannot be read"},
		"out of range":             {cronOf("0 25 15 9 *"), []string{"schedule.cron"}, "cannot be read"},
		"every hour":               {cronOf("0 * 15 9 *"), []string{"schedule.cron"}, "more than once a day"},
		"twice an hour":            {cronOf("0,30 8 15 9 *"), []string{"schedule.cron"}, "more than once a day"},
		"a day that never comes":   {cronOf("0 8 30 2 *"), []string{"schedule.cron"}, "never runs"},
		"neither cron nor date":    {cronOf(""), []string{"schedule"}, "either cron or startDate"},
		"both":                     {func(s *rollout.Spec) { s.StartDate = date("2026-09-01") }, []string{"schedule"}, "either cron or startDate"},
		"negative deadline":        {func(s *rollout.Spec) { s.StartingDeadlineSeconds = &negative }, []string{"schedule.startingDeadlineSeconds"}, "write 0 or more"},
		"unknown policy":           {func(s *rollout.Spec) { s.MissedRunPolicy = "Twice" }, []string{"schedule.missedRunPolicy"}, "write RunOnce or Skip"},
		"another zone":             {func(s *rollout.Spec) { s.TimeZone = "Asia/Tokyo" }, []string{"timeZone"}, `the calendar's is "Asia/Shanghai"`},
		"no name":                  {func(s *rollout.Spec) { s.Campaign = "" }, []string{"metadata.name"}, "write a name"},
		"no phases":                {func(s *rollout.Spec) { s.Phases = nil }, []string{phases}, "has no Stage1"},
		"unknown phase":            {func(s *rollout.Spec) { s.Phases[0].Name = "Party" }, []string{phases + "[0].name"}, "unknown phase"},
		"phases out of order":      {func(s *rollout.Spec) { s.Phases[0], s.Phases[1] = s.Phases[1], s.Phases[0] }, []string{phases + "[1].name"}, "out of order"},
		"phase twice":              {func(s *rollout.Spec) { s.Phases[1].Name = rollout.Publicity }, []string{phases + "[1].name"}, "twice"},
		"no length":                {func(s *rollout.Spec) { s.Phases[0].SchoolDays = 0 }, []string{phases + "[0].schoolDays"}, "write 1 to 260"},
		"endless":                  {func(s *rollout.Spec) { s.Phases[0].SchoolDays = 261 }, []string{phases + "[0].schoolDays"}, "write 1 to 260"},
		"Stage1 without session":   {func(s *rollout.Spec) { s.Phases[2].Session = nil }, []string{phases + "[2].session"}, "is missing"},
		"session of Publicity":     {func(s *rollout.Spec) { s.Phases[0].Session = s.Phases[2].Session }, []string{phases + "[0].session"}, "only Stage1 and Stage2"},
		"session ends as it opens": {func(s *rollout.Spec) { s.Phases[2].Session.To = "09:00" }, []string{phases + "[2].session"}, "is empty"},
		"session time":             {func(s *rollout.Spec) { s.Phases[2].Session.To = "4pm" }, []string{phases + "[2].session"}, "write HH:MM"},
		"dates of a recurring one": {
			func(s *rollout.Spec) {
				s.Phases[0] = rollout.Phase{Name: rollout.Publicity, Dates: &calendar.Range{From: date("2026-09-01"), To: date("2026-09-02")}}
			},
			[]string{phases + "[0].dates"}, "write schoolDays",
		},
		"dates inverted": {
			func(s *rollout.Spec) {
				s.Cron, s.StartDate = "", date("2026-09-01")
				s.Phases[0] = rollout.Phase{Name: rollout.Publicity, Dates: &calendar.Range{From: date("2026-09-03"), To: date("2026-09-02")}}
			},
			[]string{phases + "[0].dates"}, "write from and to",
		},
		"all faults at once": {
			func(s *rollout.Spec) { s.Cron = "x"; s.TimeZone = ""; s.Phases[3].SchoolDays = -1 },
			[]string{"timeZone", "schedule.cron", phases + "[3].schoolDays"}, "",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := autumn()
			tc.breakIt(&spec)
			_, err := rollout.Compile(spec, beijing)
			if diff := cmp.Diff(tc.wantPath, fault.Paths(err)); diff != "" {
				t.Fatalf("paths (-want +got):\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("error %q does not say %q", err, tc.wantText)
			}
		})
	}
}
