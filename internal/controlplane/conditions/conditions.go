// Package conditions builds the conditions of every kind, purely. Messages are
// about objects and settings; nothing about a student can reach this package.
package conditions

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// State is how far an object is from being understood and applied.
type State int

// The states. Waiting is for an object that does not exist yet or a right that
// is not granted yet: somebody else's move, in any order. Invalid and Refused
// are for what only an edit of this very object can cure.
const (
	Pending State = iota
	Applied
	Progressing
	Waiting
	NotAuthorised
	Invalid
	Refused
	Terminating
)

// Verdict is a state with the sentence that goes with it.
type Verdict struct {
	State   State
	Message string
}

// Trio returns Ready and, where it applies, Reconciling or Stalled, as kstatus
// reads them.
func (v Verdict) Trio() []metav1.Condition {
	switch v.State {
	case Applied:
		return []metav1.Condition{True(v1alpha1.ConditionReady, v1alpha1.ReasonApplied, v.Message)}
	case Progressing:
		return v.reconciling(v1alpha1.ReasonProgressing, v1alpha1.ReasonProgressing)
	case Waiting:
		return v.reconciling(v1alpha1.ReasonProgressing, v1alpha1.ReasonReferenceMissing)
	case NotAuthorised:
		return v.reconciling(v1alpha1.ReasonNotAuthorised, v1alpha1.ReasonReferenceMissing)
	case Terminating:
		return v.reconciling(v1alpha1.ReasonTerminating, v1alpha1.ReasonTerminating)
	case Invalid:
		return v.stalled(v1alpha1.ReasonInvalid)
	case Refused:
		return v.stalled(v1alpha1.ReasonNotAuthorised)
	}
	return []metav1.Condition{Unknown(v1alpha1.ConditionReady, v1alpha1.ReasonPending, v.Message)}
}

func (v Verdict) reconciling(ready, why string) []metav1.Condition {
	return []metav1.Condition{
		False(v1alpha1.ConditionReady, ready, v.Message),
		True(v1alpha1.ConditionReconciling, why, v.Message),
	}
}

func (v Verdict) stalled(reason string) []metav1.Condition {
	return []metav1.Condition{
		False(v1alpha1.ConditionReady, reason, v.Message),
		True(v1alpha1.ConditionStalled, reason, v.Message),
	}
}

// True returns a condition that holds.
func True(kind, reason, message string) metav1.Condition {
	return condition(kind, metav1.ConditionTrue, reason, message)
}

// False returns a condition that does not hold.
func False(kind, reason, message string) metav1.Condition {
	return condition(kind, metav1.ConditionFalse, reason, message)
}

// Unknown returns a condition of which nothing is known.
func Unknown(kind, reason, message string) metav1.Condition {
	return condition(kind, metav1.ConditionUnknown, reason, message)
}

const messageLimit = 1024

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	if runes := []rune(message); len(runes) > messageLimit {
		message = string(runes[:messageLimit])
	}
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// Settle returns exactly the wanted conditions, in their order, for a generation.
// A condition whose status is what it was keeps its time of transition, so that
// settling twice gives the same bytes.
func Settle(old, want []metav1.Condition, generation int64, now time.Time) []metav1.Condition {
	settled := make([]metav1.Condition, 0, len(want))
	for _, c := range want {
		c.ObservedGeneration = generation
		c.LastTransitionTime = metav1.NewTime(now.Truncate(time.Second))
		if was := meta.FindStatusCondition(old, c.Type); was != nil && was.Status == c.Status {
			c.LastTransitionTime = was.LastTransitionTime
		}
		settled = append(settled, c)
	}
	return settled
}

// Changed reports whether a condition appeared, went away or changed in more
// than its message.
func Changed(old, settled []metav1.Condition) bool {
	if len(old) != len(settled) {
		return true
	}
	for _, c := range settled {
		was := meta.FindStatusCondition(old, c.Type)
		if was == nil || was.Status != c.Status || was.Reason != c.Reason || was.ObservedGeneration != c.ObservedGeneration {
			return true
		}
	}
	return false
}

// Holds reports whether the condition is True and speaks of this generation or an
// earlier one.
func Holds(list []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionTrue(list, kind)
}
