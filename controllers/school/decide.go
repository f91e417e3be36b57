package school

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
)

// judgement is how a school stands, and after how long that may change by itself.
type judgement struct {
	verdict  conditions.Verdict
	ready    metav1.Condition // ScreeningReady
	wait     time.Duration
	terminal error
}

func decide(o observed, now time.Time) judgement {
	is := gating.Ready(o.school, o.district, o.zone, now)
	j := judgement{verdict: conditions.Verdict{State: conditions.Applied, Message: "Understood"}, ready: is.Condition, terminal: is.Fault}
	switch {
	case is.Waits:
		j.verdict = conditions.Verdict{State: conditions.Waiting, Message: is.Condition.Message}
	case is.Fault != nil:
		j.verdict = conditions.Verdict{State: conditions.Invalid, Message: is.Condition.Message}
	}
	if !is.Until.IsZero() {
		j.wait = is.Until.Sub(now)
	}
	return j
}

func summarise(o observed, j judgement, s screening, now time.Time) *v1alpha1.School {
	after := o.school.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	after.Status.Coverage = s.coverage
	after.Status.Conditions = conditions.Settle(o.school.Status.Conditions, append(j.verdict.Trio(), j.ready, s.met), after.Generation, now)
	return after
}
