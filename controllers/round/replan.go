package round

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// planned is when Stage1 is planned to open and close; endAt is a person's word and no
// part of the plan.
func planned(spec v1alpha1.ScreeningRoundSpec) v1alpha1.SessionWindow {
	spec.EndAt = nil
	opens, closes := translate.Window(spec)
	return v1alpha1.SessionWindow{From: metav1.NewTime(opens), To: metav1.NewTime(closes)}
}

// moved reports whether the plan is another than the one that status tells of. The first
// plan of a round is not.
func moved(round v1alpha1.ScreeningRound) bool {
	was := round.Status.Window
	return was != (v1alpha1.SessionWindow{}) && !equality.Semantic.DeepEqual(was, planned(round.Spec))
}

// replan notes the plan, and the one before if that was another.
func replan(s *v1alpha1.ScreeningRoundStatus, round v1alpha1.ScreeningRound, now time.Time) {
	is := planned(round.Spec)
	if moved(round) {
		s.LastReplan = v1alpha1.Replan{Time: metav1.NewTime(now.Truncate(time.Second)), Was: s.Window, Is: is}
	}
	s.Window = is
}

// replanned is there once the plan has changed, and False while it cannot.
func replanned(s v1alpha1.ScreeningRoundStatus, o observed, d decision) []metav1.Condition {
	if condition, kept := keptAsItWas(o, d); kept {
		return []metav1.Condition{condition}
	}
	last := s.LastReplan
	if last == (v1alpha1.Replan{}) {
		return nil
	}
	reason := v1alpha1.ReasonMoved
	if last.Is.From.Equal(&last.Was.From) && !last.Time.Before(&last.Is.From) {
		reason = v1alpha1.ReasonExtended
	}
	return []metav1.Condition{conditions.True(v1alpha1.ConditionReplanned, reason, fmt.Sprintf(
		"Stage1 is from %s to %s; it was to be from %s to %s", stamp(last.Is.From), stamp(last.Is.To), stamp(last.Was.From), stamp(last.Was.To)))}
}

func stamp(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }
