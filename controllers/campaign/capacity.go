package campaign

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// capacityFits says whether the plan is within what counsellors and channels take. There
// is no such condition while the campaign does not ask; without a plan it stays as it was.
func capacityFits(o observed, d decision) []metav1.Condition {
	kind, policy := v1alpha1.ConditionCapacityFits, o.campaign.Spec.Rollout.Capacity.Policy
	was := meta.FindStatusCondition(o.campaign.Status.Conditions, kind)
	switch {
	case policy != v1alpha1.CapacityRequired && policy != v1alpha1.CapacityPreferred, !d.planned && was == nil:
		return nil
	case !d.planned:
		return []metav1.Condition{*was}
	}
	left, exceeded, unknown := shortfall(d.plan)
	switch {
	case left > 0:
		return []metav1.Condition{conditions.False(kind, v1alpha1.ReasonSchoolsLeftOut,
			fmt.Sprintf("%d schools fit on no days of Stage1 and take no part; kubectl evenkeel plan says what is short", left))}
	case exceeded > 0:
		return []metav1.Condition{conditions.False(kind, v1alpha1.ReasonCapacityExceeded,
			fmt.Sprintf("%d schools bring more in a week than their counsellors or channels take; kubectl evenkeel plan says where", exceeded))}
	case unknown > 0:
		return []metav1.Condition{conditions.False(kind, v1alpha1.ReasonNoExpectedRates,
			fmt.Sprintf("For %d districts nothing is known of how many cases to expect; write rollout.capacity.expected", unknown))}
	}
	return []metav1.Condition{conditions.True(kind, v1alpha1.ReasonFits, "Counsellors and channels can take what is expected of every week")}
}

// shortfall counts the schools that are left out for want of capacity, those that bring
// too much, and the districts of which nothing is known.
func shortfall(plan planning.Plan) (left, exceeded, unknown int) {
	for _, b := range plan.BlockedSchools {
		if b.Reason != rollout.NoSession {
			left++
		}
	}
	for _, w := range plan.Warnings {
		switch w.Reason {
		case rollout.NoExpectedRates:
			unknown++
		case rollout.CounsellorCapacity, rollout.ChannelCapacity:
			exceeded++
		}
	}
	for _, b := range plan.Blocked {
		if b.Reason == rollout.NoExpectedRates {
			unknown++
		}
	}
	return left, exceeded, unknown
}
