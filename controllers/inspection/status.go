package inspection

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// summarise returns the inspection with the status that it deserves. List and draw are recorded once.
func summarise(o observed, d decision, now time.Time) *v1alpha1.Inspection {
	after := o.inspection.DeepCopy()
	s := &after.Status
	s.ObservedGeneration = after.Generation
	if d.listed != nil {
		s.Listed, s.ListedTime = d.listed, new(metav1.NewTime(now.Truncate(time.Second)))
	}
	if d.schools != nil {
		s.Drawn = d.schools
	}
	rectified := asItWas(o, v1alpha1.ConditionRectified, d.verdict.Message)
	if o.district != nil { // otherwise no day is known to be over
		rectified = d.findings.condition
		s.Open, s.Overdue, s.NextRectifyBy = &d.findings.open, &d.findings.overdue, d.findings.nextBy
	}
	want := append(d.verdict.Trio(), d.drawn, rectified)
	s.Conditions = conditions.Settle(o.inspection.Status.Conditions, want, after.Generation, now)
	return after
}

// asItWas is a condition of which there is nothing new to say.
func asItWas(o observed, kind, message string) metav1.Condition {
	if was := meta.FindStatusCondition(o.inspection.Status.Conditions, kind); was != nil {
		return *was
	}
	return conditions.Unknown(kind, v1alpha1.ReasonPending, message)
}
