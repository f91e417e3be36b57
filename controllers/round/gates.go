package round

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// The states of gates, as gating has them.
type state = gating.State

const (
	pass    = gating.Pass
	unknown = gating.Unknown
	fail    = gating.Fail
)

// How many names GatesPassed has of each gate.
const summedUp = 5

// check is a gate: the condition that it has of its own, if any, and what that says when
// the gate passes and there is nothing else to say.
type check struct {
	condition string
	holds     string
	look      func(*scene) gating.Gate
}

// checks in order: the first that is shut gives GatesPassed its reason.
var checks = []check{
	{look: campaignGate}, {look: claimGate}, {look: districtGate},
	{v1alpha1.ConditionInstrumentsUsable, "Every instrument may be used for the cohort", instrumentGate},
	{v1alpha1.ConditionPolicyCompiles, "The policy compiles with the instruments", policyGate},
	{look: recordGate},
	{v1alpha1.ConditionChannelsUsable, "Every tier that drafts referrals has a usable ReferralChannel", channelGate},
	{v1alpha1.ConditionDutyChainReachable, "The chain of duty can be reached", dutyGate},
	declared(v1alpha1.GateStaffing),
	{v1alpha1.ConditionDutyDrillHeld, "A drill of the chain of duty was acknowledged for the opening", drillGate},
	declared(v1alpha1.GatePublicity),
	declared(v1alpha1.GateTraining),
	declared(v1alpha1.GateCounsellingRoom),
	declared(v1alpha1.GateExpertGroup),
}

// declared is a gate that declared objects decide.
func declared(name v1alpha1.GateName) check {
	i := slices.IndexFunc(gating.Checks, func(c gating.Check) bool { return c.Name == name })
	c := gating.Checks[i]
	return check{c.Condition, c.Holds, func(s *scene) gating.Gate { return c.Look(&s.Scene) }}
}

// is the condition of a gate.
func (c check) is(g gating.Gate) metav1.Condition {
	text := g.Text(gating.NamedAtMost)
	switch {
	case g.Settled != nil:
		return *g.Settled
	case g.Advisory: // the type says which it is; programs read the reason
		return conditions.False(c.condition, v1alpha1.ReasonAdvisoryNotMet, text)
	case g.State == fail:
		return conditions.False(c.condition, g.Reason, text)
	case g.State == unknown:
		return conditions.Unknown(c.condition, v1alpha1.ReasonNoReport, text)
	case g.Reason == v1alpha1.ReasonExceptionGranted:
		return conditions.True(c.condition, g.Reason, text)
	case text != "":
		return conditions.True(c.condition, v1alpha1.ReasonPassed, c.holds+"; "+text)
	}
	return conditions.True(c.condition, v1alpha1.ReasonPassed, c.holds)
}

// verdict is the standing of all gates together: the worst, with the reason of the
// first that stands so and the messages of all that do not pass.
type verdict struct {
	state      state
	reason     string
	message    string
	onlyDrill  bool               // shut, and all that lacks is a drill
	conditions []metav1.Condition // of the gates that have one
	meaning    *contract.Meaning  // what the round would mean by the objects of now; nil when they do not fit
}

// scene is what a gate looks at: what was observed, what was decided before the gates,
// and what earlier gates worked out.
type scene struct {
	gating.Scene
	o         observed
	d         decision
	documents []contract.Instrument
	policy    *contract.Policy
}

func newScene(o observed, d decision, now time.Time) *scene {
	return &scene{o: o, d: d, Scene: gating.Scene{
		Campaign: o.owner(), Namespace: o.round.Namespace, District: o.district,
		Schools: gating.ByName(o.schools), Cohort: d.schools, Zone: o.zone, CampaignZone: o.campaignZone,
		Opens: d.opens, Closes: d.closes, Now: now,
		Opened: d.opened, Settled: d.settled, Cleared: d.cleared, Found: o.round.Status.Conditions,
	}}
}

func judge(o observed, d decision, now time.Time) verdict {
	s := newScene(o, d, now)
	var v verdict
	var messages []string
	var shut []string
	for _, c := range checks {
		g := c.look(s)
		state, reason := g.Weight()
		if state > v.state || v.reason == "" {
			v.state, v.reason = state, reason
		}
		if state != pass {
			shut = append(shut, reason)
		}
		if text := g.Text(summedUp); text != "" {
			messages = append(messages, text)
		}
		if c.condition != "" {
			v.conditions = append(v.conditions, c.is(g))
		}
	}
	v.message = strings.Join(messages, "; ")
	v.onlyDrill = slices.Equal(shut, []string{v1alpha1.ReasonDrillNotAcknowledged})
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

// unheard is a gate of which nothing is known: it fails until the gates have let the round through.
func (s *scene) unheard(reason, message string) gating.Gate {
	if s.d.cleared {
		return gating.Unclear("%s", message)
	}
	return gating.Shut(reason, "%s", message)
}

func isFalse(list []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionFalse(list, kind)
}
