package status

import (
	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// Inspection is one spot check of schools (随机抽查).
type Inspection struct {
	District  string         `json:"district"`
	Name      string         `json:"name"`
	Ready     State          `json:"ready"`
	Drawn     State          `json:"drawn"`
	Rectified State          `json:"rectified"`
	Open      int32          `json:"open"`    // findings that are to be rectified
	Overdue   int32          `json:"overdue"` // that should have been
	Next      v1alpha1.Civil `json:"nextRectifyBy,omitempty"`
}

// inspection takes a seed or a rectification that is awaited for work in progress, and what no
// waiting cures for something to look at.
func inspection(i *v1alpha1.Inspection) Inspection {
	conditions := i.Status.Conditions
	out := Inspection{
		District:  i.Namespace,
		Name:      i.Name,
		Ready:     ready(i, conditions),
		Drawn:     state(conditions, v1alpha1.ConditionDrawn, Attention),
		Rectified: state(conditions, v1alpha1.ConditionRectified, Attention),
		Open:      number(i.Status.Open),
		Overdue:   number(i.Status.Overdue),
		Next:      i.Status.NextRectifyBy,
	}
	if out.Drawn.Reason == v1alpha1.ReasonWaitingForSeed {
		out.Drawn.Health = Working
	}
	if out.Rectified.Reason == v1alpha1.ReasonOpen {
		out.Rectified.Health = Working
	}
	return out
}

func number(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
