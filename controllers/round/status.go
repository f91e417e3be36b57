package round

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// summarise sets the status that a round deserves.
func summarise(round *v1alpha1.ScreeningRound, o observed, d decision, now time.Time) {
	s := &round.Status
	s.ObservedGeneration = round.Generation
	s.MeaningDigest = string(d.digest)
	s.CohortSchools = d.schools
	s.CloseTime = at(d.closes)
	s.NextOpenTime = nextOpen(round.Spec, d, now)
	if d.opened && s.OpenedTime == nil {
		s.OpenedTime = at(now.Truncate(time.Second))
	}
	if o.viewed && !o.remembered {
		s.ControlRevision, s.ControlDigest = o.view.Control.Revision, string(o.view.Control.Digest)
		s.Participation = fmt.Sprintf("%d/%d", o.view.Answered, o.view.Invited)
	}
	release(s, o)
	replan(s, o.round, now)
	want := append(ready(o, d).Trio(), gatesPassed(o, d))
	want = append(want, eachGate(o, d)...)
	want = append(want, meaningPinned(o, d), open(o), intervening(round.Spec, d, now), released(s, o))
	want = append(want, replanned(*s, o, d)...)
	want = append(want, extended(o, d, now)...)
	s.Conditions = conditions.Settle(o.round.Status.Conditions, want, round.Generation, now)
}

func at(t time.Time) *metav1.Time {
	stamp := metav1.NewTime(t)
	return &stamp
}

func nextOpen(spec v1alpha1.ScreeningRoundSpec, d decision, now time.Time) *metav1.Time {
	for _, session := range spec.Sessions {
		if session.From.After(now) && session.From.Time.Before(d.closes) {
			return at(session.From.Time)
		}
	}
	return nil
}

// release copies the figures once; they are never published a second time.
func release(s *v1alpha1.ScreeningRoundStatus, o observed) {
	if len(s.Release.Tiers) > 0 || o.view.Release == nil || o.record == nil {
		return
	}
	figures := o.view.Release
	names := make([]string, 0, len(figures.Tiers))
	for _, tier := range o.record.Policy.Tiers {
		names = append(names, tier.Name)
	}
	names = append(names, contract.NoTier)
	if len(names) != len(figures.Tiers) {
		return
	}
	s.Release = v1alpha1.RoundRelease{Floor: figures.Floor, Participants: count(figures.Participants)}
	for i, name := range names {
		s.Release.Tiers = append(s.Release.Tiers, v1alpha1.TierCount{Tier: name, Students: count(figures.Tiers[i])})
	}
}

// count leaves a suppressed cell out.
func count(cell contract.Cell) *int64 {
	if cell.Suppressed {
		return nil
	}
	return &cell.Count
}

// ready says whether the round is understood and applied. Whether it may open is said
// by its gates.
func ready(o observed, d decision) conditions.Verdict {
	refused := o.refusals
	switch {
	case d.over && d.digest == "":
		return conditions.Verdict{State: conditions.Applied, Message: "The round has closed without having opened"}
	case missing(o, d) != "":
		return conditions.Verdict{State: conditions.Waiting, Message: missing(o, d)}
	case d.digest == "":
		return conditions.Verdict{State: conditions.Applied, Message: "The round is planned; its meaning is pinned from a day before it opens, once the gates pass"}
	case o.viewed && o.view.Meaning == d.digest && o.view.State == contract.RoundReleased:
		return conditions.Verdict{State: conditions.Applied, Message: "The district has released the round's figures; there is nothing left to apply"}
	case len(refused) > 0:
		return conditions.Verdict{State: conditions.Progressing, Message: fmt.Sprintf("The district refuses the %s of the round: %s", refused[0].Kind, refused[0].Reason)}
	case !applied(o, d):
		return conditions.Verdict{State: conditions.Progressing, Message: "Waiting for the district to apply what was decided"}
	}
	message := "The district has applied what was decided"
	if d.over && !d.opened {
		message = "The round has closed without having opened; GatesPassed says what it lacked"
	}
	return conditions.Verdict{State: conditions.Applied, Message: message}
}

// missing says which object the round waits for.
func missing(o observed, d decision) string {
	switch {
	case o.district == nil:
		return "Waiting for District " + o.round.Namespace
	case o.campaign == nil && !d.opened:
		return "Waiting for ScreeningCampaign " + o.round.Spec.Campaign.Name
	case o.policy == nil && !d.settled:
		return "Waiting for EscalationPolicy " + o.round.Spec.EscalationPolicyRef.Name
	}
	for _, key := range o.round.Spec.Instruments {
		if _, found := translate.Pick(o.instruments, key); !found && !d.settled {
			return "Waiting for Instrument " + key.Code + " version " + key.Version
		}
	}
	return ""
}

// applied reports whether the district holds the meaning and the control that it should.
func applied(o observed, d decision) bool {
	if !o.viewed || o.view.Meaning != d.digest || d.documents.Control == nil {
		return false
	}
	control := *d.documents.Control
	control.Revision = o.view.Control.Revision
	digest, err := contract.DigestOf(control)
	return err == nil && digest == o.view.Control.Digest
}

