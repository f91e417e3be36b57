package status

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Gate is one gate of a round that does not stand open.
type Gate struct {
	Condition string `json:"condition"`
	State
	Message string `json:"message,omitempty"`
}

// gates are the conditions of a round's gates, in the order in which a person would look at them.
var gates = []string{
	v1alpha1.ConditionInstrumentsUsable, v1alpha1.ConditionPolicyCompiles, v1alpha1.ConditionChannelsUsable,
	v1alpha1.ConditionDutyChainReachable, v1alpha1.ConditionDutyDrillHeld, v1alpha1.ConditionSchoolsStaffed,
	v1alpha1.ConditionSchoolsTrained, v1alpha1.ConditionPublicityHeld, v1alpha1.ConditionCounsellingRoomsOpen,
	v1alpha1.ConditionAreasCovered,
}

// ShutGates are the gates of a round that do not pass, and those that pass by an exception
// alone. One that is only advised has no health: it holds nobody up.
func ShutGates(conditions []metav1.Condition) []Gate {
	out := []Gate{}
	for _, kind := range gates {
		condition := meta.FindStatusCondition(conditions, kind)
		if condition == nil || condition.Reason == v1alpha1.ReasonPassed {
			continue
		}
		gate := Gate{Condition: kind, State: state(conditions, kind, Working), Message: condition.Message}
		if condition.Status == metav1.ConditionTrue || condition.Reason == v1alpha1.ReasonAdvisoryNotMet {
			gate.Health = Neutral
		}
		out = append(out, gate)
	}
	return out
}

// Holds reports whether the gate keeps the round from opening, or holds it.
func (g Gate) Holds() bool { return g.Status == string(metav1.ConditionFalse) && g.Health != Neutral }
