package status

import (
	"cmp"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// Round is one occurrence of a campaign in one district.
type Round struct {
	District      string                 `json:"district"`
	Name          string                 `json:"name"`
	Campaign      string                 `json:"campaign"`
	Purpose       v1alpha1.RoundPurpose  `json:"purpose"`
	Health        Health                 `json:"health,omitempty"`
	Ready         State                  `json:"ready"`
	Open          State                  `json:"open"`
	Gates         State                  `json:"gates"`
	ShutGates     []Gate                 `json:"shutGates"` // and those that pass by an exception; never null
	Meaning       State                  `json:"meaning"`
	Released      State                  `json:"released"`
	Suspend       v1alpha1.SuspendMode   `json:"suspend,omitempty"`
	Participation string                 `json:"participation,omitempty"`
	NextOpenTime  *metav1.Time           `json:"nextOpenTime,omitempty"`
	CloseTime     *metav1.Time           `json:"closeTime,omitempty"`
	Extended      *State                 `json:"extended,omitempty"` // whether the days that were asked for are in the sessions
	Replan        *v1alpha1.Replan       `json:"replan,omitempty"`   // how the dates changed last
	Release       *v1alpha1.RoundRelease `json:"release,omitempty"`
}

func round(r *v1alpha1.ScreeningRound) Round {
	conditions := r.Status.Conditions
	out := Round{
		District:      r.Namespace,
		Name:          r.Name,
		Campaign:      r.Spec.Campaign.Name,
		Purpose:       cmp.Or(r.Spec.Purpose, v1alpha1.PurposeRegular),
		Ready:         ready(r, conditions),
		Open:          state(conditions, v1alpha1.ConditionOpen, Healthy),
		Gates:         state(conditions, v1alpha1.ConditionGatesPassed, Working),
		Meaning:       state(conditions, v1alpha1.ConditionMeaningPinned, Working),
		Released:      state(conditions, v1alpha1.ConditionReleased, Neutral),
		Participation: r.Status.Participation,
		NextOpenTime:  r.Status.NextOpenTime,
		CloseTime:     r.Status.CloseTime,
		Suspend:       r.Spec.Suspend,
		ShutGates:     ShutGates(conditions),
	}
	if meta.FindStatusCondition(conditions, v1alpha1.ConditionExtended) != nil {
		extended := state(conditions, v1alpha1.ConditionExtended, Working)
		out.Extended = &extended
	}
	if !r.Status.LastReplan.Time.IsZero() {
		out.Replan = &r.Status.LastReplan
	}
	if r.Status.Release.Floor > 0 {
		out.Release = &r.Status.Release
	}
	out.settle()
	return out
}

// settle gives the states the health they have at this point of the round's life.
func (r *Round) settle() {
	switch r.Open.Reason {
	case v1alpha1.ReasonHeld:
		r.Open.Health = Working
	case v1alpha1.ReasonClosed, v1alpha1.ReasonReleased:
		// Gates matter until the round has closed.
		r.Open.Health, r.Gates.Health, r.Meaning.Health = Neutral, Neutral, Neutral
		r.ShutGates, r.Replan = []Gate{}, nil
		if r.Extended != nil {
			r.Extended.Health = Neutral
		}
	}
	if r.Meaning.Reason == v1alpha1.ReasonRefused {
		r.Meaning.Health = Attention
	}
	if r.Meaning.Reason == v1alpha1.ReasonNotYet {
		r.Meaning.Health = Neutral
	}
	r.Health = worst(r.Ready.Health, r.Open.Health, r.Gates.Health, r.Meaning.Health)
	if r.Extended != nil {
		r.Health = worst(r.Health, r.Extended.Health)
	}
}

// Campaign is one campaign of the province.
type Campaign struct {
	Name     string         `json:"name"`
	Schedule string         `json:"schedule"`
	Suspend  bool           `json:"suspend,omitempty"`
	Ready    State          `json:"ready"`
	Planned  State          `json:"planned"`
	Annual   State          `json:"annual"`
	Rounds   string         `json:"rounds,omitempty"`
	NextSlot v1alpha1.Civil `json:"nextSlot,omitempty"`
	Blocked  int            `json:"blocked,omitempty"`
}

func campaign(c *v1alpha1.ScreeningCampaign) Campaign {
	out := Campaign{
		Name:     c.Name,
		Schedule: c.Spec.Schedule.Cron,
		Suspend:  translate.Suspension(c.Spec) != v1alpha1.SuspendNone,
		Ready:    ready(c, c.Status.Conditions),
		Planned:  state(c.Status.Conditions, v1alpha1.ConditionPlanned, Working),
		Annual:   annual(c.Status.Conditions),
		Rounds:   c.Status.Rounds,
		NextSlot: c.Status.NextSlot,
		Blocked:  len(c.Status.Blocked),
	}
	if out.Planned.Reason == v1alpha1.ReasonNothingDue {
		out.Planned.Health = Neutral
	}
	if out.Schedule == "" {
		out.Schedule = string(c.Spec.Schedule.StartDate)
	}
	return out
}

// Policy is one escalation policy.
type Policy struct {
	Name  string `json:"name"`
	Ready State  `json:"ready"`
	InUse State  `json:"inUse"`
}

func policy(p *v1alpha1.EscalationPolicy) Policy {
	return Policy{
		Name:  p.Name,
		Ready: ready(p, p.Status.Conditions),
		InUse: state(p.Status.Conditions, v1alpha1.ConditionInUse, Neutral),
	}
}

// Instrument is one version of one questionnaire.
type Instrument struct {
	Name    string `json:"name"`
	Code    string `json:"code"`
	Version string `json:"version"`
	Review  string `json:"review"`
	Ready   State  `json:"ready"`
	Usable  State  `json:"usable"`
	InUse   State  `json:"inUse"`
}

func instrument(i *v1alpha1.Instrument) Instrument {
	return Instrument{
		Name:    i.Name,
		Code:    i.Spec.Code,
		Version: i.Spec.Version,
		Review:  i.Spec.Review.State,
		Ready:   ready(i, i.Status.Conditions),
		Usable:  state(i.Status.Conditions, v1alpha1.ConditionUsableInRounds, Neutral),
		InUse:   state(i.Status.Conditions, v1alpha1.ConditionInUse, Neutral),
	}
}
