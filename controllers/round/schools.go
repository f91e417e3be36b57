package round

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// lacks asks every school of the cohort; why is empty for one that lacks nothing.
func (s *scene) lacks(why func(v1alpha1.School) string) (out []lack) {
	for _, name := range s.d.schools {
		school, found := s.schools[name]
		if !found {
			out = append(out, lack{name, "there is no such School"})
		} else if text := why(school); text != "" {
			out = append(out, lack{name, text})
		}
	}
	return out
}

// staffingGate asks of every school for somebody to answer a child (Kaizhou notice 2020: a full- or part-time psych
// teacher, else a qualified institution that is engaged).
func staffingGate(s *scene) gate {
	if len(s.d.schools) == 0 {
		return failing(v1alpha1.ReasonSchoolsNotStaffed, "no School of the district has a stage of the cohort and a place in the plan")
	}
	return s.weigh(v1alpha1.GateStaffing, v1alpha1.ReasonSchoolsNotStaffed, "not ready to be screened", s.lacks(s.unstaffed))
}

func (s *scene) unstaffed(school v1alpha1.School) string {
	is := meta.FindStatusCondition(school.Status.Conditions, v1alpha1.ConditionScreeningReady)
	switch {
	case is != nil && is.Status == metav1.ConditionFalse:
		return is.Reason
	case s.d.cleared:
		return ""
	case is == nil || is.Status != metav1.ConditionTrue:
		return "not judged yet"
	}
	return s.leavesEarly(school.Spec.Staffing)
}

// leavesEarly says when the credential ends of a provider that is all a school has, if
// that is before the round closes.
func (s *scene) leavesEarly(staffing v1alpha1.Staffing) string {
	if ptr.Deref(staffing.FullTimePsychTeachers, 0)+ptr.Deref(staffing.PartTimePsychTeachers, 0) > 0 {
		return ""
	}
	until := staffing.Provider.ValidUntil
	ends, err := channel.EndOf(until, s.o.zone)
	switch {
	case err != nil:
		return "staffing.provider.validUntil " + err.Error()
	case ends.Before(s.d.closes):
		return fmt.Sprintf("its provider's credential ends on %s, before the round closes", until)
	}
	return ""
}

func publicityGate(s *scene) gate {
	return s.evidence(v1alpha1.ConditionPublicityHeld, func() gate {
		days := s.asked(v1alpha1.GatePublicity).WithinDays
		return s.weigh(v1alpha1.GatePublicity, v1alpha1.ReasonPublicityMissing,
			fmt.Sprintf("no publicity within %d days before the opening (School spec.publicity.heldOn)", days),
			s.lacks(func(school v1alpha1.School) string { return s.undated(school.Spec.Publicity.HeldOn, days) }))
	})
}

func trainingGate(s *scene) gate {
	return s.evidence(v1alpha1.ConditionSchoolsTrained, func() gate {
		days := s.asked(v1alpha1.GateTraining).WithinDays
		return s.weigh(v1alpha1.GateTraining, v1alpha1.ReasonTrainingMissing,
			fmt.Sprintf("no training within %d days before the opening (School spec.training.completedOn)", days),
			s.lacks(func(school v1alpha1.School) string { return s.undated(school.Spec.Training.CompletedOn, days) }))
	})
}

// undated says what is wrong with a day on which something is to have happened, at most
// so many days before the day of the opening, in the district's zone. What is still to
// come has not happened.
func (s *scene) undated(on v1alpha1.Civil, days int32) string {
	if on == "" {
		return "no day"
	}
	day, err := calendar.ParseDate(string(on))
	opening, today := calendar.DateOf(s.opening().In(s.o.zone)), calendar.DateOf(s.now.In(s.o.zone))
	switch {
	case err != nil:
		return fmt.Sprintf("%s is not a day of the calendar", on)
	case day.After(opening):
		return fmt.Sprintf("%s is after the opening", on)
	case day.After(today):
		return fmt.Sprintf("%s is still to come", on)
	case day.Before(opening.AddDays(-int(days))):
		return fmt.Sprintf("%s is too long ago", on)
	}
	return ""
}

func roomGate(s *scene) gate {
	hours := s.asked(v1alpha1.GateCounsellingRoom).HoursPerWeek
	return s.weigh(v1alpha1.GateCounsellingRoom, v1alpha1.ReasonCounsellingRoomClosed,
		fmt.Sprintf("no counselling room that is open %d hours a week (School spec.counsellingRoom.openHoursPerWeek)", hours),
		s.lacks(func(school v1alpha1.School) string {
			open := school.Spec.CounsellingRoom.OpenHoursPerWeek
			switch {
			case open == nil:
				return "none"
			case *open < hours:
				return fmt.Sprintf("%d hours", *open)
			}
			return ""
		}))
}
