package escalationpolicy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
)

// summarise sets the status that a policy deserves and returns what is at fault in it.
func summarise(policy *v1alpha1.EscalationPolicy, o observed, now time.Time) error {
	document := translate.Policy(policy.Name, policy.Spec)
	message, fault := check(document, o)
	digest, err := contract.DigestOf(document)
	if fault = errors.Join(fault, err); fault != nil {
		digest = ""
	}
	verdict := conditions.Verdict{State: conditions.Applied, Message: message}
	if fault != nil {
		verdict = conditions.Verdict{State: conditions.Invalid, Message: fault.Error()}
	}
	policy.Status.Conditions = conditions.Settle(policy.Status.Conditions, append(verdict.Trio(), inUse(o)), policy.Generation, now)
	policy.Status.ObservedGeneration = policy.Generation
	policy.Status.Digest = string(digest)
	return fault
}

// check compiles the policy with the instruments of each user; what is odd but lets no
// student down is in the message. A user whose instruments are not all there says so
// itself and is left out here.
func check(policy contract.Policy, o observed) (message string, fault error) {
	if fault = escalation.Check(policy); fault != nil {
		return "", fault
	}
	var checked, warnings []string
	for _, u := range users(o) {
		compiled, err := translate.CompileAll(o.instruments, u.instruments)
		if err != nil {
			continue
		}
		ready, err := escalation.Compile(policy, compiled)
		if err != nil {
			return "", fmt.Errorf("with the instruments of %s: %w", u.name, err)
		}
		checked = append(checked, u.name)
		for _, w := range ready.Warnings() {
			warnings = append(warnings, fmt.Sprintf("; with those of %s, %s", u.name, w))
		}
	}
	if len(checked) == 0 {
		return "The policy is consistent in itself; no campaign with complete instruments refers to it yet", nil
	}
	return "The policy compiles with the instruments of " + strings.Join(checked, ", ") + strings.Join(warnings, ""), nil
}

type user struct {
	name        string
	instruments []v1alpha1.InstrumentKey
}

// users lists who will use the policy as it is now, in a fixed order. Rounds that have
// opened use the one that was pinned for them.
func users(o observed) []user {
	var out []user
	for _, c := range o.campaigns {
		if c.Spec.Template.Spec.EscalationPolicyRef.Name == o.policy.Name {
			out = append(out, user{"campaign " + c.Name, c.Spec.Template.Spec.Stage1.Instruments})
		}
	}
	for _, round := range o.rounds {
		planned := slices.ContainsFunc(out, func(u user) bool { return slices.Equal(u.instruments, round.Spec.Instruments) })
		if uses(round, o.policy.Name) && round.Status.OpenedTime == nil && !planned {
			out = append(out, user{"round " + round.Namespace + "/" + round.Name, round.Spec.Instruments})
		}
	}
	slices.SortFunc(out, func(a, b user) int { return strings.Compare(a.name, b.name) })
	return out
}

func uses(round v1alpha1.ScreeningRound, policy string) bool {
	released := conditions.Holds(round.Status.Conditions, v1alpha1.ConditionReleased)
	return round.Spec.EscalationPolicyRef.Name == policy && !released
}

func inUse(o observed) metav1.Condition {
	if slices.ContainsFunc(o.rounds, func(r v1alpha1.ScreeningRound) bool { return uses(r, o.policy.Name) }) {
		return conditions.True(v1alpha1.ConditionInUse, v1alpha1.ReasonRoundsUseIt, "A round that has not been released uses it")
	}
	return conditions.False(v1alpha1.ConditionInUse, v1alpha1.ReasonNotUsed, "No round that has not been released uses it")
}
