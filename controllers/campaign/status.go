package campaign

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// How many blocked districts and schools the schema takes.
const (
	mostBlocked        = 200
	mostBlockedSchools = 100
)

// summarise sets the status that a campaign deserves. What a plan would say stays as it
// was while there is none.
func summarise(c *v1alpha1.ScreeningCampaign, o observed, d decision, now time.Time) {
	s := &c.Status
	s.ObservedGeneration = c.Generation
	s.Rounds = counts(o, d)
	if d.planned {
		s.NextSlot = v1alpha1.Civil(planning.Next(c.Spec.TimeZone, d.plan.Planned).String())
		s.Blocked = blocked(d)
		s.BlockedSchools, s.MoreBlockedSchools = blockedSchools(d)
		if skipped, found := lastSkipped(d.plan.Planned); found {
			s.LastSkipped = skipped
		}
	}
	recordCoverage(c, o, now)
	want := append(append(ready(o, d).Trio(), planned(o, d)), capacityFits(o, d)...)
	want = append(want, annual.Summary(inSchoolYear(o), "districts"))
	s.Conditions = conditions.Settle(o.campaign.Status.Conditions, want, c.Generation, now)
}

func ready(o observed, d decision) conditions.Verdict {
	switch {
	case d.fault != nil:
		return conditions.Verdict{State: conditions.Invalid, Message: d.fault.Error() + "; rounds that were planned before stay as they are"}
	case d.waiting != "":
		return conditions.Verdict{State: conditions.Waiting, Message: d.waiting}
	case d.failed != nil:
		return conditions.Verdict{State: conditions.Progressing, Message: "Rounds could not be written, which is tried again: " + d.failed.Error()}
	}
	return conditions.Verdict{State: conditions.Applied, Message: "The campaign is planned" + unknownExcepted(o)}
}

func planned(o observed, d decision) metav1.Condition {
	kind := v1alpha1.ConditionPlanned
	run, skipped := lastSkipped(d.plan.Planned)
	switch {
	case translate.Suspension(o.campaign.Spec) != v1alpha1.SuspendNone:
		return conditions.False(kind, v1alpha1.ReasonSuspended, "The campaign is suspended: no new rounds, and open ones are held")
	case !d.planned:
		return conditions.False(kind, v1alpha1.ReasonBlocked, "There is no plan; the condition Ready says why")
	case len(o.namespaces) == 0:
		return conditions.False(kind, v1alpha1.ReasonNothingSelected, "No namespace has the labels of spec.districtSelector")
	case len(d.plan.Blocked) > 0:
		return conditions.False(kind, v1alpha1.ReasonBlocked, sentence(d.plan.Blocked))
	case skipped:
		return conditions.False(kind, v1alpha1.ReasonRunSkipped, fmt.Sprintf("The run of %s has no rounds: %s", run.Date, run.Reason)+notStarted)
	case len(d.plan.Rounds) == 0:
		return conditions.False(kind, v1alpha1.ReasonNothingDue, "No run is due")
	case d.failed != nil:
		return conditions.False(kind, v1alpha1.ReasonBlocked, "Not every round is as planned; the condition Ready says why")
	}
	return conditions.True(kind, v1alpha1.ReasonPlanned, fmt.Sprintf("Every selected district has its round of %s", d.plan.Slot)+unselected(d.plan.Warnings)+withoutMakeUp(d.plan.Warnings))
}

// notStarted is what becomes of rounds that are missing when their run cannot be started any more.
const notStarted = "; a round that was deleted does not come back then, and its district holds it. " +
	"To screen once more write a date into spec.schedule.extraDates, or use kubectl evenkeel trigger"

// withoutMakeUp says how many make-up rounds there will not be, or not at a school.
func withoutMakeUp(warnings []rollout.Warning) string {
	districts, schools := 0, 0
	for _, w := range warnings {
		switch {
		case w.Reason.OfMakeUp() && w.School == "":
			districts++
		case w.Reason.OfMakeUp():
			schools++
		}
	}
	if districts+schools == 0 {
		return ""
	}
	return fmt.Sprintf("; %d districts have no make-up round and %d schools no part in one, kubectl evenkeel plan says why", districts, schools)
}

// unselected says which names in the rollout are nobody's.
func unselected(warnings []rollout.Warning) string {
	var names []string
	for _, w := range warnings {
		if w.Reason == planning.NotSelected {
			names = append(names, w.District)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; spec.rollout names districts that districtSelector does not select: " + strings.Join(names, ", ")
}

func sentence(list []rollout.Blocked) string {
	parts := make([]string, 0, len(list))
	for _, b := range list {
		part := b.District + ": " + string(b.Reason)
		if b.Campaign != "" {
			part += " by " + b.Campaign
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", ")
	if slices.ContainsFunc(list, func(b rollout.Blocked) bool { return slices.Contains(notStartable, b.Reason) }) {
		text += notStarted
	}
	return text
}

// notStartable is why a run cannot be started any more, for a district or for all.
var notStartable = []rollout.Reason{rollout.MissedRun, rollout.DeadlineMissed, rollout.WindowPassed}

// counts says how many of the rounds that are not over are open.
func counts(o observed, d decision) string {
	open, total := 0, 0
	for _, round := range o.rounds {
		if conditions.Holds(round.Status.Conditions, v1alpha1.ConditionReleased) {
			continue
		}
		total++
		if conditions.Holds(round.Status.Conditions, v1alpha1.ConditionOpen) {
			open++
		}
	}
	for _, round := range d.plan.Write {
		if round.UID == "" {
			total++ // just made
		}
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d open", open, total)
}

// lastSkipped is the run that was due and not started; days without school are no runs.
func lastSkipped(plan rollout.Planned) (v1alpha1.SkippedSlot, bool) {
	runs := []rollout.Reason{rollout.Suspended, rollout.MissedRun, rollout.DeadlineMissed, rollout.WindowPassed}
	for _, s := range plan.Skipped {
		if s.Date == plan.Slot && slices.Contains(runs, s.Reason) {
			return v1alpha1.SkippedSlot{Date: v1alpha1.Civil(s.Date.String()), Reason: string(s.Reason)}, true
		}
	}
	return v1alpha1.SkippedSlot{}, false
}

func blocked(d decision) []v1alpha1.BlockedDistrict {
	var out []v1alpha1.BlockedDistrict
	for _, b := range d.plan.Blocked[:min(len(d.plan.Blocked), mostBlocked)] {
		out = append(out, v1alpha1.BlockedDistrict{Namespace: b.District, Reason: string(b.Reason), Campaign: b.Campaign})
	}
	return out
}

func blockedSchools(d decision) (out []v1alpha1.BlockedSchool, more int32) {
	all := d.plan.BlockedSchools
	for _, b := range all[:min(len(all), mostBlockedSchools)] {
		out = append(out, v1alpha1.BlockedSchool{Namespace: b.District, School: b.School, Reason: string(b.Reason)})
	}
	return out, int32(min(len(all)-len(out), math.MaxInt32)) //nolint:gosec // bounded on both sides
}
