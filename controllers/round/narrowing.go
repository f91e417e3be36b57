package round

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// narrows reports whether the district narrows the round, which may be planned anew for it.
func (o observed) narrows() bool {
	narrowing := o.district != nil && (o.district.Spec.Narrowing.Session != v1alpha1.SessionHours{} || len(o.district.Spec.Narrowing.WithoutSessions) > 0)
	return narrowing && o.round.Status.OpenedTime == nil && o.owner() != nil
}

// keptAsItWas is Replanned of a round that has not opened and cannot be planned anew, for its district leaves it
// no session: the last good plan stays.
func keptAsItWas(o observed, d decision) (condition metav1.Condition, kept bool) {
	if !o.narrows() || d.opened || d.over {
		return condition, false
	}
	reason, why := v1alpha1.ReasonNarrowingInvalid, ""
	session := stage1Hours(o.campaign.Spec)
	own := o.district.Spec.Narrowing
	hours, days, err := translate.Narrowing(own)
	switch rollout.Narrowed(rollout.DistrictView{Narrow: hours, WithoutSessions: days}, o.calendar, session, stage1Days(o)) {
	case rollout.InvalidDays:
		why = "withoutSessions has days that do not exist or end before they begin"
		if err != nil {
			why = err.Error()
		}
	case rollout.InvalidHours:
		why = fmt.Sprintf("narrowing.session, %s to %s, cannot be read", own.Session.From, own.Session.To)
	case rollout.NoCommonHours:
		reason = v1alpha1.ReasonNarrowingLeavesNothing
		why = fmt.Sprintf("narrowing.session, %s to %s, has no hours in common with the campaign's, %s to %s", own.Session.From, own.Session.To, session.From, session.To)
	case rollout.NoSession:
		reason = v1alpha1.ReasonNarrowingLeavesNothing
		why = "narrowing.withoutSessions takes out every school day of Stage1"
	default:
		return condition, false
	}
	return conditions.False(v1alpha1.ConditionReplanned, reason, fmt.Sprintf(
		"District %s, spec.%s; the round keeps the dates and hours of its last plan, from %s to %s: correct spec.narrowing of the District",
		o.round.Namespace, why, d.opens.Format(time.RFC3339), d.closes.Format(time.RFC3339))), true
}

func stage1Hours(campaign v1alpha1.ScreeningCampaignSpec) (hours rollout.SessionHours) {
	for _, phase := range campaign.Template.Spec.Phases {
		if phase.Name == v1alpha1.PhaseStage1 {
			hours = rollout.SessionHours{From: string(phase.Session.From), To: string(phase.Session.To)}
		}
	}
	return hours
}

// stage1Days are the days of the round's phase Stage1, in the campaign's time zone.
func stage1Days(o observed) calendar.Range {
	stage1, _ := translate.Phase(o.round.Spec, v1alpha1.PhaseStage1)
	return calendar.Range{From: calendar.DateOf(stage1.From.In(o.campaignZone)), To: calendar.DateOf(stage1.To.Add(-time.Second).In(o.campaignZone))}
}
