package round

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// extending is a round of 17 and 18 September that is open and asked for school days
// more. The calendar's term ends on the 22nd: there are the make-up Sunday 20, 21 and 22.
func extending(t *testing.T, asked int32, sessions ...v1alpha1.SessionWindow) observed {
	t.Helper()
	o := running(t)
	academic := shipped[v1alpha1.AcademicCalendar](t, "samples/academiccalendar.yaml")
	academic.Spec.Terms, academic.Spec.MakeUpDays = []v1alpha1.Term{{Name: "autumn", From: "2026-09-01", To: "2026-09-22"}}, []v1alpha1.Civil{"2026-09-20"}
	var err error
	if o.calendar, err = translate.CompileCalendar(academic.Spec); err != nil {
		t.Fatal(err)
	}
	spec := &o.round.Spec
	spec.Phases = []v1alpha1.PhaseWindow{{Name: v1alpha1.PhaseStage1, From: metav1.NewTime(opens), To: metav1.NewTime(time.Date(2026, 9, 18, 16, 0, 0, 0, time.UTC))}}
	spec.Sessions = append([]v1alpha1.SessionWindow{onDay(17), onDay(18)}, sessions...)
	spec.ExtendSchoolDays = &asked
	return o
}

// onDay is the session of a day of September, 09:00 to 16:30 in Beijing.
func onDay(day int) v1alpha1.SessionWindow {
	return v1alpha1.SessionWindow{
		From: metav1.NewTime(time.Date(2026, 9, day, 1, 0, 0, 0, time.UTC)), To: metav1.NewTime(time.Date(2026, 9, day, 8, 30, 0, 0, time.UTC)),
	}
}

func TestExtended(t *testing.T) {
	unopened := func(o *observed) { o.view.State = contract.RoundScheduled }
	tests := map[string]struct {
		asked int32
		has   []v1alpha1.SessionWindow
		edit  func(*observed)
		now   time.Time
		want  string
	}{
		"nobody asks":              {0, nil, nil, opens, "absent"},
		"asked for again and less": {1, []v1alpha1.SessionWindow{onDay(20), onDay(21)}, nil, opens, "True/Extended"},
		"before the opening":       {2, nil, unopened, opens.Add(-time.Hour), "False/NotYet A round that has not opened"},
		"not planned yet":          {2, []v1alpha1.SessionWindow{onDay(20)}, nil, opens, "False/NotYet Waiting for the operator"},
		"planned":                  {2, []v1alpha1.SessionWindow{onDay(20), onDay(21)}, nil, opens, "True/Extended Stage1 has 2 school days more than planned and closes at 2026-09-21T08:30:00Z"},
		"the calendar ends":        {4, []v1alpha1.SessionWindow{onDay(20), onDay(21), onDay(22)}, nil, opens, "False/CalendarEnds The calendar has 3 of the 4"},
		"the district's own days": {3, []v1alpha1.SessionWindow{onDay(20), onDay(22)}, func(o *observed) {
			o.district.Spec.Narrowing.WithoutSessions = []v1alpha1.Closure{{Name: "Sports day", From: "2026-09-21", To: "2026-09-21"}}
		}, opens, "False/CalendarEnds The calendar has 2 of the 3"},
		"no calendar":            {2, nil, func(o *observed) { o.calendar = nil }, opens, "False/NotYet Waiting for the calendar"},
		"no campaign":            {2, nil, func(o *observed) { o.campaign = nil }, opens, "False/CampaignNotFound"},
		"another campaign":       {2, nil, func(o *observed) { o.campaign.UID = "2" }, opens, "False/CampaignNotFound"},
		"too late":               {2, nil, nil, onDay(18).To.Time, "False/Closed The round has closed with 0 of the 2"},
		"after the extension":    {1, []v1alpha1.SessionWindow{onDay(20)}, nil, onDay(20).To.Time, "True/Extended"},
		"ended in the extension": {1, []v1alpha1.SessionWindow{onDay(20)}, func(o *observed) { o.round.Spec.EndAt = ptr.To(onDay(20).From) }, onDay(20).To.Time, "True/Extended Stage1 has 1 school days more than planned and closes at 2026-09-20T01:00:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := extending(t, tt.asked, tt.has...)
			if tt.edit != nil {
				tt.edit(&o)
			}
			got := is(extended(o, decide(o, tt.now), tt.now), v1alpha1.ConditionExtended)
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s; want %s", got, tt.want)
			}
		})
	}
}

// The district is told from when on a student counts as screened: from the beginning of
// the school year in which a make-up round opens, by the province's rule and the
// district's clock.
func TestNotScreenedSince(t *testing.T) {
	spring := coverage.Rule{YearBegins: coverage.DayOfYear{Month: time.March, Day: 1}}
	tests := map[string]struct {
		purpose v1alpha1.RoundPurpose
		rule    coverage.Rule
		opens   time.Time
		want    string
	}{
		"a regular round":                      {"", coverage.DefaultRule(), opens, ""},
		"a regular round that says so":         {v1alpha1.PurposeRegular, coverage.DefaultRule(), opens, ""},
		"in autumn":                            {v1alpha1.PurposeMakeUp, coverage.DefaultRule(), opens, "2026-08-31T16:00:00Z"},
		"in the spring after":                  {v1alpha1.PurposeMakeUp, coverage.DefaultRule(), opens.AddDate(0, 7, 0), "2026-08-31T16:00:00Z"},
		"on the first day, before Greenwich's": {v1alpha1.PurposeMakeUp, coverage.DefaultRule(), time.Date(2026, 8, 31, 17, 0, 0, 0, time.UTC), "2026-08-31T16:00:00Z"},
		"a school year from March":             {v1alpha1.PurposeMakeUp, spring, opens, "2026-02-28T16:00:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := running(t)
			o.coverage, o.round.Spec.Purpose = tt.rule, tt.purpose
			o.round.Spec.Sessions = []v1alpha1.SessionWindow{{From: metav1.NewTime(tt.opens), To: metav1.NewTime(tt.opens.Add(time.Hour))}}
			control := decide(o, tt.opens).documents.Control
			got := ""
			if since := control.Cohort.NotScreenedSince; since != nil {
				got = since.Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("since %q, want %q", got, tt.want)
			}
		})
	}
}
