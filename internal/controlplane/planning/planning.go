// Package planning turns a campaign and what is observed of its districts into the
// rounds that should be. It is pure; the operator and the plugin call it alike, so that
// a plan read beforehand is the plan that is carried out.
package planning

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Settling is how long before opening the cohort and the instants stop changing: a
// district refuses such a change once it has opened the round by its own clock.
const Settling = 10 * time.Minute

// NotSelected warns of a district that spec.rollout names and the selector does not select.
const NotSelected rollout.Reason = "NotSelected"

// reasonDistrictMissing is why a namespace gets no round that holds no District yet.
const reasonDistrictMissing rollout.Reason = v1alpha1.ReasonDistrictMissing

// Observed is all that planning a campaign depends on, besides the time.
type Observed struct {
	Campaign   v1alpha1.ScreeningCampaign
	Calendar   v1alpha1.AcademicCalendar
	Policy     *v1alpha1.EscalationPolicy   // of the campaign; nil: there is none
	Namespaces []corev1.Namespace           // that the campaign selects
	Districts  map[string]v1alpha1.District // by namespace
	Rounds     []v1alpha1.ScreeningRound    // of the campaign, in whatever namespace

	Others    []v1alpha1.ScreeningRound    // of other campaigns
	Campaigns []v1alpha1.ScreeningCampaign // all of them; rounds whose campaign is not among them never open
	Schools   map[string][]v1alpha1.School // by namespace; see NeedsSchools
	Channels  map[string][]v1alpha1.ReferralChannel

	Coverage coverage.Rule // the province's, for make-up rounds; zero: coverage.DefaultRule
}

// Plan is what should be.
type Plan struct {
	rollout.Planned
	Write []v1alpha1.ScreeningRound // rounds that are not as planned; a UID says that one exists
}

// ReferenceError says that an object which the campaign refers to cannot be planned with:
// an edit of that object cures it, not only one of the campaign.
type ReferenceError struct {
	Kind, Name string
	Fault      error
}

func (e *ReferenceError) Error() string {
	return fmt.Sprintf("%s %s cannot be planned with: %s", e.Kind, e.Name, e.Fault)
}

func (e *ReferenceError) Unwrap() error { return e.Fault }

var errNoPolicy = errors.New("it is not there, and rollout.capacity needs its tiers")

// Compute plans. The error is a *ReferenceError, or says what only an edit of the
// campaign can cure.
func Compute(o Observed, now time.Time) (Plan, error) {
	compiled, err := translate.CompileCalendar(o.Calendar.Spec)
	if err != nil {
		return Plan{}, &ReferenceError{Kind: "AcademicCalendar", Name: o.Calendar.Name, Fault: err}
	}
	spec, err := translate.Campaign(o.Campaign.Name, o.Campaign.Spec)
	if err != nil {
		return Plan{}, err
	}
	spec.SchoolYear = o.Coverage
	if err := o.expect(&spec.Capacity); err != nil {
		return Plan{}, err
	}
	was := o.Rounds
	o.Rounds = o.extended(compiled, now)
	seen, err := observedRounds(o, now)
	if err != nil {
		return Plan{}, err
	}
	districts, without := views(o, spec.Capacity.Tiers, now)
	plan, err := rollout.Plan(spec, compiled, districts, seen, now)
	if err != nil {
		return Plan{}, err
	}
	plan.Warnings = append(o.notSelected(), plan.Warnings...)
	plan.Blocked = append(plan.Blocked, without...)
	slices.SortFunc(plan.Blocked, func(a, b rollout.Blocked) int { return strings.Compare(a.District, b.District) })
	return Plan{Planned: plan, Write: writes(o, was, plan, now)}, nil
}

// expect adds what the escalation policy says to what a campaign says of capacity. A
// campaign that moves nobody is planned without the policy, and without a curve.
func (o Observed) expect(capacity *rollout.Capacity) (err error) {
	asked := o.Campaign.Spec.Rollout.Capacity
	name := o.Campaign.Spec.Template.Spec.EscalationPolicyRef.Name
	switch {
	case o.Policy == nil && (asked.Policy == v1alpha1.CapacityRequired || asked.Policy == v1alpha1.CapacityPreferred):
		return &ReferenceError{Kind: "EscalationPolicy", Name: name, Fault: errNoPolicy}
	case o.Policy == nil || asked.Policy == "":
		return nil
	}
	if capacity.Tiers, capacity.Declared, err = translate.Rates(asked, o.Policy.Spec); err != nil {
		return &ReferenceError{Kind: "EscalationPolicy", Name: name, Fault: err}
	}
	return nil
}

