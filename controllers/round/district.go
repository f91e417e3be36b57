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
)

func districtGate(s *scene) gate {
	district := s.o.district
	notReady := func(what string) gate {
		return failing(v1alpha1.ReasonDistrictNotReady, "District %s %s", s.o.round.Namespace, what)
	}
	switch {
	case district == nil || !district.DeletionTimestamp.IsZero():
		return notReady("is not there")
	case s.d.cleared && isFalse(district.Status.Conditions, v1alpha1.ConditionKeysReady):
		return notReady("lacks its keys")
	case s.d.cleared:
		return gate{}
	}
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionKeysReady, v1alpha1.ConditionReporting} {
		if !conditions.Holds(district.Status.Conditions, kind) {
			return notReady("is not " + kind)
		}
	}
	return gate{}
}

func channelGate(s *scene) gate {
	if s.policy == nil {
		return s.untold()
	}
	out := gate{state: fail, reason: v1alpha1.ReasonChannelNotUsable, message: "no usable ReferralChannel of class"}
	for _, tier := range s.policy.Tiers {
		if tier.Does(contract.DraftReferral) && !s.hasChannel(tier.ChannelClass) {
			out.names = append(out.names, fmt.Sprintf("%s (tier %s)", tier.ChannelClass, tier.Name))
		}
	}
	if len(out.names) == 0 {
		return gate{}
	}
	return out
}

// untold is the channels' gate where it is not known which tiers draft referrals. The policy's own gate says what is
// wrong until the meaning is settled; from then on the record has it, and a round that was never let through waits for it.
func (s *scene) untold() gate {
	const message = "which tiers draft referrals is not known: the policy, or the record of it, is not there"
	if s.d.settled {
		return s.unheard(v1alpha1.ReasonChannelNotUsable, message)
	}
	return unclear(message)
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

func dutyGate(s *scene) gate {
	switch {
	case !s.o.heard:
		return s.unheard(v1alpha1.ReasonDutyChainNotReady, "the district has not reported whether its chain of duty can be reached")
	case s.o.duty == contract.Unreachable:
		return failing(v1alpha1.ReasonDutyChainNotReady, "the chain of duty cannot be reached: a level has no person on duty or no transport answers")
	case s.o.duty != contract.Reachable:
		return s.unheard(v1alpha1.ReasonDutyChainNotReady, "the district has not tried its chain of duty yet")
	}
	return gate{}
}

// drillGate asks for a drill of the day of the opening: that the chain of duty answered
// once says little of who is on duty then.
func drillGate(s *scene) gate {
	return s.evidence(v1alpha1.ConditionDutyDrillHeld, func() gate {
		days := s.asked(v1alpha1.GateDutyDrill).WithinDays
		return s.weigh(v1alpha1.GateDutyDrill, v1alpha1.ReasonDrillNotAcknowledged,
			fmt.Sprintf("a drill of the chain of duty is to be acknowledged at every level within %d x 24 hours before the opening", days),
			drillLacks(s.district(), s.opening().Add(-time.Duration(days)*24*time.Hour)))
	})
}

func drillLacks(district v1alpha1.District, since time.Time) []lack {
	last := district.Status.Drill.AcknowledgedTime
	switch {
	case last.IsZero():
		return []lack{{why: "none was yet"}}
	case last.Time.Before(since):
		return []lack{{why: "the last was at " + last.UTC().Format(time.RFC3339)}}
	}
	return nil
}

// areaGate asks for experts paired with every area (分片区对口指导, Kaizhou notice 2020) that has schools of the
// cohort.
func areaGate(s *scene) gate {
	return s.weigh(v1alpha1.GateExpertGroup, v1alpha1.ReasonAreaUncovered,
		"without an expert group (District spec.areas[].expertGroups)", s.areaLacks())
}

func (s *scene) areaLacks() (out []lack) {
	var codes []string
	for _, name := range s.d.schools {
		school, found := s.schools[name]
		switch {
		case found && school.Spec.Area == "":
			out = append(out, lack{why: "School " + name + ", which is in no area (spec.area)"})
		case found:
			codes = append(codes, school.Spec.Area)
		}
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		i := slices.IndexFunc(s.district().Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == code })
		switch {
		case i < 0:
			out = append(out, lack{name: code, why: "the District has no such area"})
		case len(s.district().Spec.Areas[i].ExpertGroups) == 0:
			out = append(out, lack{name: code})
		}
	}
	return out
}

// district is empty when there is none.
func (s *scene) district() v1alpha1.District {
	if s.o.district == nil {
		return v1alpha1.District{}
	}
	return *s.o.district
}
