package round

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// state is how a gate stands. Until the round opens a gate passes only when it is known
// to; afterwards it is lost only when it is known to be. So a report that is late
// never interrupts children who are answering.
type state int

const (
	pass state = iota
	unknown
	fail
)

// gate is the standing of one gate. When it passes, reason and message are empty unless
// there is something to say all the same.
type gate struct {
	state   state
	reason  string
	message string
}

// verdict is the standing of all gates together: the worst, with the reason of the
// first that stands so and the messages of all that do not pass.
type verdict struct {
	gate
	meaning *contract.Meaning // what the round would mean by the objects of now; nil when they do not fit
}

// scene is what a gate looks at: what was observed, what was decided before the gates,
// and what earlier gates worked out.
type scene struct {
	o         observed
	d         decision
	documents []contract.Instrument
	policy    *contract.Policy
}

func judge(o observed, d decision) verdict {
	s := scene{o: o, d: d}
	gates := []func(*scene) gate{
		campaignGate, claimGate, districtGate, instrumentGate, policyGate, recordGate, channelGate, dutyGate, schoolGate,
	}
	var v verdict
	var messages []string
	for _, check := range gates {
		g := check(&s)
		if g.state > v.state || v.reason == "" {
			v.state, v.reason = g.state, g.reason
		}
		if g.message != "" {
			messages = append(messages, g.message)
		}
	}
	v.message = strings.Join(messages, "; ")
	v.meaning = s.meaning()
	return v
}

// meaning is nil unless the instruments and the policy are worked out, and both fit.
func (s *scene) meaning() *contract.Meaning {
	if len(s.documents) == 0 || s.policy == nil {
		return nil
	}
	meaning := translate.Meaning(s.o.round.Name, s.documents, *s.policy)
	return &meaning
}

func failing(reason, format string, args ...any) gate {
	return gate{state: fail, reason: reason, message: fmt.Sprintf(format, args...)}
}

// unclear is a gate of which nothing is known: it fails until the meaning is settled.
func (s *scene) unclear(reason, format string, args ...any) gate {
	if s.d.settled {
		return gate{state: unknown, reason: v1alpha1.ReasonNoReport, message: fmt.Sprintf(format, args...)}
	}
	return failing(reason, format, args...)
}

func campaignGate(s *scene) gate {
	name := s.o.round.Spec.Campaign.Name
	campaign := s.o.campaign
	switch {
	case campaign != nil && campaign.Spec.Suspend != nil && *campaign.Spec.Suspend && !s.isStranger():
		return failing(v1alpha1.ReasonSuspended, "ScreeningCampaign %s is suspended", name)
	case s.d.opened:
		return gate{}
	case campaign == nil || !campaign.DeletionTimestamp.IsZero():
		return failing(v1alpha1.ReasonCampaignNotFound, "ScreeningCampaign %s is gone; a round that has not opened never opens without it", name)
	case s.isStranger():
		return failing(v1alpha1.ReasonCampaignNotFound, "the round was planned by an earlier ScreeningCampaign %s and is not in the plan of the present one", name)
	case !translate.Scheduled(campaign.Spec.Schedule, s.o.round.Spec.Slot):
		return failing(v1alpha1.ReasonCampaignNotFound, "the schedule of ScreeningCampaign %s no longer has %s; the round does not open", name, s.o.round.Spec.Slot)
	}
	return gate{}
}

// claimGate keeps a school from two rounds at once: while another campaign's round that
// comes first is planned or open at the same time, this one does not open.
func claimGate(s *scene) gate {
	if s.d.opened {
		return gate{}
	}
	for _, c := range s.o.claims {
		if c.OpensAt.Before(s.d.closes) && s.d.opens.Before(c.ClosesAt) {
			return failing(v1alpha1.ReasonSchoolsClaimed,
				"ScreeningCampaign %s screens schools of the district from %s to %s, and its round comes first; choose other dates or other stages for one of the two",
				c.Campaign, c.OpensAt.Format(time.RFC3339), c.ClosesAt.Format(time.RFC3339))
		}
	}
	return gate{}
}

// isStranger reports whether the campaign of that name is another than the one that
// planned the round.
func (s *scene) isStranger() bool { return string(s.o.campaign.UID) != s.o.round.Spec.Campaign.UID }

func districtGate(s *scene) gate {
	district := s.o.district
	notReady := func(what string) gate {
		return failing(v1alpha1.ReasonDistrictNotReady, "District %s %s", s.o.round.Namespace, what)
	}
	switch {
	case district == nil || !district.DeletionTimestamp.IsZero():
		return notReady("is not there")
	case s.d.settled && isFalse(district.Status.Conditions, v1alpha1.ConditionKeysReady):
		return notReady("lacks its keys")
	case s.d.settled:
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
		return gate{}
	}
	var lacking []string
	for _, tier := range s.policy.Tiers {
		if tier.Does(contract.DraftReferral) && !s.hasChannel(tier.ChannelClass) {
			lacking = append(lacking, fmt.Sprintf("%s (tier %s)", tier.ChannelClass, tier.Name))
		}
	}
	if len(lacking) > 0 {
		return failing(v1alpha1.ReasonChannelNotUsable, "no usable ReferralChannel of class %s", strings.Join(lacking, ", "))
	}
	return gate{}
}

// hasChannel reports whether a channel of the class can be used now. Once the round is
// settled a channel that has merely not been probed of late counts.
func (s *scene) hasChannel(class string) bool {
	return slices.ContainsFunc(s.o.channels, func(c v1alpha1.ReferralChannel) bool {
		list := c.Status.Conditions
		known := conditions.Holds(list, v1alpha1.ConditionUsable)
		notProbed := meta.IsStatusConditionPresentAndEqual(list, v1alpha1.ConditionUsable, metav1.ConditionUnknown)
		return string(c.Spec.Class) == class && c.DeletionTimestamp.IsZero() && (known || s.d.settled && notProbed)
	})
}

func dutyGate(s *scene) gate {
	switch {
	case !s.o.heard:
		return s.unclear(v1alpha1.ReasonDutyChainNotReady, "the district has not reported whether its chain of duty can be reached")
	case s.o.duty == contract.Unreachable:
		return failing(v1alpha1.ReasonDutyChainNotReady, "the chain of duty cannot be reached: a level has no person on duty or no transport answers")
	case s.o.duty != contract.Reachable:
		return s.unclear(v1alpha1.ReasonDutyChainNotReady, "the district has not tried its chain of duty yet")
	}
	return gate{}
}

func schoolGate(s *scene) gate {
	if len(s.d.schools) == 0 {
		return failing(v1alpha1.ReasonSchoolsNotStaffed, "no School of the district has a stage of the cohort and a place in the plan")
	}
	var lacking []string
	for _, name := range s.d.schools {
		if !s.staffed(name) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		return failing(v1alpha1.ReasonSchoolsNotStaffed, "not ready to be screened: %s", strings.Join(lacking, ", "))
	}
	return gate{}
}

func (s *scene) staffed(name string) bool {
	i := slices.IndexFunc(s.o.schools, func(school v1alpha1.School) bool { return school.Name == name })
	if i < 0 {
		return false
	}
	list := s.o.schools[i].Status.Conditions
	if s.d.settled {
		return !isFalse(list, v1alpha1.ConditionScreeningReady)
	}
	return conditions.Holds(list, v1alpha1.ConditionScreeningReady)
}

func isFalse(list []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionFalse(list, kind)
}