// notSelected warns of names in the rollout that are nobody's, by name.
func (o Observed) notSelected() (out []rollout.Warning) {
	named := slices.Sorted(slices.Values(slices.Concat(o.Campaign.Spec.Rollout.Pilot, o.Campaign.Spec.Rollout.Order)))
	for _, name := range named {
		if !slices.ContainsFunc(o.Namespaces, func(ns corev1.Namespace) bool { return ns.Name == name }) {
			out = append(out, rollout.Warning{District: name, Reason: NotSelected})
		}
	}
	return out
}

// Next is the date of the next run in the campaign's zone; zero when there is none.
func Next(zone v1alpha1.TimeZone, plan rollout.Planned) calendar.Date {
	location, err := time.LoadLocation(string(zone))
	if err != nil || plan.NextSlot.IsZero() {
		return calendar.Date{}
	}
	return calendar.DateOf(plan.NextSlot.In(location))
}

func observedRounds(o Observed, now time.Time) (rollout.Observed, error) {
	out := rollout.Observed{Since: o.Campaign.CreationTimestamp.Time}
	for _, round := range o.Rounds {
		if (!fixed(round, now) || heldBack(round)) && !translate.Awaited(o.Campaign.Spec, round.Spec) {
			continue // of an earlier schedule: it will not open and stands in nobody's way
		}
		seen, err := translate.ObservedRound(round, fixed(round, now))
		if err != nil {
			return out, err
		}
		seen.EndedAt = endedAt(round, now)
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

// DatesStay reports whether the dates of a round stay that has not opened: the district might have opened it.
func DatesStay(r v1alpha1.ScreeningRound, now time.Time) bool {
	return r.Status.OpenedTime == nil && fixed(r, now) && !over(r, now)
}

// heldBack reports whether, by the district's word, the opening of a round came and let nobody in.
func heldBack(r v1alpha1.ScreeningRound) bool {
	open := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionOpen)
	return r.Status.OpenedTime == nil && open != nil && open.Reason == v1alpha1.ReasonHeld
}

// over reports whether a round's last session has passed. One that has closed stays closed, also when its early end is
// taken back.
func over(r v1alpha1.ScreeningRound, now time.Time) bool {
	r.Spec.EndAt = EndAt(r, now)
	_, closes := translate.Window(r.Spec)
	return released(r) || !closes.After(now)
}

func released(r v1alpha1.ScreeningRound) bool { return len(r.Status.Release.Tiers) > 0 }

// writes lists the rounds that are not as planned, by district and name. Of one that planning leaves alone, only
// its extension is written, and who planned it.
func writes(o Observed, was []v1alpha1.ScreeningRound, plan rollout.Planned, now time.Time) []v1alpha1.ScreeningRound {
	var out []v1alpha1.ScreeningRound
	planned := map[string]bool{}
	for _, p := range plan.Rounds {
		want := written(o.Campaign, p.District, p.Name, translate.RoundSpec(p, o.Campaign))
		is, found := Existing(was, p.District, p.Name)
		if !found {
			out = append(out, want)
			continue
		}
		if fixed(is, now) {
			extended, _ := Existing(o.Rounds, p.District, p.Name)
			want.Spec = operators(extended.Spec)
			want.Spec.Campaign.UID = string(o.Campaign.UID)
		}
		planned[p.District+"/"+p.Name] = true
		if is.DeletionTimestamp.IsZero() && !asPlanned(is.Spec, want.Spec) {
			want.UID = is.UID
			out = append(out, want)
		}
	}
	for i, is := range was { // of earlier runs, and of districts that are selected no more
		extended := o.Rounds[i].Spec
		if !planned[is.Namespace+"/"+is.Name] && is.DeletionTimestamp.IsZero() && !asPlanned(is.Spec, operators(extended)) {
			want := written(o.Campaign, is.Namespace, is.Name, operators(extended))
			want.UID = is.UID
			out = append(out, want)
		}
	}
	slices.SortFunc(out, func(a, b v1alpha1.ScreeningRound) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	return out
}

// written is a round as the operator writes it.
func written(campaign v1alpha1.ScreeningCampaign, namespace, name string, spec v1alpha1.ScreeningRoundSpec) v1alpha1.ScreeningRound {
	labels := map[string]string{v1alpha1.LabelCampaign: campaign.Name}
	return v1alpha1.ScreeningRound{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}, Spec: spec}
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
	return equality.Semantic.DeepEqual(operators(is), want)
}

// operators is the part of a round that the operator writes; the rest is people's.
func operators(spec v1alpha1.ScreeningRoundSpec) v1alpha1.ScreeningRoundSpec {
	spec.Suspend, spec.EndAt, spec.ExtendSchoolDays = "", nil, nil
	return spec
}
