package round

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// A round is looked at again and again while its plan changes as told; each change is one
// event and stays in status, and no other look tells of anything.
func TestReplanning(t *testing.T) {
	session := func(from, to time.Time) []v1alpha1.SessionWindow {
		return []v1alpha1.SessionWindow{{From: metav1.NewTime(from), To: metav1.NewTime(to)}}
	}
	day := 24 * time.Hour
	o := upcoming(t)
	recorder := events.NewFakeRecorder(10)
	r := &Reconciler{Events: recorder}
	steps := []struct {
		name   string
		now    time.Time
		edit   func(*v1alpha1.ScreeningRoundSpec)
		reason string // of the condition; "" for none
		event  string // "" for none
	}{
		{"the first plan", opens.Add(-10 * day), func(*v1alpha1.ScreeningRoundSpec) {}, "", ""},
		{"an end that somebody asks for", opens.Add(-9 * day), func(s *v1alpha1.ScreeningRoundSpec) { s.EndAt = ptr.To(metav1.NewTime(opens.Add(time.Hour))) }, "", ""},
		{"a day later", opens.Add(-8 * day), func(s *v1alpha1.ScreeningRoundSpec) { s.Sessions = session(opens.Add(day), closes.Add(day)) }, "Moved",
			"Normal Replanned Stage1 is from 2026-09-18T01:00:00Z to 2026-09-19T08:30:00Z; it was to be from 2026-09-17T01:00:00Z to 2026-09-18T08:30:00Z"},
		{"seen again", opens.Add(-8 * day), func(*v1alpha1.ScreeningRoundSpec) {}, "Moved", ""},
		{"longer, before it opens", opens.Add(-7 * day), func(s *v1alpha1.ScreeningRoundSpec) { s.Sessions = session(opens.Add(day), closes.Add(2*day)) }, "Moved",
			"Normal Replanned Stage1 is from 2026-09-18T01:00:00Z to 2026-09-20T08:30:00Z; it was to be from 2026-09-18T01:00:00Z to 2026-09-19T08:30:00Z"},
		{"longer, when it is open", opens.Add(day), func(s *v1alpha1.ScreeningRoundSpec) { s.Sessions = session(opens.Add(day), closes.Add(3*day)) }, "Extended",
			"Normal Replanned Stage1 is from 2026-09-18T01:00:00Z to 2026-09-21T08:30:00Z; it was to be from 2026-09-18T01:00:00Z to 2026-09-20T08:30:00Z"},
		{"and so it stays", closes.Add(4 * day), func(*v1alpha1.ScreeningRoundSpec) {}, "Extended", ""},
	}
	for _, step := range steps {
		step.edit(&o.round.Spec)
		before := o.round.DeepCopy()
		after := o.round.DeepCopy()
		summarise(after, o, decide(o, step.now), step.now)
		r.emit(before, after)
		o.round = *after
		if got := said(recorder, "Replanned"); got != step.event {
			t.Errorf("%s: event %q, want %q", step.name, got, step.event)
		}
		is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReplanned)
		switch {
		case step.reason == "" && is != nil:
			t.Errorf("%s: %v", step.name, is)
		case step.reason != "" && (is == nil || is.Reason != step.reason || is.Status != metav1.ConditionTrue):
			t.Errorf("%s: %v, want %s", step.name, is, step.reason)
		}
	}
}

// said returns the event of that name, if the recorder has one.
func said(recorder *events.FakeRecorder, name string) string {
	for {
		select {
		case e := <-recorder.Events:
			if strings.Contains(e, " "+name+" ") {
				return e
			}
		default:
			return ""
		}
	}
}
