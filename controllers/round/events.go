package round

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// occurrence is an event that a change of a condition brings about. The catalogue is
// documented in docs/reconcile.md.
type occurrence struct {
	condition string
	status    metav1.ConditionStatus
	reason    string // of the condition; "" for any
	kind      string
	event     string
}

var catalogue = []occurrence{
	{v1alpha1.ConditionGatesPassed, metav1.ConditionTrue, "", corev1.EventTypeNormal, "GatesPassed"},
	{v1alpha1.ConditionGatesPassed, metav1.ConditionTrue, v1alpha1.ReasonNotStricter, corev1.EventTypeWarning, "NotStricter"},
	{v1alpha1.ConditionGatesPassed, metav1.ConditionFalse, "", corev1.EventTypeWarning, "GateClosed"},
	{v1alpha1.ConditionMeaningPinned, metav1.ConditionTrue, "", corev1.EventTypeNormal, "MeaningPinned"},
	{v1alpha1.ConditionMeaningPinned, metav1.ConditionFalse, v1alpha1.ReasonRefused, corev1.EventTypeWarning, "MeaningRefused"},
	{v1alpha1.ConditionReplanned, metav1.ConditionFalse, "", corev1.EventTypeWarning, "NotReplanned"},
	{v1alpha1.ConditionOpen, metav1.ConditionTrue, "", corev1.EventTypeNormal, "Opened"},
	{v1alpha1.ConditionOpen, metav1.ConditionFalse, v1alpha1.ReasonHeld, corev1.EventTypeWarning, "Held"},
	{v1alpha1.ConditionOpen, metav1.ConditionFalse, v1alpha1.ReasonClosed, corev1.EventTypeNormal, "Closed"},
	{v1alpha1.ConditionReleased, metav1.ConditionTrue, "", corev1.EventTypeNormal, "Released"},
}

// emit tells what the status that was just written says anew.
func (r *Reconciler) emit(before, after *v1alpha1.ScreeningRound) {
	for _, o := range catalogue {
		is := meta.FindStatusCondition(after.Status.Conditions, o.condition)
		was := meta.FindStatusCondition(before.Status.Conditions, o.condition)
		if o.matches(is) && !o.matches(was) {
			r.Events.Eventf(after, nil, o.kind, o.event, "Reconcile", "%s", is.Message)
		}
	}
	if !equality.Semantic.DeepEqual(before.Status.LastReplan, after.Status.LastReplan) {
		is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReplanned)
		r.Events.Eventf(after, nil, corev1.EventTypeNormal, "Replanned", "Reconcile", "%s", is.Message)
	}
}

func (o occurrence) matches(c *metav1.Condition) bool {
	return c != nil && c.Status == o.status && (o.reason == "" || c.Reason == o.reason)
}
