package gating

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// Readiness is whether a school may be screened: whether somebody is there to answer a child.
type Readiness struct {
	Condition metav1.Condition // ScreeningReady
	Waits     bool             // for an object that is not there, or does not list what the school names
	Until     time.Time        // when that changes by itself; zero: never
	Fault     error            // that only an edit of the school cures
}

// Ready judges a school; district is nil when there is none in its namespace.
func Ready(school v1alpha1.School, district *v1alpha1.District, zone *time.Location, now time.Time) Readiness {
	area := school.Spec.Area
	switch {
	case district == nil:
		return waits(v1alpha1.ReasonDistrictMissing, fmt.Sprintf("Waiting for the District %s in this namespace", school.Namespace))
	case area != "" && !slices.ContainsFunc(district.Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == area }):
		return waits(v1alpha1.ReasonAreaUnknown, fmt.Sprintf("The District lists no area %s: correct area here or add it there", area))
	case hasTeacher(school.Spec.Staffing):
		return Readiness{Condition: staffed("The school has a psych teacher")}
	case school.Spec.Staffing.Provider.Name != "":
		return provided(school.Spec.Staffing.Provider, zone, now)
	}
	return Readiness{Condition: notReady(v1alpha1.ReasonNoPsychTeacher,
		"The school has no psych teacher and has engaged no provider: nobody is there to answer a child")}
}

// provided judges a school that has a provider and nobody else.
func provided(provider v1alpha1.Provider, zone *time.Location, now time.Time) Readiness {
	until, err := channel.EndOf(provider.ValidUntil, zone)
	switch {
	case err != nil:
		fault := errors.New("staffing.provider.validUntil: " + err.Error())
		return Readiness{Condition: notReady(v1alpha1.ReasonProviderExpired, fault.Error()), Fault: fault}
	case !now.Before(until):
		return Readiness{Condition: notReady(v1alpha1.ReasonProviderExpired, fmt.Sprintf("The provider's credential was valid until %s", provider.ValidUntil))}
	}
	return Readiness{Condition: staffed("A provider with a valid credential is engaged"), Until: until}
}

func hasTeacher(s v1alpha1.Staffing) bool {
	return ptr.Deref(s.FullTimePsychTeachers, 0)+ptr.Deref(s.PartTimePsychTeachers, 0) > 0
}

func waits(reason, message string) Readiness {
	return Readiness{Condition: notReady(reason, message), Waits: true}
}

func staffed(message string) metav1.Condition {
	return conditions.True(v1alpha1.ConditionScreeningReady, v1alpha1.ReasonStaffed, message)
}

func notReady(reason, message string) metav1.Condition {
	return conditions.False(v1alpha1.ConditionScreeningReady, reason, message)
}

// staffingGate asks of every school for somebody to answer a child (Kaizhou notice 2020: a full- or part-time psych
// teacher, else a qualified institution that is engaged).
func staffingGate(s *Scene) Gate {
	if len(s.Cohort) == 0 {
		return Shut(v1alpha1.ReasonSchoolsNotStaffed, "no School of the district has a stage of the cohort and a place in the plan")
	}
	return s.Weigh(v1alpha1.GateStaffing, v1alpha1.ReasonSchoolsNotStaffed, "not ready to be screened", s.lacks(s.unstaffed))
}

func (s *Scene) unstaffed(school v1alpha1.School) string {
	is := meta.FindStatusCondition(school.Status.Conditions, v1alpha1.ConditionScreeningReady)
	switch {
	case is != nil && is.Status == metav1.ConditionFalse:
		return is.Reason
	case s.Cleared:
		return ""
	case is == nil || is.Status != metav1.ConditionTrue:
		return "not judged yet"
	}
	return s.leavesEarly(school.Spec.Staffing)
}

// leavesEarly says when the credential ends of a provider that is all a school has, if
// that is before the round closes.
func (s *Scene) leavesEarly(staffing v1alpha1.Staffing) string {
	if hasTeacher(staffing) {
		return ""
	}
	until := staffing.Provider.ValidUntil
	ends, err := channel.EndOf(until, s.Zone)
	switch {
	case err != nil:
		return "staffing.provider.validUntil " + err.Error()
	case ends.Before(s.Closes):
		return fmt.Sprintf("its provider's credential ends on %s, before the round closes", until)
	}
	return ""
}
