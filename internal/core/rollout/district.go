package rollout

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// planner plans one run.
type planner struct {
	*Compiled
	run      slot
	observed Observed
	now      time.Time
	layouts  map[layoutKey]laidOut
}

func isStage1(w PhaseWindow) bool { return w.Name == Stage1 }

// round returns the district's regular round of this run.
func (p planner) round(district string) (ObservedRound, bool) {
	i := slices.IndexFunc(p.observed.Rounds, func(r ObservedRound) bool {
		return r.District == district && r.Slot == p.run.date && !r.MakeUp
	})
	if i < 0 {
		return ObservedRound{}, false
	}
	return p.observed.Rounds[i], true
}

// anyRound reports whether any district has a round of this run.
func (p planner) anyRound() bool {
	return slices.ContainsFunc(p.observed.Rounds, func(r ObservedRound) bool { return r.Slot == p.run.date })
}

// startable returns why a district may not get a new round in this run; the reasons
// that concern the run as a whole come first.
func (p planner) startable(d DistrictView) Reason {
	deadline, hasDeadline := p.deadline(p.run.at)
	onTime := p.now.Before(p.calendar.At(p.run.date.AddDays(1), 0))
	switch {
	case p.spec.Suspend:
		return Suspended
	case p.spec.MissedRunPolicy == Skip && !onTime:
		return MissedRun
	case hasDeadline && p.now.After(deadline):
		return DeadlineMissed
	case !d.Authorised:
		return Unauthorised
	case d.Deleting:
		return Deleting
	}
	return ""
}

// previousOpen reports whether a round of an earlier run is in Stage1 in the district at
// the same time: a student is asked by one round of a campaign at a time. A round that is
// not made yet comes after those of later runs too, which a clock that went back leaves.
func (p planner) previousOpen(d *draft) bool {
	return slices.ContainsFunc(p.observed.Rounds, func(r ObservedRound) bool {
		first := r.Slot.Before(p.run.date) || d.existing == nil && r.Slot != p.run.date
		return r.District == d.Name && first && overlap(r.OpensAt, r.closed(), d.round)
	})
}

// closed is when a round asks nobody any more: as planned, or since it was ended.
func (r ObservedRound) closed() time.Time {
	if r.EndedAt.IsZero() {
		return r.ClosesAt
	}
	return r.EndedAt
}

// asItIs is the plan of a round that has opened: nothing about it changes any more. Its
// extension is in what was observed.
func (p planner) asItIs(r ObservedRound) RoundPlan {
	out := RoundPlan{
		District: r.District, Name: p.name(r.Slot, r.MakeUp), Slot: r.Slot, MakeUp: r.MakeUp, Phases: slices.Clone(r.Phases),
		Sessions: slices.Clone(r.Sessions), OpensAt: r.OpensAt, ClosesAt: r.ClosesAt, Schools: slices.Clone(r.Schools), LeftOut: slices.Clone(r.LeftOut),
	}
	if i := slices.IndexFunc(out.Phases, isStage1); i >= 0 {
		out.Phases[i].Sessions = slices.Clone(r.Sessions)
	}
	return out
}

// name is what a round is called: what planned it first, never the planned opening.
func (c *Compiled) name(slot calendar.Date, makeUp bool) string {
	name := c.spec.Campaign + "-" + slot.Compact()
	if makeUp {
		name += MakeUpSuffix
	}
	return name
}
