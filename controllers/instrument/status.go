package instrument

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// summarise sets the status that an instrument deserves and returns what is at fault in it.
func summarise(in *v1alpha1.Instrument, o observed, now time.Time) error {
	usable, digest, fault := verdict(o)
	ready := conditions.Verdict{State: conditions.Applied, Message: "The instrument compiles"}
	if fault != nil {
		ready = conditions.Verdict{State: conditions.Invalid, Message: fault.Error()}
	}
	want := append(ready.Trio(), usable, inUse(o))
	in.Status.Conditions = conditions.Settle(in.Status.Conditions, want, in.Generation, now)
	in.Status.ObservedGeneration = in.Generation
	in.Status.Digest = string(digest)
	return fault
}

// verdict says whether rounds may use the instrument, which digest its meaning has and
// what is at fault.
func verdict(o observed) (usable metav1.Condition, digest contract.Digest, fault error) {
	invalid := func(err error) (metav1.Condition, contract.Digest, error) {
		return conditions.False(v1alpha1.ConditionUsableInRounds, v1alpha1.ReasonInvalid, err.Error()), "", err
	}
	if first, _ := translate.Pick(o.all, keyOf(o.instrument.Spec)); first.Name != o.instrument.Name && first.Name != "" {
		return invalid(fmt.Errorf("spec.version: Instrument %q already is %s version %s; delete this one or give it another version",
			first.Name, first.Spec.Code, first.Spec.Version))
	}
	reason, message, err := translate.Usable(o.instrument.Spec)
	if err != nil {
		return invalid(err)
	}
	document, err := translate.Instrument(o.instrument.Spec)
	if err != nil {
		return invalid(err)
	}
	if digest, err = contract.DigestOf(document); err != nil {
		return invalid(err)
	}
	if reason == v1alpha1.ReasonApproved {
		return conditions.True(v1alpha1.ConditionUsableInRounds, reason, message), digest, nil
	}
	return conditions.False(v1alpha1.ConditionUsableInRounds, reason, message), digest, nil
}

func inUse(o observed) metav1.Condition {
	key := keyOf(o.instrument.Spec)
	used := slices.ContainsFunc(o.rounds, func(round v1alpha1.ScreeningRound) bool {
		return asks(round, key) && !conditions.Holds(round.Status.Conditions, v1alpha1.ConditionReleased)
	})
	if used {
		return conditions.True(v1alpha1.ConditionInUse, v1alpha1.ReasonRoundsUseIt, "A round that has not been released asks it")
	}
	return conditions.False(v1alpha1.ConditionInUse, v1alpha1.ReasonNotUsed, "No round that has not been released asks it")
}

func asks(round v1alpha1.ScreeningRound, key v1alpha1.InstrumentKey) bool {
	return slices.Contains(round.Spec.Instruments, key)
}

func keyOf(spec v1alpha1.InstrumentSpec) v1alpha1.InstrumentKey {
	return v1alpha1.InstrumentKey{Code: spec.Code, Version: spec.Version}
}
