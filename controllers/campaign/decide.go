package campaign

import (
	"errors"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// decision is the plan and what keeps it from being made.
type decision struct {
	plan    planning.Plan
	planned bool   // there is a plan; if not, what was planned before stays
	fault   error  // what only an edit of the campaign can cure
	waiting string // what the campaign waits for
	failed  error  // some rounds could not be written
}

// decide is the only place with policy. A fault leaves the rounds as they are: the last
// good plan stays in force.
func decide(o observed, now time.Time) decision {
	d := decision{waiting: missing(o), fault: o.selector}
	if d.fault != nil || o.calendar == nil {
		return d
	}
	plan, err := planning.Compute(planning.Observed{
		Campaign: o.campaign, Calendar: *o.calendar, Policy: o.policy, Namespaces: o.namespaces, Districts: o.districts, Rounds: o.rounds,
		Others: o.others, Campaigns: o.campaigns, Schools: o.schools, Channels: o.channels, Coverage: o.province,
	}, now)
	var reference *planning.ReferenceError
	switch {
	case errors.As(err, &reference):
		d.waiting = fmt.Sprintf("Waiting for %s %s: %s", reference.Kind, reference.Name, reference.Fault)
	case err != nil:
		d.fault = err
	default:
		d.plan, d.planned = plan, true
	}
	return d
}

// missing says which object that the campaign refers to is not there. Only the calendar
// keeps it from planning, and the policy where schools are moved for capacity's sake; the
// rounds themselves warn of the others.
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

// nextLook is how long until the next run is due. Without one a plan may change with time all the same: another
// campaign's round is over, a wave has passed.
func nextLook(d decision, now time.Time) time.Duration {
	switch {
	case !d.planned:
		return 0
	case d.plan.NextSlot.IsZero():
		return result.Longest
	}
	return d.plan.NextSlot.Sub(now)
}
