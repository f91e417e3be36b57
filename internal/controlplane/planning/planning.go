// Package planning turns a campaign and what is observed of its districts into the
// rounds that should be. It is pure; the operator and the plugin call it alike, so that
// a plan read beforehand is the plan that is carried out.
package planning

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Settling is how long before opening the cohort and the instants stop changing: a
// district refuses such a change once it has opened the round by its own clock.
const Settling = 10 * time.Minute

// reasonDistrictMissing is why a namespace gets no round that holds no District yet.
const reasonDistrictMissing rollout.Reason = v1alpha1.ReasonDistrictMissing

// Observed is all that planning a campaign depends on, besides the time.
type Observed struct {
	Campaign   v1alpha1.ScreeningCampaign
	Calendar   v1alpha1.AcademicCalendar
	Namespaces []corev1.Namespace           // that the campaign selects
	Districts  map[string]v1alpha1.District // by namespace
	Rounds     []v1alpha1.ScreeningRound    // of the campaign, in whatever namespace
}

// Plan is what should be.
type Plan struct {
	rollout.Planned
	Write []v1alpha1.ScreeningRound // rounds that are not as planned; a UID says that one exists
}

// CalendarError says that the campaign's calendar is not valid: not the campaign's fault.
type CalendarError struct {
	Name  string
	Fault error
}

func (e *CalendarError) Error() string {
	return fmt.Sprintf("AcademicCalendar %s is not valid: %s", e.Name, e.Fault)
}

func (e *CalendarError) Unwrap() error { return e.Fault }

// Compute plans. The error is a *CalendarError, or says what only an edit of the
// campaign can cure.
func Compute(o Observed, now time.Time) (Plan, error) {
	compiled, err := translate.CompileCalendar(o.Calendar.Spec)
	if err != nil {
		return Plan{}, &CalendarError{Name: o.Calendar.Name, Fault: err}
	}
	spec, err := translate.Campaign(o.Campaign.Name, o.Campaign.Spec)
	if err != nil {
		return Plan{}, err
	}
	seen, err := observedRounds(o, now)
	if err != nil {
		return Plan{}, err
	}
	districts, without := views(o)
	plan, err := rollout.Plan(spec, compiled, districts, seen, now)
	if err != nil {
		return Plan{}, err
	}
	plan.Blocked = append(plan.Blocked, without...)
	slices.SortFunc(plan.Blocked, func(a, b rollout.Blocked) int { return strings.Compare(a.District, b.District) })
	return Plan{Planned: plan, Write: writes(o, plan, now)}, nil
}

// Next is the date of the next run in the campaign's zone; zero when there is none.
func Next(zone v1alpha1.TimeZone, plan rollout.Planned) calendar.Date {
	location, err := time.LoadLocation(string(zone))
	if err != nil || plan.NextSlot.IsZero() {
		return calendar.Date{}
	}
	return calendar.DateOf(plan.NextSlot.In(location))
}

// views lists the districts of the selected namespaces, and the namespaces without one.
func views(o Observed) (districts []rollout.DistrictView, without []rollout.Blocked) {
	for _, ns := range o.Namespaces {
		district, found := o.Districts[ns.Name]
		if !found {
			without = append(without, rollout.Blocked{District: ns.Name, Reason: reasonDistrictMissing})
			continue
		}
		districts = append(districts, rollout.DistrictView{
			Name:       ns.Name,
			Authorised: ns.Labels[v1alpha1.LabelDistrict] == district.Spec.Code,
			Deleting:   !district.DeletionTimestamp.IsZero() || ns.Status.Phase == corev1.NamespaceTerminating,
		})
	}
	return districts, without
}

func observedRounds(o Observed, now time.Time) (rollout.Observed, error) {
	out := rollout.Observed{Since: o.Campaign.CreationTimestamp.Time}
	for _, round := range o.Rounds {
		if !fixed(round, now) && !translate.Scheduled(o.Campaign.Spec.Schedule, round.Spec.Slot) {
			continue // of an earlier schedule: it will not open and stands in nobody's way
		}
		seen, err := translate.ObservedRound(round, fixed(round, now))
		if err != nil {
			return out, err
		}
		out.Rounds = append(out.Rounds, seen)
	}
	return out, nil
}

// fixed reports whether planning leaves a round alone: it has opened, or its meaning is
// pinned and it is so close to opening that the district might have opened it already.
func fixed(r v1alpha1.ScreeningRound, now time.Time) bool {
	opens, _ := translate.Window(r.Spec)
	return r.Status.OpenedTime != nil || r.Status.MeaningDigest != "" && !now.Before(opens.Add(-Settling))
}

// writes lists the rounds that are not as planned.
func writes(o Observed, plan rollout.Planned, now time.Time) []v1alpha1.ScreeningRound {
	var out []v1alpha1.ScreeningRound
	for _, p := range plan.Rounds {
		want := v1alpha1.ScreeningRound{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: p.District, Name: p.Name,
				Labels: map[string]string{v1alpha1.LabelCampaign: o.Campaign.Name},
			},
			Spec: translate.RoundSpec(p, plan.Slot, o.Campaign),
		}
		is, found := Existing(o.Rounds, p.District, p.Name)
		if !found {
			out = append(out, want)
			continue
		}
		if fixed(is, now) {
			want.Spec = is.Spec // all but who planned it
			want.Spec.Campaign.UID = string(o.Campaign.UID)
			want.Spec.Suspend, want.Spec.EndAt = "", nil
		}
		if is.DeletionTimestamp.IsZero() && !asPlanned(is.Spec, want.Spec) {
			want.UID = is.UID
			out = append(out, want)
		}
	}
	return out
}

// Existing is a district's round of that name among those that exist.
func Existing(rounds []v1alpha1.ScreeningRound, district, name string) (v1alpha1.ScreeningRound, bool) {
	i := slices.IndexFunc(rounds, func(r v1alpha1.ScreeningRound) bool { return r.Namespace == district && r.Name == name })
	if i < 0 {
		return v1alpha1.ScreeningRound{}, false
	}
	return rounds[i], true
}

// asPlanned compares what the operator writes of a round.
func asPlanned(is, want v1alpha1.ScreeningRoundSpec) bool {
	is.Suspend, is.EndAt = "", nil
	return equality.Semantic.DeepEqual(is, want)
}
