package inspection

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// occurrence is an event and what brings it about. The catalogue is documented in docs/reconcile.md.
type occurrence struct {
	kind, event string
	condition   string // whose message the event has
	happened    func(before, after *v1alpha1.Inspection) bool
}

var catalogue = []occurrence{
	{corev1.EventTypeNormal, "Drawn", v1alpha1.ConditionDrawn, func(before, after *v1alpha1.Inspection) bool {
		return len(before.Status.Drawn) == 0 && len(after.Status.Drawn) > 0
	}},
	{corev1.EventTypeWarning, "Overdue", v1alpha1.ConditionRectified, func(before, after *v1alpha1.Inspection) bool {
		return ptr.Deref(before.Status.Overdue, 0) < ptr.Deref(after.Status.Overdue, 0)
	}},
	{corev1.EventTypeNormal, "Rectified", v1alpha1.ConditionRectified, func(before, after *v1alpha1.Inspection) bool {
		return ptr.Deref(before.Status.Open, 0) > 0 && ptr.Deref(after.Status.Open, 1) == 0
	}},
}

// emit tells what the status that was just written says anew.
func (r *Reconciler) emit(before, after *v1alpha1.Inspection) {
	for _, o := range catalogue {
		if o.happened(before, after) {
			r.Events.Eventf(after, nil, o.kind, o.event, "Reconcile", "%s", messageOf(after.Status.Conditions, o.condition))
		}
	}
}

func messageOf(list []metav1.Condition, kind string) string {
	if c := meta.FindStatusCondition(list, kind); c != nil {
		return c.Message
	}
	return ""
}
