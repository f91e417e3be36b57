package status

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Health says whether a person should look. Its values are ordered in order of urgency.
type Health string

// The healths.
const (
	// Neutral has no health: a released round, a draft.
	Neutral Health = ""
	// Healthy needs nobody.
	Healthy Health = "Healthy"
	// Working waits for something or has not reported yet; it may resolve by itself.
	Working Health = "Working"
	// Attention needs a person.
	Attention Health = "Attention"
)

var urgency = []Health{Neutral, Healthy, Working, Attention}

// worst is the most urgent health.
func worst(healths ...Health) Health {
	return slices.MaxFunc(append([]Health{Neutral}, healths...), func(a, b Health) int {
		return slices.Index(urgency, a) - slices.Index(urgency, b)
	})
}

// State is one condition as the report tells it: its reason, and how it is to be taken.
type State struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	Health Health `json:"health,omitempty"`
}

// state reads a condition. False has the health given; Unknown and absent are Working, for a missing
// report is unknown and never good.
func state(conditions []metav1.Condition, kind string, whenFalse Health) State {
	condition := meta.FindStatusCondition(conditions, kind)
	if condition == nil {
		return State{Status: string(metav1.ConditionUnknown), Health: Working}
	}
	out := State{Status: string(condition.Status), Reason: condition.Reason, Health: Working}
	switch condition.Status {
	case metav1.ConditionTrue:
		out.Health = Healthy
	case metav1.ConditionFalse:
		out.Health = whenFalse
	}
	return out
}

// ready is the Ready condition, worse when only an edit helps.
func ready(object metav1.Object, conditions []metav1.Condition) State {
	out := state(conditions, v1alpha1.ConditionReady, Working)
	if stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled); stalled != nil && stalled.Status == metav1.ConditionTrue {
		out.Health, out.Reason = Attention, stalled.Reason
	}
	if object.GetDeletionTimestamp() != nil {
		out.Status, out.Reason, out.Health = string(metav1.ConditionFalse), v1alpha1.ReasonTerminating, Working
	}
	return out
}

// text is how a table shows the state: the reason tells more than False does.
func (s State) text() string {
	switch {
	case s.Status == string(metav1.ConditionTrue):
		return "True"
	case s.Reason != "":
		return s.Reason
	default:
		return s.Status
	}
}

// reason is the state's reason in any case, for conditions whose True has more than one.
func (s State) reason() string {
	if s.Reason != "" {
		return s.Reason
	}
	return s.Status
}
