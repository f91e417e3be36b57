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

// round returns the district's round of this run.
func (p planner) round(district string) (ObservedRound, bool) {
	i := slices.IndexFunc(p.observed.Rounds, func(r ObservedRound) bool {
		return r.District == district && r.Slot == p.run.date
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

// narrowing reads a district's own hours.
func narrowing(d DistrictView) (*calendar.Hours, Reason) {
	if d.Narrow == nil {
		return nil, ""
	}
	hours, err := calendar.ParseHours(d.Narrow.From, d.Narrow.To)
	if err != nil {
		return nil, InvalidHours
	}
	return &hours, ""
}

// previousOpen reports whether the district's round of another run closes after
// opensAt: a student is asked by one round of a campaign at a time.
func (p planner) previousOpen(district string, opensAt time.Time) bool {
	return slices.ContainsFunc(p.observed.Rounds, func(r ObservedRound) bool {
		return r.District == district && r.Slot.Before(p.run.date) && r.ClosesAt.After(opensAt)
	})
}

// keepOpen holds the plan of a round that has opened to what may still change: the
// closing and the sessions that have not begun; nothing once it has closed.
func (p planner) keepOpen(plan RoundPlan, existing ObservedRound) RoundPlan {
	plan.OpensAt = existing.OpensAt
	if !existing.ClosesAt.After(p.now) {
		plan.ClosesAt, plan.Sessions = existing.ClosesAt, slices.Clone(existing.Sessions)
	} else {
		plan.Sessions = Revise(existing.Sessions, plan.Sessions, p.now)
		if n := len(plan.Sessions); n > 0 {
			plan.ClosesAt = plan.Sessions[n-1].To // a new plan does not cut a begun session short
		}
	}
	plan.Phases = slices.Clone(plan.Phases)
	plan.Phases[slices.IndexFunc(plan.Phases, isStage1)].Sessions = slices.Clone(plan.Sessions)
	return plan
}
