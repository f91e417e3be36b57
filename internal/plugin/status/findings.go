package status

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// findings collects every condition that wants a look, with its message. Schools are summed up elsewhere.
func findings(objects Objects) []Finding {
	out := []Finding{}
	for i := range objects.Districts {
		out = append(out, ofDistrict(&objects.Districts[i])...)
	}
	for i := range objects.Channels {
		c := &objects.Channels[i]
		is := channel(c)
		out = append(out, look("channel "+c.Namespace+"/"+c.Name, c.Status.Conditions,
			states{{v1alpha1.ConditionUsable, is.Usable}, {v1alpha1.ConditionReady, is.Ready}})...)
	}
	for i := range objects.Rounds {
		out = append(out, ofRound(&objects.Rounds[i])...)
	}
	for i := range objects.Inspections {
		in := &objects.Inspections[i]
		is := inspection(in)
		out = append(out, look("inspection "+in.Namespace+"/"+in.Name, in.Status.Conditions, states{
			{v1alpha1.ConditionDrawn, is.Drawn}, {v1alpha1.ConditionRectified, is.Rectified}, {v1alpha1.ConditionReady, is.Ready},
		})...)
	}
	out = append(out, ofProvince(objects)...)
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(slices.Index(urgency, b.Health)-slices.Index(urgency, a.Health), cmp.Compare(a.Object, b.Object))
	})
	return out
}

// states are conditions in the order in which they explain one another: the first that is wrong is the cause.
type states []one

type one struct {
	condition string
	state     State
}

// look reports the states that are Attention, and of those that are Working the first one only, for the
// others follow from it.
func look(object string, conditions []metav1.Condition, all states) []Finding {
	var out []Finding
	waiting := false
	for _, s := range all {
		switch {
		case s.state.Health == Attention:
		case s.state.Health == Working && !waiting && s.state.Reason != "":
			waiting = true
		default:
			continue
		}
		out = append(out, finding(object, conditions, s.condition, s.state))
	}
	return out
}

func finding(object string, conditions []metav1.Condition, kind string, s State) Finding {
	out := Finding{Health: s.Health, Object: object, Condition: kind, Reason: s.Reason}
	for _, c := range conditions {
		if c.Type == kind || c.Type == v1alpha1.ConditionStalled && c.Reason == s.Reason && c.Status == metav1.ConditionTrue {
			out.Message = c.Message
		}
	}
	return out
}

func ofDistrict(d *v1alpha1.District) []Finding {
	is := district(d)
	out := look("district "+d.Name, d.Status.Conditions, states{
		{v1alpha1.ConditionAuthorised, is.Authorised},
		{v1alpha1.ConditionSignalsCovered, is.Signals},
		{v1alpha1.ConditionKeysReady, is.Keys},
		{v1alpha1.ConditionProvisioned, is.Provisioned},
		{v1alpha1.ConditionReporting, is.Reporting},
		{v1alpha1.ConditionDutyChainReady, is.DutyChain},
		{v1alpha1.ConditionScoresVerified, is.Scores},
		{v1alpha1.ConditionReady, is.Ready},
	})
	return append(out, look("district "+d.Name, d.Status.Conditions, states{{v1alpha1.ConditionAnnualScreeningMet, is.Annual}})...)
}

// ofRound tells of each gate that is shut, since each is cured elsewhere; what waits besides
// waits for them.
func ofRound(r *v1alpha1.ScreeningRound) []Finding {
	is, object := round(r), "round "+r.Namespace+"/"+r.Name
	all := states{
		{v1alpha1.ConditionMeaningPinned, is.Meaning},
		{v1alpha1.ConditionGatesPassed, is.Gates},
		{v1alpha1.ConditionOpen, is.Open},
		{v1alpha1.ConditionReady, is.Ready},
	}
	if slices.ContainsFunc(is.ShutGates, Gate.Holds) {
		all = slices.DeleteFunc(all, func(s one) bool { return s.state.Health == Working })
	}
	out := look(object, r.Status.Conditions, all)
	for _, gate := range is.ShutGates {
		if gate.Status == string(metav1.ConditionFalse) {
			out = append(out, Finding{gate.Health, object, gate.Condition, gate.Reason, gate.Message})
		}
	}
	if is.Extended != nil {
		out = append(out, look(object, r.Status.Conditions, states{{v1alpha1.ConditionExtended, *is.Extended}})...)
	}
	return out
}

func ofProvince(objects Objects) []Finding {
	var out []Finding
	for i := range objects.Campaigns {
		c := &objects.Campaigns[i]
		is := campaign(c)
		out = append(out, look("campaign "+c.Name, c.Status.Conditions,
			states{{v1alpha1.ConditionReady, is.Ready}, {v1alpha1.ConditionPlanned, is.Planned}})...)
		out = append(out, look("campaign "+c.Name, c.Status.Conditions, states{{v1alpha1.ConditionAnnualScreeningMet, is.Annual}})...)
	}
	for i := range objects.Policies {
		p := &objects.Policies[i]
		out = append(out, look("policy "+p.Name, p.Status.Conditions, states{{v1alpha1.ConditionReady, policy(p).Ready}})...)
	}
	for i := range objects.Instruments {
		in := &objects.Instruments[i]
		out = append(out, look("instrument "+in.Name, in.Status.Conditions, states{{v1alpha1.ConditionReady, instrument(in).Ready}})...)
	}
	return out
}
