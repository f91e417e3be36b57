package school

import (
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// judgement is how a school stands, and after how long that may change by itself.
type judgement struct {
	verdict  conditions.Verdict
	ready    metav1.Condition // ScreeningReady
	wait     time.Duration
	terminal error
}

// rule returns nil when it has nothing to say.
type rule func(o observed, now time.Time) *judgement

// rules in order; the first that speaks decides.
var rules = []rule{withoutDistrict, inUnknownArea, withTeacher, withProvider}

func decide(o observed, now time.Time) judgement {
	for _, r := range rules {
		if j := r(o, now); j != nil {
			return *j
		}
	}
	return *understood(conditions.False(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonNoPsychTeacher,
		"The school has no psych teacher and has engaged no provider: nobody is there to answer a child"))
}

func understood(ready metav1.Condition) *judgement {
	return &judgement{verdict: conditions.Verdict{State: conditions.Applied, Message: "Understood"}, ready: ready}
}

func waiting(reason, message string) *judgement {
	return &judgement{
		verdict: conditions.Verdict{State: conditions.Waiting, Message: message},
		ready:   conditions.False(v1alpha1.ConditionScreeningReady, reason, message),
	}
}

func withoutDistrict(o observed, _ time.Time) *judgement {
	if o.district != nil {
		return nil
	}
	return waiting(v1alpha1.ReasonDistrictMissing, fmt.Sprintf("Waiting for the District %s in this namespace", o.school.Namespace))
}

func inUnknownArea(o observed, _ time.Time) *judgement {
	area := o.school.Spec.Area
	if area == "" || slices.ContainsFunc(o.district.Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == area }) {
		return nil
	}
	return waiting(v1alpha1.ReasonAreaUnknown, fmt.Sprintf("The District lists no area %s: correct area here or add it there", area))
}

func withTeacher(o observed, _ time.Time) *judgement {
	s := o.school.Spec.Staffing
	if ptr.Deref(s.FullTimePsychTeachers, 0)+ptr.Deref(s.PartTimePsychTeachers, 0) == 0 {
		return nil
	}
	return understood(conditions.True(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonStaffed, "The school has a psych teacher"))
}

func withProvider(o observed, now time.Time) *judgement {
	provider := o.school.Spec.Staffing.Provider
	if provider.Name == "" {
		return nil
	}
	until, err := channel.EndOf(provider.ValidUntil, o.zone)
	if err != nil {
		message := fmt.Sprintf("staffing.provider.validUntil: %s", err)
		return &judgement{
			verdict:  conditions.Verdict{State: conditions.Invalid, Message: message},
			ready:    conditions.False(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonProviderExpired, message),
			terminal: errors.New(message),
		}
	}
	if !now.Before(until) {
		return understood(conditions.False(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonProviderExpired,
			fmt.Sprintf("The provider's credential was valid until %s", provider.ValidUntil)))
	}
	j := understood(conditions.True(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonStaffed, "A provider with a valid credential is engaged"))
	j.wait = until.Sub(now)
	return j
}

func summarise(o observed, j judgement, s screening, now time.Time) *v1alpha1.School {
	after := o.school.DeepCopy()
	after.Status.ObservedGeneration = after.Generation
	after.Status.Coverage = s.coverage
	after.Status.Conditions = conditions.Settle(o.school.Status.Conditions, append(j.verdict.Trio(), j.ready, s.met), after.Generation, now)
	return after
}
