// Package result turns how a reconciliation went into what controller-runtime wants
// to be told.
package result

import (
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Longest is the longest a reconciler sleeps before it looks again. Clocks jump, and
// a timer set before the jump does not notice.
const Longest = 10 * time.Minute

// Of returns the result of a reconciliation. A transient error is tried again; a
// status that had to wait and an instant that will come ask to be woken; a fault that
// only an edit of the object can cure is terminal. Zero durations ask for nothing.
func Of(transient, terminal error, waits ...time.Duration) (ctrl.Result, error) {
	if transient != nil {
		return ctrl.Result{}, transient
	}
	soonest := time.Duration(0)
	for _, wait := range waits {
		if wait > 0 && (soonest == 0 || wait < soonest) {
			soonest = wait
		}
	}
	if soonest > 0 {
		return ctrl.Result{RequeueAfter: min(soonest, Longest)}, nil
	}
	if terminal != nil {
		return ctrl.Result{}, reconcile.TerminalError(terminal)
	}
	return ctrl.Result{}, nil
}
