package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/controllers/round"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// reasonDistrictMissing is why a namespace gets no round that holds no District yet.
const reasonDistrictMissing rollout.Reason = v1alpha1.ReasonDistrictMissing

// decision is the plan and what is to be written for it.
type decision struct {
	plan    rollout.Planned
	planned bool                      // there is a plan; if not, what was planned before stays
	blocked []rollout.Blocked         // the plan's, and namespaces without a District
	write   []v1alpha1.ScreeningRound // rounds that are not as planned; a UID says that one exists
	fault   error                     // what only an edit of the campaign can cure
	waiting string                    // what the campaign waits for
}

// decide is the only place with policy. A fault leaves the rounds as they are: the last
// good plan stays in force.
func decide(o observed, now time.Time) decision {
	d := decision{waiting: missing(o), fault: o.selector}
	if d.fault != nil || o.calendar == nil {
		return d
	}
	calendar, err := translate.CompileCalendar(o.calendar.Spec)
	if err != nil {
		d.waiting = fmt.Sprintf("Waiting for AcademicCalendar %s, which is not valid: %s", o.calendar.Name, err)
		return d
	}
	spec, err := translate.Campaign(o.campaign.Name, o.campaign.Spec)
	if err != nil {
		d.fault = err
		return d
	}
	seen, err := observedRounds(o, now)
	if err != nil {
		d.fault = err
		return d
	}
	districts, without := views(o)
	if d.plan, d.fault = rollout.Plan(spec, calendar, districts, seen, now); d.fault != nil {
		return d
	}
	d.planned = true
	d.blocked = slices.Concat(d.plan.Blocked, without)
	slices.SortFunc(d.blocked, func(a, b rollout.Blocked) int { return strings.Compare(a.District, b.District) })
	d.write = writes(o, d.plan, now)
	return d
}

// missing says which object that the campaign refers to is not there. Only the calendar
// keeps it from planning; the rounds themselves warn of the others.
func missing(o observed) string {
	if o.calendar == nil {
		return "Waiting for AcademicCalendar " + o.campaign.Spec.CalendarRef.Name
	}
	if o.policy == nil {
		return "Waiting for EscalationPolicy " + o.campaign.Spec.Template.Spec.EscalationPolicyRef.Name
	}
	for _, key := range o.campaign.Spec.Template.Spec.Stage1.Instruments {
		if _, found := translate.Pick(o.instruments, key); !found {
			return "Waiting for Instrument " + key.Code + " version " + key.Version
		}
	}
	return ""
}

// views lists the districts of the selected namespaces, and the namespaces without one.
func views(o observed) (districts []rollout.DistrictView, without []rollout.Blocked) {
	for _, ns := range o.namespaces {
		district, found := o.districts[ns.Name]
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

func observedRounds(o observed, now time.Time) (rollout.Observed, error) {
	out := rollout.Observed{Since: o.campaign.CreationTimestamp.Time}
	for _, round := range o.rounds {
		if !fixed(round, now) && !translate.Scheduled(o.campaign.Spec.Schedule, round.Spec.Slot) {
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
	return r.Status.OpenedTime != nil || r.Status.MeaningDigest != "" && !now.Before(opens.Add(-round.Settling))
}

// writes lists the rounds that are not as planned.
func writes(o observed, plan rollout.Planned, now time.Time) []v1alpha1.ScreeningRound {
	var out []v1alpha1.ScreeningRound
	for _, p := range plan.Rounds {
		want := v1alpha1.ScreeningRound{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: p.District, Name: p.Name,
				Labels: map[string]string{v1alpha1.LabelCampaign: o.campaign.Name},
			},
			Spec: translate.RoundSpec(p, plan.Slot, o.campaign),
		}
		i := slices.IndexFunc(o.rounds, func(r v1alpha1.ScreeningRound) bool {
			return r.Namespace == want.Namespace && r.Name == want.Name
		})
		if i < 0 {
			out = append(out, want)
			continue
		}
		is := o.rounds[i]
		if fixed(is, now) {
			want.Spec = is.Spec // all but who planned it
			want.Spec.Campaign.UID = string(o.campaign.UID)
			want.Spec.Suspend, want.Spec.EndAt = "", nil
		}
		if is.DeletionTimestamp.IsZero() && !asPlanned(is.Spec, want.Spec) {
			want.UID = is.UID
			out = append(out, want)
		}
	}
	return out
}

// asPlanned compares what the operator writes of a round.
func asPlanned(is, want v1alpha1.ScreeningRoundSpec) bool {
	is.Suspend, is.EndAt = "", nil
	return equality.Semantic.DeepEqual(is, want)
}

// nextLook is how long until the next run is due.
func nextLook(d decision, now time.Time) time.Duration {
	if d.plan.NextSlot.IsZero() {
		return 0
	}
	return d.plan.NextSlot.Sub(now)
}
