package round

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// narrowed is a round of 17 and 18 September, to be from 09:00 to 16:30, whose district narrows.
func narrowed(t *testing.T, n v1alpha1.Narrowing) observed {
	t.Helper()
	o := upcoming(t)
	academic := shipped[v1alpha1.AcademicCalendar](t, "samples/academiccalendar.yaml")
	var err error
	if o.calendar, err = translate.CompileCalendar(academic.Spec); err != nil {
		t.Fatal(err)
	}
	midnight := func(day int) metav1.Time { return metav1.NewTime(time.Date(2026, 9, day, 0, 0, 0, 0, beijing)) }
	o.round.Spec.Phases = []v1alpha1.PhaseWindow{{Name: v1alpha1.PhaseStage1, From: midnight(17), To: midnight(19)}}
	o.round.Spec.Sessions = []v1alpha1.SessionWindow{onDay(17), onDay(18)}
	o.campaign.Spec.Template.Spec.Phases = []v1alpha1.Phase{{Name: v1alpha1.PhaseStage1, SchoolDays: 2, Session: v1alpha1.SessionHours{From: "09:00", To: "16:30"}}}
	o.district.Spec.Narrowing = n
	return o
}

// A narrowing that leaves a round that has not opened nothing leaves it as it was last planned, and the round says
// so and tells of it once; corrected, nothing is said any more.
func TestNarrowingThatLeavesNothing(t *testing.T) {
	hours := func(from, to v1alpha1.ClockTime) v1alpha1.Narrowing {
		return v1alpha1.Narrowing{Session: v1alpha1.SessionHours{From: from, To: to}}
	}
	without := func(from, to v1alpha1.Civil) v1alpha1.Narrowing {
		return v1alpha1.Narrowing{WithoutSessions: []v1alpha1.Closure{{Name: "Examinations", From: from, To: to}}}
	}
	tests := map[string]struct {
		narrowing v1alpha1.Narrowing
		edit      func(*observed)
		want      string // of the condition
		says      string
	}{
		"none":                        {v1alpha1.Narrowing{}, nil, "absent", ""},
		"fewer hours":                 {hours("10:00", "12:00"), nil, "absent", ""},
		"no hours in common":          {hours("17:00", "19:00"), nil, "False/NarrowingLeavesNothing", "District fengtai, spec.narrowing.session, 17:00 to 19:00, has no hours in common with the campaign's, 09:00 to 16:30"},
		"hours that cannot be read":   {hours("17:00", "12:00"), nil, "False/NarrowingInvalid", "narrowing.session, 17:00 to 12:00"},
		"one day taken out":           {without("2026-09-17", "2026-09-17"), nil, "absent", ""},
		"every day taken out":         {without("2026-09-14", "2026-09-18"), nil, "False/NarrowingLeavesNothing", "spec.narrowing.withoutSessions takes out every school day of Stage1"},
		"a day that does not exist":   {without("2026-09-17", "2026-09-31"), nil, "False/NarrowingInvalid", "spec.narrowing.withoutSessions[0].to: "},
		"days that end before":        {without("2026-09-18", "2026-09-17"), nil, "False/NarrowingInvalid", "end before they begin"},
		"no calendar, days":           {without("2026-09-14", "2026-09-18"), func(o *observed) { o.calendar = nil }, "absent", ""},
		"no calendar, hours":          {hours("17:00", "19:00"), func(o *observed) { o.calendar = nil }, "False/NarrowingLeavesNothing", "the round keeps the dates and hours of its last plan"},
		"of an earlier campaign":      {hours("17:00", "19:00"), func(o *observed) { o.campaign.UID = "2" }, "absent", ""},
		"it has opened, and stays so": {hours("17:00", "19:00"), func(o *observed) { o.round.Status.OpenedTime = &metav1.Time{Time: opens} }, "absent", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o, now := narrowed(t, tt.narrowing), opens.Add(-48*time.Hour)
			if tt.edit != nil {
				tt.edit(&o)
			}
			recorder := events.NewFakeRecorder(10)
			r := &Reconciler{Events: recorder}
			for look := range 3 {
				if look == 2 {
					o.district.Spec.Narrowing, tt.want = v1alpha1.Narrowing{}, "absent"
				}
				before, after := o.round.DeepCopy(), o.round.DeepCopy()
				summarise(after, o, decide(o, now), now)
				r.emit(before, after)
				o.round = *after
				got, event := is(after.Status.Conditions, v1alpha1.ConditionReplanned), said(recorder, "NotReplanned")
				if !strings.HasPrefix(got, tt.want) || look < 2 && !strings.Contains(got, tt.says) {
					t.Errorf("look %d: %s, want %s %s", look, got, tt.want, tt.says)
				}
				if want := look == 0 && tt.says != ""; strings.HasPrefix(event, "Warning") != want {
					t.Errorf("look %d: event %q", look, event)
				}
			}
		})
	}
}