// gatesPassed stays as it was once the round has closed: there is nothing left to open.
func gatesPassed(o observed, d decision) metav1.Condition {
	if was := meta.FindStatusCondition(o.round.Status.Conditions, v1alpha1.ConditionGatesPassed); was != nil && d.over {
		return *was
	}
	kind := v1alpha1.ConditionGatesPassed
	switch d.gates.state {
	case fail:
		return conditions.False(kind, d.gates.reason, d.gates.message+datesStay(o, d))
	case unknown:
		return conditions.Unknown(kind, d.gates.reason, d.gates.message)
	}
	reason, message := cmp.Or(d.gates.reason, v1alpha1.ReasonPassed), "Nothing stands in the way of opening"
	if d.gates.message != "" {
		message += "; " + d.gates.message
	}
	return conditions.True(kind, reason, message)
}

// datesStay says what becomes of a round that is not let through, from ten minutes before its opening on.
func datesStay(o observed, d decision) string {
	if !d.datesStay || d.gates.reason == v1alpha1.ReasonCampaignNotFound { // that one never opens
		return ""
	}
	return fmt.Sprintf("; the dates stay from now on, and it opens as soon as that is cured, until %s; for other dates change spec.schedule of ScreeningCampaign %s",
		d.closes.Format(time.RFC3339), o.round.Spec.Campaign.Name)
}

// eachGate has the conditions of the gates that have one; like their sum they stay as
// they were once the round has closed.
func eachGate(o observed, d decision) []metav1.Condition {
	if !d.over {
		return d.gates.conditions
	}
	var out []metav1.Condition
	for _, c := range d.gates.conditions {
		if was := meta.FindStatusCondition(o.round.Status.Conditions, c.Type); was != nil {
			out = append(out, *was)
		}
	}
	return out
}

func meaningPinned(o observed, d decision) metav1.Condition {
	kind := v1alpha1.ConditionMeaningPinned
	refused := slices.IndexFunc(o.refusals, func(r contract.Refusal) bool { return r.Kind == contract.KindMeaning })
	switch {
	case d.digest == "":
		return conditions.False(kind, v1alpha1.ReasonNotYet, "The meaning is pinned from a day before the opening, once the gates pass")
	case refused >= 0:
		return conditions.False(kind, v1alpha1.ReasonRefused, "The district refuses the meaning: "+string(o.refusals[refused].Reason))
	case !o.heard:
		return conditions.Unknown(kind, v1alpha1.ReasonNoReport, "The district has not been heard")
	case o.view.Meaning != d.digest:
		return conditions.False(kind, v1alpha1.ReasonNotYet, "The meaning is on its way to the district")
	}
	return conditions.True(kind, v1alpha1.ReasonPinned, "The district holds the meaning")
}

var openReasons = map[contract.RoundState]string{
	contract.RoundScheduled: v1alpha1.ReasonScheduled,
	contract.RoundHeld:      v1alpha1.ReasonHeld,
	contract.RoundClosed:    v1alpha1.ReasonClosed,
	contract.RoundReleased:  v1alpha1.ReasonReleased,
}

// open is what the district says by its own clock. A missing report is Unknown.
func open(o observed) metav1.Condition {
	kind := v1alpha1.ConditionOpen
	switch {
	case !o.heard:
		return conditions.Unknown(kind, v1alpha1.ReasonNoReport, "The district has not been heard")
	case !o.viewed:
		return conditions.False(kind, v1alpha1.ReasonScheduled, "The district has not been given the round yet")
	case o.view.State == contract.RoundOpen:
		return conditions.True(kind, v1alpha1.ReasonOpen, "Students can answer in their sessions")
	}
	return conditions.False(kind, openReasons[o.view.State], "By the district's clock the round is "+string(o.view.State))
}

func intervening(spec v1alpha1.ScreeningRoundSpec, d decision, now time.Time) metav1.Condition {
	kind := v1alpha1.ConditionIntervening
	phase, found := translate.Phase(spec, v1alpha1.PhaseIntervention)
	if found && d.opened && !now.Before(phase.From.Time) && now.Before(phase.To.Time) {
		return conditions.True(kind, v1alpha1.ReasonInPhase, "The phase lasts until "+phase.To.UTC().Format(time.RFC3339))
	}
	return conditions.False(kind, v1alpha1.ReasonNotInPhase, "The round is not in its Intervention phase")
}

func released(s *v1alpha1.ScreeningRoundStatus, o observed) metav1.Condition {
	kind := v1alpha1.ConditionReleased
	switch {
	case len(s.Release.Tiers) > 0:
		return conditions.True(kind, v1alpha1.ReasonReleased, "The figures in status.release are final")
	case o.view.Release != nil:
		return conditions.True(kind, v1alpha1.ReasonReleased, "The figures are final in the district; the record of the meaning is gone, so they cannot be named here")
	}
	return conditions.False(kind, v1alpha1.ReasonNotYet, "The figures are final once the round is closed and everything is scored")
}
