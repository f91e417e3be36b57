package planning

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Extension is how many school days the sessions of a round go beyond its phase Stage1,
// which an extension leaves as it is. Less than spec.extendSchoolDays asks for of a round
// that is open: the operator has not come to it yet, or the calendar ends.
func Extension(spec v1alpha1.ScreeningRoundSpec) (days int) {
	stage1, found := translate.Phase(spec, v1alpha1.PhaseStage1)
	if !found {
		return 0
	}
	for _, s := range spec.Sessions {
		from := s.From.Time
		if from.Before(stage1.To.Time) {
			from = stage1.To.Time
		}
		if length := s.To.Sub(from); length > 0 { // sessions round the clock are merged
			days += max(1, int(math.Round(length.Hours()/24)))
		}
	}
	return days
}

// extended are the rounds with the sessions that spec.extendSchoolDays asks for. Only those
// that are open change, and only if they have or are to have an extension.
func (o Observed) extended(cal *calendar.Compiled, now time.Time) []v1alpha1.ScreeningRound {
	out := slices.Clone(o.Rounds)
	for i, r := range out {
		open := r.Status.OpenedTime != nil && !over(r, now)
		if stage1, found := translate.Phase(r.Spec, v1alpha1.PhaseStage1); found && open && (asked(r.Spec) > 0 || Extension(r.Spec) > 0) {
			_, without, _ := translate.Narrowing(o.Districts[r.Namespace].Spec.Narrowing) // what cannot be read holds no day
			out[i].Spec = extend(o, r, cal, rollout.Extension{
				Ends: stage1.To.UTC(), Sessions: translate.SessionsOf(r.Spec.Sessions), Days: asked(r.Spec), Without: without, Settled: now.Add(Settling),
			})
		}
	}
	return out
}

func asked(spec v1alpha1.ScreeningRoundSpec) int { return int(value(spec.ExtendSchoolDays)) }

func extend(o Observed, r v1alpha1.ScreeningRound, cal *calendar.Compiled, e rollout.Extension) v1alpha1.ScreeningRoundSpec {
	spec := *r.Spec.DeepCopy()
	sessions, last := e.Of(cal.For(r.Namespace, ""))
	spec.Sessions, spec.Schools = translate.WindowsOf(sessions), nil
	for _, school := range o.particular(r) {
		own := e.OfSchool(cal.For(r.Namespace, school), schoolSessions(r.Spec, school), last)
		if !slices.Equal(own, sessions) {
			spec.Schools = append(spec.Schools, v1alpha1.SchoolWindows{Name: school, Sessions: translate.WindowsOf(own)})
		}
	}
	return spec
}

// particular are the schools of a round that have sessions of their own, or a calendar of
// their own, by name.
func (o Observed) particular(r v1alpha1.ScreeningRound) (names []string) {
	for _, s := range r.Spec.Schools {
		names = append(names, s.Name)
	}
	for _, e := range o.Calendar.Spec.Exceptions {
		if e.District == r.Namespace && slices.Contains(r.Status.CohortSchools, e.School) {
			names = append(names, e.School)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names)
}

// schoolSessions are the sessions of a school: its own, or the round's.
func schoolSessions(spec v1alpha1.ScreeningRoundSpec, school string) []contract.Session {
	for _, own := range spec.Schools {
		if own.Name == school {
			return translate.SessionsOf(own.Sessions)
		}
	}
	return translate.SessionsOf(spec.Sessions)
}
