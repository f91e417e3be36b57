package conditions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

var noon = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

func TestTrioFollowsKstatus(t *testing.T) {
	tests := map[string]struct {
		state       conditions.State
		ready       metav1.ConditionStatus
		reason      string
		reconciling string // reason; "": absent
		stalled     string
	}{
		"pending":        {conditions.Pending, metav1.ConditionUnknown, "Pending", "", ""},
		"applied":        {conditions.Applied, metav1.ConditionTrue, "Applied", "", ""},
		"progressing":    {conditions.Progressing, metav1.ConditionFalse, "Progressing", "Progressing", ""},
		"waiting":        {conditions.Waiting, metav1.ConditionFalse, "Progressing", "ReferenceMissing", ""},
		"not authorised": {conditions.NotAuthorised, metav1.ConditionFalse, "NotAuthorised", "ReferenceMissing", ""},
		"terminating":    {conditions.Terminating, metav1.ConditionFalse, "Terminating", "Terminating", ""},
		"invalid":        {conditions.Invalid, metav1.ConditionFalse, "Invalid", "", "Invalid"},
		"refused":        {conditions.Refused, metav1.ConditionFalse, "NotAuthorised", "", "NotAuthorised"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			trio := conditions.Verdict{State: tt.state, Message: "m"}.Trio()
			if ready := trio[0]; ready.Type != v1alpha1.ConditionReady || ready.Status != tt.ready || ready.Reason != tt.reason {
				t.Errorf("Ready is %+v", ready)
			}
			for kind, want := range map[string]string{v1alpha1.ConditionReconciling: tt.reconciling, v1alpha1.ConditionStalled: tt.stalled} {
				got := ""
				if c := meta.FindStatusCondition(trio, kind); c != nil {
					got = c.Reason
				}
				if got != want {
					t.Errorf("%s has the reason %q, want %q", kind, got, want)
				}
			}
		})
	}
}

func TestSettleKeepsTheTimeOfTransition(t *testing.T) {
	want := conditions.Verdict{State: conditions.Progressing, Message: "working"}.Trio()
	first := conditions.Settle(nil, want, 1, noon)
	if again := conditions.Settle(first, want, 1, noon.Add(time.Hour)); cmp.Diff(first, again) != "" {
		t.Errorf("settling twice changed something:\n%s", cmp.Diff(first, again))
	}
	done := conditions.Settle(first, conditions.Verdict{State: conditions.Applied}.Trio(), 2, noon.Add(time.Hour))
	if len(done) != 1 || !done[0].LastTransitionTime.Time.Equal(noon.Add(time.Hour)) || done[0].ObservedGeneration != 2 {
		t.Errorf("settled to %+v, want Ready alone, of the later time", done)
	}
}

func TestChangedLooksPastTheMessage(t *testing.T) {
	one := conditions.Settle(nil, []metav1.Condition{conditions.True("Ready", "Applied", "3 of 4")}, 1, noon)
	reworded := conditions.Settle(one, []metav1.Condition{conditions.True("Ready", "Applied", "4 of 4")}, 1, noon)
	flipped := conditions.Settle(one, []metav1.Condition{conditions.False("Ready", "Applied", "3 of 4")}, 1, noon)
	if conditions.Changed(one, reworded) {
		t.Error("another message counts as a change")
	}
	if !conditions.Changed(one, flipped) || !conditions.Changed(one, nil) || !conditions.Changed(nil, one) {
		t.Error("another status, a condition lost or gained does not count as a change")
	}
}

func TestMessagesAreBounded(t *testing.T) {
	if c := conditions.False("Ready", "Invalid", strings.Repeat("字", 5000)); len([]rune(c.Message)) != 1024 {
		t.Errorf("message of %d characters", len([]rune(c.Message)))
	}
}
