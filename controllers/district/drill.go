package district

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// drillWithin is how long an acknowledged drill speaks for the chain of duty.
const drillWithin = 24 * time.Hour

func dutyDrill(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionDutyDrillAcknowledged
	r, known := facts(o, now)
	switch {
	case !known:
		return unreported(o, kind)
	case r.Drill == nil:
		return conditions.False(kind, v1alpha1.ReasonNeverDrilled, "No drill of the chain of duty has been acknowledged at every level yet")
	case !now.Before(acknowledged(*r.Drill).Add(drillWithin)):
		return conditions.False(kind, v1alpha1.ReasonDrillTooOld, "The last drill that was acknowledged at every level is more than a day ago")
	}
	return conditions.True(kind, v1alpha1.ReasonAcknowledged, "A drill of the chain of duty was acknowledged at every level within the last day")
}

func acknowledged(d contract.Drill) time.Time { return time.Unix(d.AcknowledgedAtUnix, 0) }

// recordDrill forgets a drill that the district no longer knows of, as after its database was restored.
func recordDrill(after *v1alpha1.District, d *contract.Drill) {
	after.Status.Drill = v1alpha1.DutyDrill{}
	if d != nil {
		after.Status.Drill.AcknowledgedTime = metav1.NewTime(acknowledged(*d))
	}
}

// drillWait is until the last drill becomes too old.
func drillWait(o observed, now time.Time) time.Duration {
	r, known := facts(o, now)
	if !known || r.Drill == nil {
		return 0
	}
	return max(0, acknowledged(*r.Drill).Add(drillWithin).Sub(now))
}
