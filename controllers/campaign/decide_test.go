package campaign

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// claimed is a one-off campaign of three weeks from Monday 12 October, in a district whose schools are another campaign's
// until the 16th.
func claimed() observed {
	meta := metav1.ObjectMeta{Namespace: "fengtai", Name: "fengtai"}
	campaign := func(name string) v1alpha1.ScreeningCampaign {
		c := v1alpha1.ScreeningCampaign{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1f0c"}}
		c.Spec.TimeZone, c.Spec.Schedule.StartDate = "Asia/Shanghai", "2026-10-12"
		c.Spec.Template.Spec.Cohort.Stages = []v1alpha1.Stage{v1alpha1.StageJuniorSecondary}
		c.Spec.Template.Spec.Phases = []v1alpha1.Phase{
			{Name: v1alpha1.PhaseStage1, SchoolDays: 15, Session: v1alpha1.SessionHours{From: "09:00", To: "16:30"}},
		}
		return c
	}
	calendar := &v1alpha1.AcademicCalendar{Spec: v1alpha1.AcademicCalendarSpec{
		TimeZone: "Asia/Shanghai", Terms: []v1alpha1.Term{{Name: "autumn", From: "2026-09-01", To: "2027-01-22"}},
	}}
	district := v1alpha1.District{ObjectMeta: meta, Spec: v1alpha1.DistrictSpec{Code: "110106", TimeZone: "Asia/Shanghai"}}
	school := v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "lotus-pond"}}
	school.Spec.Stages = []v1alpha1.StageEnrolment{{Stage: v1alpha1.StageJuniorSecondary}}
	from, to := metav1.Date(2026, 10, 8, 1, 0, 0, 0, time.UTC), metav1.Date(2026, 10, 16, 8, 0, 0, 0, time.UTC)
	other := v1alpha1.ScreeningRound{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "winter-20261008"}}
	other.Spec = v1alpha1.ScreeningRoundSpec{
		Campaign: v1alpha1.CampaignReference{Name: "winter", UID: "1f0c"}, Slot: "2026-10-08",
		Sessions: []v1alpha1.SessionWindow{{From: from, To: to}}, Cohort: campaign("").Spec.Template.Spec.Cohort,
	}
	other.Status.OpenedTime = &from
	return observed{
		campaign: campaign("autumn"), calendar: calendar, policy: &v1alpha1.EscalationPolicy{},
		namespaces: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "fengtai", Labels: map[string]string{v1alpha1.LabelDistrict: "110106"}}}},
		districts:  map[string]v1alpha1.District{"fengtai": district}, schools: map[string][]v1alpha1.School{"fengtai": {school}},
		others: []v1alpha1.ScreeningRound{other}, campaigns: []v1alpha1.ScreeningCampaign{campaign("autumn"), campaign("winter")},
	}
}

// Nobody wakes a campaign when another's round is over, or when its own wave has passed: one without a next run looks by
// itself, or a district that waits gets its round too late or never.
func TestACampaignWithoutANextRunLooksAgain(t *testing.T) {
	o, monday := claimed(), time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
	d := decide(o, monday)
	if len(d.plan.Blocked) != 1 || d.plan.Blocked[0].Reason != rollout.SchoolsClaimed {
		t.Fatalf("fault %v, blocked %v", d.fault, d.plan.Blocked)
	}
	if wait := nextLook(d, monday); wait <= 0 {
		t.Errorf("looks again after %s, that is never", wait)
	}
	later := monday.Add(5 * 24 * time.Hour)
	if d = decide(o, later); len(d.plan.Write) != 1 {
		t.Errorf("when the other round is over %d rounds are written: %v", len(d.plan.Write), d.plan.Blocked)
	}
	o.calendar = nil
	if wait := nextLook(decide(o, later), later); wait != 0 {
		t.Errorf("without a calendar it looks again after %s, though the calendar wakes it", wait)
	}
}

// A campaign whose rounds the API server refuses does not say that every district has its round.
func TestACampaignThatCannotWriteItsRoundsSaysSo(t *testing.T) {
	o := claimed()
	o.others = nil
	now := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
	d := decide(o, now)
	d.failed = errors.New("applying round fengtai/autumn-20261012: admission refused it")
	c := o.campaign.DeepCopy()
	summarise(c, o, d, now)
	ready, planned := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionReady), meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionPlanned)
	if planned.Status != metav1.ConditionFalse || planned.Reason != v1alpha1.ReasonBlocked {
		t.Errorf("Planned is %s/%s: %s", planned.Status, planned.Reason, planned.Message)
	}
	if ready.Status != metav1.ConditionFalse || !strings.Contains(ready.Message, "fengtai/autumn-20261012: admission refused it") {
		t.Errorf("Ready is %s: %s", ready.Status, ready.Message)
	}
}

// A round that is deleted when its run cannot be started any more, such as during its extension, does not come back: nobody
// knows how long it was to be. The campaign says so and tells of it, in one district as in one of several.
func TestARoundThatIsDeletedTooLate(t *testing.T) {
	late := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC) // Stage1 was to end on 30 October
	tests := map[string]struct {
		edit  func(*observed)
		now   time.Time
		want  string // of Planned
		event string
	}{
		"in time":                 {func(*observed) {}, late.AddDate(0, 0, -10), "True/Planned", "Normal Planned"},
		"in the only district":    {func(*observed) {}, late, "False/RunSkipped The run of 2026-10-12 has no rounds: WindowPassed; a round that was deleted does not come back", "Warning RunSkipped"},
		"after the deadline":      {func(o *observed) { o.campaign.Spec.Schedule.StartingDeadlineSeconds = ptr.To[int64](3600) }, late.AddDate(0, 0, -10), "False/RunSkipped The run of 2026-10-12 has no rounds: DeadlineMissed", "Warning RunSkipped"},
		"in one of two districts": {another, late, "False/Blocked fengtai: WindowPassed; a round that was deleted does not come back", "Warning Blocked"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := claimed()
			o.others = nil
			tt.edit(&o)
			d := decide(o, tt.now)
			c := o.campaign.DeepCopy()
			summarise(c, o, d, tt.now)
			is := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionPlanned)
			if got := string(is.Status) + "/" + is.Reason + " " + is.Message; !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
			recorder := events.NewFakeRecorder(10)
			(&Reconciler{Events: recorder}).emit(&o.campaign, c)
			if got := <-recorder.Events; !strings.HasPrefix(got, tt.event) {
				t.Errorf("event %s, want %s", got, tt.event)
			}
		})
	}
}

// another adds a district that has its round, which is open.
func another(o *observed) {
	kaizhou := metav1.ObjectMeta{Namespace: "kaizhou", Name: "kaizhou"}
	o.namespaces = append(o.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kaizhou", Labels: map[string]string{v1alpha1.LabelDistrict: "500154"}}})
	o.districts["kaizhou"] = v1alpha1.District{ObjectMeta: kaizhou, Spec: v1alpha1.DistrictSpec{Code: "500154", TimeZone: "Asia/Shanghai"}}
	for _, round := range decide(*o, time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)).plan.Write {
		if round.Namespace == "kaizhou" {
			round.UID, round.Status.OpenedTime = "7", &round.Spec.Sessions[0].From
			o.rounds = append(o.rounds, round)
		}
	}
}
