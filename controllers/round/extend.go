package round

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// extension is how many school days more a round has than planned, and how many it is to have.
func extension(spec v1alpha1.ScreeningRoundSpec) (has, asked int) {
	return planning.Extension(spec), int(ptr.Deref(spec.ExtendSchoolDays, 0))
}

// extended is there while school days are asked for. The campaign's reconciler adds them.
func extended(o observed, d decision, now time.Time) []metav1.Condition {
	has, asked := extension(o.round.Spec)
	kind := v1alpha1.ConditionExtended
	not := func(reason, format string, args ...any) []metav1.Condition {
		return []metav1.Condition{conditions.False(kind, reason, fmt.Sprintf(format, args...))}
	}
	switch {
	case asked == 0:
		return nil
	case has >= asked:
		return []metav1.Condition{conditions.True(kind, v1alpha1.ReasonExtended,
			fmt.Sprintf("Stage1 has %d school days more than planned and closes at %s", has, d.closes.Format(time.RFC3339)))}
	case d.over:
		return not(v1alpha1.ReasonClosed, "The round has closed with %d of the %d school days that were asked for", has, asked)
	case !d.opened:
		return not(v1alpha1.ReasonNotYet, "A round that has not opened is not extended; it will be once it has, if that is asked for then")
	case o.owner() == nil:
		return not(v1alpha1.ReasonCampaignNotFound, "ScreeningCampaign %s is gone, which would plan the days", o.round.Spec.Campaign.Name)
	case o.calendar == nil:
		return not(v1alpha1.ReasonNotYet, "Waiting for the calendar of ScreeningCampaign %s", o.round.Spec.Campaign.Name)
	}
	if left := o.extendable(now); left < asked {
		return not(v1alpha1.ReasonCalendarEnds, "The calendar has %d of the %d school days that are asked for; ask for fewer, or add a term to it", left, asked)
	}
	return not(v1alpha1.ReasonNotYet, "Waiting for the operator to plan the days")
}

// extendable is how many of the school days asked for the calendar has.
func (o observed) extendable(now time.Time) int {
	spec := o.round.Spec
	spec.EndAt = nil
	stage1, _ := translate.Phase(spec, v1alpha1.PhaseStage1)
	extension := rollout.Extension{
		Ends: stage1.To.UTC(), Sessions: translate.Sessions(spec), Days: int(ptr.Deref(spec.ExtendSchoolDays, 0)), Settled: now.Add(planning.Settling),
	}
	if o.district != nil {
		_, extension.Without, _ = translate.Narrowing(o.district.Spec.Narrowing) // what cannot be read holds no day
	}
	sessions, _ := extension.Of(o.calendar.For(o.round.Namespace, ""))
	spec.Sessions = translate.WindowsOf(sessions)
	return planning.Extension(spec)
}
