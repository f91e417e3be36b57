package planning

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Claims lists the rounds that have schools of a round and come before it: a school answers
// to one round at a time. What has opened comes first; of one campaign then the earlier run,
// and its regular round before its make-up round; of two campaigns what was made first, then
// the campaign whose name sorts first. A round that is not made yet (without a creation
// time) comes after another campaign's. Rounds that never open, or are over, claim nothing. The campaigns are those that
// select the district: what others planned there never opens, unless it has. Of two that have opened, which the object of
// one that was made anew can bring about, the one that opened first comes first.
func Claims(round v1alpha1.ScreeningRound, others []v1alpha1.ScreeningRound, campaigns []v1alpha1.ScreeningCampaign,
	schools []v1alpha1.School, now time.Time,
) []rollout.Claim {
	var out []rollout.Claim
	for _, other := range others {
		opens, closes := occupies(other, now)
		another := other.Namespace == round.Namespace && other.Name != round.Name
		over := released(other) || !closes.After(now)
		if another && !over && precedes(other, round) && alive(other, campaigns) && share(other, round, schools) {
			out = append(out, rollout.Claim{Campaign: other.Spec.Campaign.Name, OpensAt: opens, ClosesAt: closes})
		}
	}
	slices.SortFunc(out, func(a, b rollout.Claim) int {
		if c := a.OpensAt.Compare(b.OpensAt); c != 0 {
			return c
		}
		return strings.Compare(a.Campaign, b.Campaign)
	})
	return out
}

func precedes(other, round v1alpha1.ScreeningRound) bool {
	made, mine := other.CreationTimestamp.Time, round.CreationTimestamp.Time
	switch {
	case round.Status.OpenedTime != nil:
		return other.Status.OpenedTime.Before(round.Status.OpenedTime)
	case other.Status.OpenedTime != nil:
		return true
	case other.Spec.Campaign.Name == round.Spec.Campaign.Name && other.Spec.Slot != round.Spec.Slot:
		return other.Spec.Slot < round.Spec.Slot
	case other.Spec.Campaign.Name == round.Spec.Campaign.Name:
		return translate.MakeUp(round.Spec)
	case mine.IsZero():
		return true
	case !made.Equal(mine):
		return made.Before(mine)
	}
	return other.Spec.Campaign.Name < round.Spec.Campaign.Name
}

// alive reports whether a round is open or may open yet.
func alive(round v1alpha1.ScreeningRound, campaigns []v1alpha1.ScreeningCampaign) bool {
	if round.Status.OpenedTime != nil {
		return true
	}
	return slices.ContainsFunc(campaigns, func(c v1alpha1.ScreeningCampaign) bool {
		return c.Name == round.Spec.Campaign.Name && string(c.UID) == round.Spec.Campaign.UID && c.DeletionTimestamp.IsZero() &&
			translate.Awaited(c.Spec, round.Spec)
	})
}

// Selecting are the campaigns that select a namespace with these labels.
func Selecting(campaigns []v1alpha1.ScreeningCampaign, namespace map[string]string) []v1alpha1.ScreeningCampaign {
	return slices.DeleteFunc(slices.Clone(campaigns), func(c v1alpha1.ScreeningCampaign) bool { return !Selects(c, namespace) })
}

// Selects reports whether a campaign selects a namespace with these labels. One whose selector cannot be read says so
// itself, and what it planned stays.
func Selects(campaign v1alpha1.ScreeningCampaign, namespace map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(&campaign.Spec.DistrictSelector)
	return err != nil || selector.Matches(labels.Set(namespace))
}

// share reports whether two rounds have a school in common; of two that have opened, by the schools that were fixed then.
func share(a, b v1alpha1.ScreeningRound, schools []v1alpha1.School) bool {
	if a.Status.OpenedTime != nil && b.Status.OpenedTime != nil {
		return slices.ContainsFunc(a.Status.CohortSchools, func(name string) bool { return slices.Contains(b.Status.CohortSchools, name) })
	}
	return slices.ContainsFunc(schools, func(s v1alpha1.School) bool { return TakesPart(s, a.Spec) && TakesPart(s, b.Spec) })
}

// TakesPart reports whether a school is one of a round's: it has a stage of the cohort and
// is not left out.
func TakesPart(school v1alpha1.School, round v1alpha1.ScreeningRoundSpec) bool {
	return students(school, round.Cohort) >= 0 && !slices.Contains(round.LeftOut, school.Name)
}

// students is how many students of the cohort a school has, -1 when it has no stage of it.
func students(school v1alpha1.School, cohort v1alpha1.Cohort) int {
	sum, some := 0, false
	for _, s := range school.Spec.Stages {
		if slices.Contains(cohort.Stages, s.Stage) {
			some = true
			sum += int(value(s.Enrolled))
		}
	}
	if !some {
		return -1
	}
	return sum
}

func value(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
