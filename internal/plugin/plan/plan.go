// Package plan tells beforehand what a campaign will do, with the functions the operator
// plans with: when each phase is, in which districts, what is skipped or blocked and why,
// and what would change of the rounds that exist. Compute and the renderings are pure.
package plan

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Report is one campaign's plan.
type Report struct {
	Campaign string    `json:"campaign"`
	TimeZone string    `json:"timeZone"`
	At       time.Time `json:"at"` // the time for which it is planned
	// Preview is true when no run is due yet: the plan is the one that will be made then.
	Preview  bool      `json:"preview"`
	Slot     string    `json:"slot,omitempty"`     // the run, by the date of its first day
	NextSlot string    `json:"nextSlot,omitempty"` // the one after
	Rounds   []Round   `json:"rounds"`
	Skipped  []Skipped `json:"skipped"`
	Blocked  []Blocked `json:"blocked"`
	Changes  []Change  `json:"changes,omitempty"` // of rounds that exist or are to be made
}

// Round is one district's.
type Round struct {
	District string    `json:"district"`
	Name     string    `json:"name"`
	OpensAt  time.Time `json:"opensAt"`
	ClosesAt time.Time `json:"closesAt"`
	Sessions int       `json:"sessions"` // of Stage1
	Phases   []Phase   `json:"phases"`
}

// Phase is when a phase is, both days included.
type Phase struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Skipped is a day, or a whole run, on which nothing happens.
type Skipped struct {
	Date   string `json:"date"`
	Reason string `json:"reason"`
}

// Blocked is a district that gets no round.
type Blocked struct {
	District string `json:"district"`
	Reason   string `json:"reason"`
}

// Change is what the operator would do to a round: New, Moved or Gone (its run is not in
// the schedule any more: it never opens). Old and New are the opening and the closing.
type Change struct {
	District string   `json:"district"`
	Round    string   `json:"round"`
	Change   string   `json:"change"`
	Old      []string `json:"old,omitempty"`
	New      []string `json:"new,omitempty"`
}

// Compute plans. When no run is due at that time, it plans for the instant of the next
// one. The error is a fault of the campaign or of its calendar.
func Compute(o planning.Observed, now time.Time) (Report, error) {
	if o.Campaign.CreationTimestamp.IsZero() { // it is made now: runs before that are nobody's
		o.Campaign.CreationTimestamp = metav1.NewTime(now)
	}
	plan, err := planning.Compute(o, now)
	if err != nil {
		return Report{}, fmt.Errorf("campaign %s: %w", o.Campaign.Name, err)
	}
	preview := plan.Slot.IsZero() && !plan.NextSlot.IsZero()
	if preview {
		now = plan.NextSlot
		if plan, err = planning.Compute(o, now); err != nil {
			return Report{}, fmt.Errorf("campaign %s: %w", o.Campaign.Name, err)
		}
	}
	location, err := time.LoadLocation(string(o.Campaign.Spec.TimeZone))
	if err != nil {
		return Report{}, err // planning has read it already
	}
	report := Report{
		Campaign: o.Campaign.Name, TimeZone: location.String(), At: now.In(location), Preview: preview, Slot: plan.Slot.String(),
		NextSlot: planning.Next(o.Campaign.Spec.TimeZone, plan.Planned).String(),
		Rounds:   []Round{}, Skipped: []Skipped{}, Blocked: []Blocked{},
	}
	for _, r := range plan.Rounds {
		report.Rounds = append(report.Rounds, round(r, location))
	}
	for _, s := range plan.Skipped {
		report.Skipped = append(report.Skipped, Skipped{s.Date.String(), string(s.Reason)})
	}
	for _, b := range plan.Blocked {
		report.Blocked = append(report.Blocked, Blocked{b.District, string(b.Reason)})
	}
	report.Changes = changes(o, plan, location)
	return report, nil
}

func round(r rollout.RoundPlan, location *time.Location) Round {
	out := Round{
		District: r.District, Name: r.Name, Sessions: len(r.Sessions), OpensAt: r.OpensAt.In(location), ClosesAt: r.ClosesAt.In(location),
	}
	for _, p := range r.Phases {
		last := p.To.In(location).Add(-time.Nanosecond) // To is the midnight after
		out.Phases = append(out.Phases, Phase{string(p.Name), calendar.DateOf(p.From.In(location)).String(), calendar.DateOf(last).String()})
	}
	return out
}

// changes compares what the operator would write with the rounds that exist, by district.
func changes(o planning.Observed, plan planning.Plan, location *time.Location) []Change {
	var out []Change
	for _, want := range plan.Write {
		change := Change{District: want.Namespace, Round: want.Name, Change: "New", New: window(want.Spec, location)}
		if is, found := planning.Existing(o.Rounds, want.Namespace, want.Name); found {
			change.Change, change.Old = "Moved", window(is.Spec, location)
		}
		out = append(out, change)
	}
	for _, r := range o.Rounds {
		if r.Status.OpenedTime == nil && !translate.Scheduled(o.Campaign.Spec.Schedule, r.Spec.Slot) {
			out = append(out, Change{District: r.Namespace, Round: r.Name, Change: "Gone", Old: window(r.Spec, location)})
		}
	}
	return out
}

func window(spec v1alpha1.ScreeningRoundSpec, location *time.Location) []string {
	opens, closes := translate.Window(spec)
	return []string{minute(opens.In(location)), minute(closes.In(location))}
}

func minute(t time.Time) string { return t.Format("2006-01-02 15:04") }
