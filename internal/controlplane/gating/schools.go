package gating

import (
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// lacks asks every school of the cohort; why is empty for one that lacks nothing.
func (s *Scene) lacks(why func(v1alpha1.School) string) (out []Lack) {
	for _, name := range s.Cohort {
		school, found := s.Schools[name]
		if !found {
			out = append(out, Lack{name, "there is no such School"})
		} else if text := why(school); text != "" {
			out = append(out, Lack{name, text})
		}
	}
	return out
}

func publicityGate(s *Scene) Gate {
	return s.Evidence(v1alpha1.ConditionPublicityHeld, func() Gate {
		days := s.Asked(v1alpha1.GatePublicity).WithinDays
		return s.Weigh(v1alpha1.GatePublicity, v1alpha1.ReasonPublicityMissing,
			fmt.Sprintf("no publicity within %d days before the opening (School spec.publicity.heldOn)", days),
			s.lacks(func(school v1alpha1.School) string { return s.undated(school.Spec.Publicity.HeldOn, days) }))
	})
}

func trainingGate(s *Scene) Gate {
	return s.Evidence(v1alpha1.ConditionSchoolsTrained, func() Gate {
		days := s.Asked(v1alpha1.GateTraining).WithinDays
		return s.Weigh(v1alpha1.GateTraining, v1alpha1.ReasonTrainingMissing,
			fmt.Sprintf("no training within %d days before the opening (School spec.training.completedOn)", days),
			s.lacks(func(school v1alpha1.School) string { return s.undated(school.Spec.Training.CompletedOn, days) }))
	})
}

// undated says what is wrong with a day on which something is to have happened, at most
// so many days before the day of the opening, in the district's zone. What is still to
// come has not happened.
func (s *Scene) undated(on v1alpha1.Civil, days int32) string {
	if on == "" {
		return "no day"
	}
	day, err := calendar.ParseDate(string(on))
	opening, today := calendar.DateOf(s.Opening().In(s.Zone)), calendar.DateOf(s.Now.In(s.Zone))
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

func roomGate(s *Scene) Gate {
	hours := s.Asked(v1alpha1.GateCounsellingRoom).HoursPerWeek
	return s.Weigh(v1alpha1.GateCounsellingRoom, v1alpha1.ReasonCounsellingRoomClosed,
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
