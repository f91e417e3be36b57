package referralchannel

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
)

// judgement is how a channel stands, and after how long that may change by itself.
type judgement struct {
	verdict  conditions.Verdict
	usable   metav1.Condition
	wait     time.Duration
	terminal error
}

// secretPause is how soon a Secret that is missing or wrong is looked for again;
// Secrets are not watched.
const secretPause = 30 * time.Second

// rule returns nil when it has nothing to say.
type rule func(o observed, now time.Time) *judgement

// rules in order; the first that speaks decides.
var rules = []rule{withoutDistrict, withoutRight, withoutSecret, withWrongSecret, outsideAgreement}

func decide(o observed, now time.Time) judgement {
	for _, r := range rules {
		if j := r(o, now); j != nil {
			return *j
		}
	}
	j := understood(probed(o, now))
	_, until, _ := channel.Window(o.channel.Spec.Agreement, o.zone) // outsideAgreement has seen to the error
	j.wait = min(until.Sub(now), result.Longest)
	if o.early {
		j.wait = min(j.wait, board.FirstTurn)
	}
	if o.silent && o.last != nil {
		if left := board.FreshFor - now.Sub(o.last.At); left > 0 {
			j.wait = min(j.wait, left+time.Second)
		}
	}
	return *j
}

func understood(usable metav1.Condition) *judgement {
	return &judgement{verdict: conditions.Verdict{State: conditions.Applied, Message: "Understood"}, usable: usable}
}

func waiting(usable metav1.Condition, wait time.Duration) *judgement {
	return &judgement{
		verdict: conditions.Verdict{State: conditions.Waiting, Message: usable.Message}, usable: usable, wait: wait,
	}
}

func unusable(reason, message string) metav1.Condition {
	return conditions.False(v1alpha1.ConditionUsable, reason, message)
}

func withoutDistrict(o observed, _ time.Time) *judgement {
	if o.zone != nil {
		return nil
	}
	message := fmt.Sprintf("Waiting for the District %s, whose time zone the agreement's days are in", o.channel.Namespace)
	return waiting(conditions.Unknown(v1alpha1.ConditionUsable, v1alpha1.ReasonNotProbed, message), 0)
}

func withoutRight(o observed, _ time.Time) *judgement {
	if !o.forbidden {
		return nil
	}
	return waiting(unusable(v1alpha1.ReasonSecretMissing, fmt.Sprintf(
		"The operator may not read the Secret %s: the district's release binds it to the ClusterRole evenkeel-district-workloads",
		o.channel.Spec.Endpoint.SecretRef.Name)), secretPause)
}

func withoutSecret(o observed, _ time.Time) *judgement {
	if o.secret != nil {
		return nil
	}
	return waiting(unusable(v1alpha1.ReasonSecretMissing, fmt.Sprintf("Waiting for the Secret %s of the type %s",
		o.channel.Spec.Endpoint.SecretRef.Name, v1alpha1.SecretTypeChannel)), secretPause)
}

func withWrongSecret(o observed, _ time.Time) *judgement {
	if _, err := channel.ReadSecrets(o.secret); err != nil {
		return waiting(unusable(v1alpha1.ReasonSecretInvalid, err.Error()), secretPause)
	}
	return nil
}

func outsideAgreement(o observed, now time.Time) *judgement {
	agreement := o.channel.Spec.Agreement
	from, until, err := channel.Window(agreement, o.zone)
	switch {
	case err != nil:
		message := err.Error()
		return &judgement{
			verdict:  conditions.Verdict{State: conditions.Invalid, Message: message},
			usable:   unusable(v1alpha1.ReasonAgreementExpired, message),
			terminal: errors.New(message),
		}
	case now.Before(from):
		j := understood(unusable(v1alpha1.ReasonAgreementNotYetValid, fmt.Sprintf("The agreement is valid from %s", agreement.ValidFrom)))
		j.wait = from.Sub(now)
		return j
	case !now.Before(until):
		j := understood(unusable(v1alpha1.ReasonAgreementExpired, fmt.Sprintf("The agreement was valid until %s: renew it", agreement.ValidUntil)))
		j.wait = result.Longest
		return j
	}
	return nil
}

// probed is what casework found. While the exchange has just begun it is what
// casework had found before.
func probed(o observed, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionUsable
	was := meta.FindStatusCondition(o.channel.Status.Conditions, kind)
	switch reachOf(o, now) {
	case contract.Reachable:
		return conditions.True(kind, v1alpha1.ReasonReachable, "The facility answers")
	case contract.Unreachable:
		return unusable(v1alpha1.ReasonUnreachable, "The facility does not answer")
	}
	if was != nil && o.early {
		return *was
	}
	return conditions.Unknown(kind, v1alpha1.ReasonNotProbed, "Casework has not said whether the facility answers")
}

func reachOf(o observed, now time.Time) contract.Reach {
	if o.last == nil || now.Sub(o.last.At) > board.FreshFor {
		return contract.ReachUnknown
	}
	for _, p := range o.last.Report.Channels {
		if p.Ref == contract.RefOf(o.channel.Name) {
			return p.Reach
		}
	}
	return contract.ReachUnknown
}

func summarise(o observed, j judgement, now time.Time) *v1alpha1.ReferralChannel {
	after := o.channel.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	after.Status.Conditions = conditions.Settle(o.channel.Status.Conditions, append(j.verdict.Trio(), j.usable), after.Generation, now)
	return after
}
