package round

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
)

func districtGate(s *scene) gating.Gate {
	district := s.o.district
	notReady := func(what string) gating.Gate {
		return gating.Shut(v1alpha1.ReasonDistrictNotReady, "District %s %s", s.o.round.Namespace, what)
	}
	switch {
	case district == nil || !district.DeletionTimestamp.IsZero():
		return notReady("is not there")
	case s.d.cleared && isFalse(district.Status.Conditions, v1alpha1.ConditionKeysReady):
		return notReady("lacks its keys")
	case s.d.cleared:
		return gating.Gate{}
	}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionKeysReady, v1alpha1.ConditionReporting} {
		if !conditions.Holds(district.Status.Conditions, kind) {
			return notReady("is not " + kind)
		}
	}
	return gating.Gate{}
}

func channelGate(s *scene) gating.Gate {
	if s.policy == nil {
		return s.untold()
	}
	out := gating.Gate{State: fail, Reason: v1alpha1.ReasonChannelNotUsable, Message: "no usable ReferralChannel of class"}
	for _, tier := range s.policy.Tiers {
		if tier.Does(contract.DraftReferral) && !s.hasChannel(tier.ChannelClass) {
			out.Lacks = append(out.Lacks, gating.Lack{Name: tier.ChannelClass, Why: "tier " + tier.Name})
		}
	}
	if len(out.Lacks) == 0 {
		return gating.Gate{}
	}
	return out
}

// untold is the channels' gate where it is not known which tiers draft referrals. The policy's own gate says what is
// wrong until the meaning is settled; from then on the record has it, and a round that was never let through waits for it.
func (s *scene) untold() gating.Gate {
	const message = "which tiers draft referrals is not known: the policy, or the record of it, is not there"
	if s.d.settled {
		return s.unheard(v1alpha1.ReasonChannelNotUsable, message)
	}
	return gating.Unclear(message)
}

// hasChannel reports whether a channel of the class can be used now. Once the round is
// let through a channel that has merely not been probed of late counts.
func (s *scene) hasChannel(class string) bool {
	return slices.ContainsFunc(s.o.channels, func(c v1alpha1.ReferralChannel) bool {
		list := c.Status.Conditions
		known := conditions.Holds(list, v1alpha1.ConditionUsable)
		notProbed := meta.IsStatusConditionPresentAndEqual(list, v1alpha1.ConditionUsable, metav1.ConditionUnknown)
		return string(c.Spec.Class) == class && c.DeletionTimestamp.IsZero() && (known || s.d.cleared && notProbed)
	})
}

func dutyGate(s *scene) gating.Gate {
	switch {
	case !s.o.heard:
		return s.unheard(v1alpha1.ReasonDutyChainNotReady, "the district has not reported whether its chain of duty can be reached")
	case s.o.duty == contract.Unreachable:
		return gating.Shut(v1alpha1.ReasonDutyChainNotReady, "the chain of duty cannot be reached: a level has no person on duty or no transport answers")
	case s.o.duty != contract.Reachable:
		return s.unheard(v1alpha1.ReasonDutyChainNotReady, "the district has not tried its chain of duty yet")
	}
	return gating.Gate{}
}

// drillGate asks for a drill of the day of the opening: that the chain of duty answered
// once says little of who is on duty then.
func drillGate(s *scene) gating.Gate {
	return s.Evidence(v1alpha1.ConditionDutyDrillHeld, func() gating.Gate {
		days := s.Asked(v1alpha1.GateDutyDrill).WithinDays
		return s.Weigh(v1alpha1.GateDutyDrill, v1alpha1.ReasonDrillNotAcknowledged,
			fmt.Sprintf("a drill of the chain of duty is to be acknowledged at every level within %d x 24 hours before the opening: "+
				"whoever is called signs in at casework, page /drill, where DistrictDuty can begin another", days),
			drillLacks(s.District, s.Opening().Add(-time.Duration(days)*24*time.Hour)))
	})
}

func drillLacks(district *v1alpha1.District, since time.Time) []gating.Lack {
	var last metav1.Time
	if district != nil {
		last = district.Status.Drill.AcknowledgedTime
	}
	switch {
	case last.IsZero():
		return []gating.Lack{{Why: "none was yet"}}
	case last.Time.Before(since):
		return []gating.Lack{{Why: "the last was at " + last.UTC().Format(time.RFC3339)}}
	}
	return nil
}
