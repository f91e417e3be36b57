package district

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// announced are the conditions whose changes are worth an event, with the action
// the event names. Their reasons and messages are the event's.
var announced = map[string]string{
	v1alpha1.ConditionAuthorised:     "Authorise",
	v1alpha1.ConditionProvisioned:    "Provision",
	v1alpha1.ConditionKeysReady:      "CheckKeys",
	v1alpha1.ConditionReporting:      "Exchange",
	v1alpha1.ConditionDutyChainReady: "Exchange",
	v1alpha1.ConditionSignalsCovered: "Exchange",
	v1alpha1.ConditionScoresVerified: "CompareScores",
}

// emit tells of every condition that became True or False.
func (r *Reconciler) emit(before, after *v1alpha1.District) {
	r.emitAnnual(before, after)
	for _, c := range after.Status.Conditions {
		action, told := announced[c.Type]
		was := meta.FindStatusCondition(before.Status.Conditions, c.Type)
		if !told || c.Status == metav1.ConditionUnknown || was != nil && was.Status == c.Status && was.Reason == c.Reason {
			continue
		}
		kind := corev1.EventTypeNormal
		if c.Status == metav1.ConditionFalse && was != nil && was.Status == metav1.ConditionTrue {
			kind = corev1.EventTypeWarning
		}
		r.Events.Eventf(after, nil, kind, c.Reason, action, "%s: %s", c.Type, c.Message)
	}
}
