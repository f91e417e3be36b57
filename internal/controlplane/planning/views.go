package planning

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// NeedsSchools reports whether the plan of a campaign depends on Schools and
// ReferralChannels, so that they are worth reading. Claims of other campaigns do too.
func NeedsSchools(campaign v1alpha1.ScreeningCampaignSpec, calendar v1alpha1.AcademicCalendarSpec) bool {
	particular := func(e v1alpha1.CalendarException) bool { return e.School != "" }
	return campaign.Rollout.Capacity.Policy != "" || slices.ContainsFunc(calendar.Exceptions, particular)
}

// views lists the districts of the selected namespaces, and the namespaces without one.
func views(o Observed, tiers []rollout.Tier, now time.Time) (districts []rollout.DistrictView, without []rollout.Blocked) {
	for _, ns := range o.Namespaces {
		district, found := o.Districts[ns.Name]
		if !found {
			without = append(without, rollout.Blocked{District: ns.Name, Reason: reasonDistrictMissing})
			continue
		}
		round, campaigns := o.roundOf(ns.Name, false, now), Selecting(o.Campaigns, ns.Labels)
		hours, days, _ := translate.Narrowing(district.Spec.Narrowing) // a date that does not exist blocks the district
		view := rollout.DistrictView{
			Name:            ns.Name,
			Authorised:      ns.Labels[v1alpha1.LabelDistrict] == district.Spec.Code,
			Deleting:        !district.DeletionTimestamp.IsZero() || ns.Status.Phase == corev1.NamespaceTerminating,
			Narrow:          hours,
			WithoutSessions: days,
			Claims:          Claims(round, o.Others, campaigns, o.Schools[ns.Name], now),
			Schools:         schools(o.Schools[ns.Name], round),
			Channels:        channels(o.Channels[ns.Name]),
			Rates:           observedRates(o, ns.Name, tiers),
		}
		if o.Campaign.Spec.Template.Spec.MakeUp != (v1alpha1.MakeUp{}) {
			view.MakeUpClaims = Claims(o.roundOf(ns.Name, true, now), o.Others, campaigns, o.Schools[ns.Name], now)
		}
		districts = append(districts, view)
	}
	return districts, without
}

// roundOf is the regular or make-up round of a district that claims are judged for: the
// campaign's latest there, or one that is to be made.
func (o Observed) roundOf(namespace string, makeUp bool, now time.Time) v1alpha1.ScreeningRound {
	template := o.Campaign.Spec.Template.Spec
	out := v1alpha1.ScreeningRound{}
	out.Namespace, out.Spec.Campaign.Name, out.Spec.Cohort = namespace, o.Campaign.Name, template.Cohort
	latest := v1alpha1.Civil("")
	for _, r := range o.Rounds {
		if r.Namespace == namespace && translate.MakeUp(r.Spec) == makeUp && r.Spec.Slot > latest && !over(r, now) {
			latest = r.Spec.Slot
			out.CreationTimestamp, out.Status = r.CreationTimestamp, r.Status
		}
	}
	return out
}

// schools are those of the cohort. Of a round that has opened those that were not fixed with
// it are late.
func schools(all []v1alpha1.School, round v1alpha1.ScreeningRound) []rollout.School {
	var out []rollout.School
	fixed := round.Status.CohortSchools
	for _, s := range all {
		n := students(s, round.Spec.Cohort)
		if n < 0 {
			continue
		}
		staffing := s.Spec.Staffing
		out = append(out, rollout.School{
			Name: s.Name, Students: n, FullTime: int(value(staffing.FullTimePsychTeachers)),
			PartTime: int(value(staffing.PartTimePsychTeachers)), Provider: staffing.Provider != v1alpha1.Provider{},
			Late: round.Status.OpenedTime != nil && len(fixed) > 0 && !slices.Contains(fixed, s.Name),
		})
	}
	return out
}

// channels are those with an agreement that can be understood. Whether a hospital can be
// reached today is no part of a plan; a gate looks at it when the round opens.
func channels(all []v1alpha1.ReferralChannel) []rollout.Channel {
	var out []rollout.Channel
	for _, c := range all {
		from, fromErr := calendar.ParseDate(string(c.Spec.Agreement.ValidFrom))
		until, untilErr := calendar.ParseDate(string(c.Spec.Agreement.ValidUntil))
		if fromErr != nil || untilErr != nil || !c.DeletionTimestamp.IsZero() {
			continue
		}
		out = append(out, rollout.Channel{
			Facility: c.Spec.Facility.Code, Class: string(c.Spec.Class), Weekly: int(c.Spec.WeeklyCapacity), From: from, Until: until,
		})
	}
	return out
}

// observedRates are the students per thousand of each tier that the district published
// in the campaign's latest regular round there, rounded up; nil when it published none, or
// for other tiers. Those who come to a make-up round are not like the others. A tier that was withheld counts as one under the floor, which it can be at
// most: suppression withholds further tiers from the mildest on.
func observedRates(o Observed, namespace string, tiers []rollout.Tier) []int64 {
	var release v1alpha1.RoundRelease
	latest := v1alpha1.Civil("")
	for _, r := range o.Rounds {
		figures := r.Status.Release
		if r.Namespace == namespace && !translate.MakeUp(r.Spec) && r.Spec.Slot > latest && figures.Participants != nil && *figures.Participants > 0 {
			release, latest = figures, r.Spec.Slot
		}
	}
	var out []int64
	for _, t := range tiers {
		i := slices.IndexFunc(release.Tiers, func(c v1alpha1.TierCount) bool { return c.Tier == t.Name })
		if i < 0 {
			return nil
		}
		count := max(release.Floor-1, 0)
		if release.Tiers[i].Students != nil {
			count = *release.Tiers[i].Students
		}
		out = append(out, (count*1000+*release.Participants-1) / *release.Participants)
	}
	return out
}
