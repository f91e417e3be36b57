package campaign

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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
	{v1alpha1.ConditionPlanned, metav1.ConditionTrue, "", corev1.EventTypeNormal, "Planned"},
	{v1alpha1.ConditionPlanned, metav1.ConditionFalse, v1alpha1.ReasonBlocked, corev1.EventTypeWarning, "Blocked"},
	{v1alpha1.ConditionPlanned, metav1.ConditionFalse, v1alpha1.ReasonRunSkipped, corev1.EventTypeWarning, "RunSkipped"},
	{v1alpha1.ConditionPlanned, metav1.ConditionFalse, v1alpha1.ReasonSuspended, corev1.EventTypeNormal, "Suspended"},
	{v1alpha1.ConditionStalled, metav1.ConditionTrue, "", corev1.EventTypeWarning, "Stalled"},
	{v1alpha1.ConditionAnnualScreeningMet, metav1.ConditionTrue, "", corev1.EventTypeNormal, "Met"},
	{v1alpha1.ConditionAnnualScreeningMet, metav1.ConditionFalse, v1alpha1.ReasonOverdue, corev1.EventTypeWarning, "Overdue"},
}

// emit tells what the status that was just written says anew.
func (r *Reconciler) emit(before, after *v1alpha1.ScreeningCampaign) {
	for _, o := range catalogue {
		is := meta.FindStatusCondition(after.Status.Conditions, o.condition)
		was := meta.FindStatusCondition(before.Status.Conditions, o.condition)
		if o.matches(is) && !o.matches(was) {
			r.Events.Eventf(after, nil, o.kind, o.event, "Reconcile", "%s", is.Message)
		}
	}
}

// emitReplanned tells how many rounds that were there before have other dates now; each of them says which.
func (r *Reconciler) emitReplanned(o observed, d decision) {
	if n := moved(o, d); n > 0 {
		r.Events.Eventf(&o.campaign, nil, corev1.EventTypeNormal, "Replanned", "Reconcile", "Other dates for %d rounds of the campaign", n)
	}
}

func moved(o observed, d decision) (n int) {
	before := map[types.UID][]v1alpha1.PhaseWindow{}
	for _, round := range o.rounds {
		before[round.UID] = round.Spec.Phases
	}
	for _, round := range d.plan.Write {
		was, existed := before[round.UID]
		if existed && !equality.Semantic.DeepEqual(was, round.Spec.Phases) {
			n++
		}
	}
	return n
}

func (o occurrence) matches(c *metav1.Condition) bool {
	return c != nil && c.Status == o.status && (o.reason == "" || c.Reason == o.reason)
}
