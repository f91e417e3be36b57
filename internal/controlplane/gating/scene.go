package gating

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
)

// Scene is what the gates of a round look at.
type Scene struct {
	Campaign     *v1alpha1.ScreeningCampaign // that planned the round; nil when it is gone: its gates are the defaults
	Namespace    string                      // of the district
	District     *v1alpha1.District          // nil: there is none
	Schools      map[string]v1alpha1.School  // of the district, by name; ScreeningReady says whether somebody is there
	Cohort       []string                    // the schools that take part, sorted
	Zone         *time.Location              // of the district
	CampaignZone *time.Location

	Opens, Closes time.Time // as planned
	Now           time.Time

	// How far the round is. Of one that is yet to come all are zero.
	Opened  bool               // students have been able to answer
	Settled bool               // the opening has come with a meaning pinned
	Cleared bool               // and the gates had let it through: what is not known shuts them no more
	Found   []metav1.Condition // of the round, as they were
}

// ByName has schools by their names.
func ByName(schools []v1alpha1.School) map[string]v1alpha1.School {
	out := make(map[string]v1alpha1.School, len(schools))
	for _, school := range schools {
		out[school.Name] = school
	}
	return out
}

// Cohort lists the schools that take part in a round, sorted. Shortly before the opening the list
// of one whose meaning is pinned is fixed.
func Cohort(round v1alpha1.ScreeningRound, pinned bool, opens time.Time, schools []v1alpha1.School, now time.Time) []string {
	recorded := round.Status.CohortSchools
	if pinned && len(recorded) > 0 && !now.Before(opens.Add(-planning.Settling)) {
		return recorded
	}
	var names []string
	for _, school := range schools {
		if planning.TakesPart(school, round.Spec) {
			names = append(names, school.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Cleared reports whether the gates had let a round through whose meaning is settled, by what was
// said of them: from then on what is not known shuts none.
func Cleared(settled, opened bool, found []metav1.Condition) bool {
	judged := meta.FindStatusCondition(found, v1alpha1.ConditionGatesPassed)
	return settled && (opened || judged != nil && judged.Status != metav1.ConditionFalse)
}

// Opening is when students can answer first: as planned, or now if the round is late.
func (s *Scene) Opening() time.Time {
	if !s.Opened && s.Now.After(s.Opens) {
		return s.Now
	}
	return s.Opens
}

// Evidence is a gate that asks what happened before the opening: once the meaning is
// settled what was found is not asked again, and once students could answer nothing that
// is missing holds them up.
func (s *Scene) Evidence(condition string, look func() Gate) Gate {
	was := meta.FindStatusCondition(s.Found, condition)
	if s.Settled && was != nil && was.Status == metav1.ConditionTrue {
		return Gate{Settled: was}
	}
	g := look()
	g.Advisory = g.State == Fail && (g.Advisory || s.Opened)
	return g
}

// district is empty when there is none.
func (s *Scene) district() v1alpha1.District {
	if s.District == nil {
		return v1alpha1.District{}
	}
	return *s.District
}
