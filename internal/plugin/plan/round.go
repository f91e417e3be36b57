package plan

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// Round is one district's.
type Round struct {
	District  string     `json:"district"`
	Name      string     `json:"name"`
	Slot      string     `json:"slot"`    // the run it belongs to
	Purpose   string     `json:"purpose"` // Regular or MakeUp
	OpensAt   time.Time  `json:"opensAt"`
	ClosesAt  time.Time  `json:"closesAt"`
	Sessions  int        `json:"sessions"` // of Stage1
	Phases    []Phase    `json:"phases"`
	Wave      int        `json:"wave,omitempty"`      // from 1; 0: the campaign has no waves
	Schools   []School   `json:"schools,omitempty"`   // that have sessions of their own
	LeftOut   []string   `json:"leftOut,omitempty"`   // that take no part
	Extension *Extended  `json:"extension,omitempty"` // of Stage1, beyond its phase
	Narrowed  *Narrowing `json:"narrowed,omitempty"`  // what the district takes out of the campaign's hours and days
	OwnDays   []OwnDays  `json:"ownDays,omitempty"`   // of the district in the calendar, from the run to the end of the round
}

// OwnDays are days on which a district alone has no school (Closure), or alone has school (MakeUpDay).
type OwnDays struct {
	Kind string `json:"kind"`
	Name string `json:"name"` // of the closure, or of the exception that has the make-up day
	From string `json:"from"`
	To   string `json:"to"`
}

// Extended is by how many school days a round is extended, and when they are, both days included.
type Extended struct {
	SchoolDays int    `json:"schoolDays"`
	From       string `json:"from"`
	To         string `json:"to"`
}

// Narrowing is a district's own hours and days.
type Narrowing struct {
	Session string  `json:"session,omitempty"` // what is left of the campaign's hours, such as 09:00 to 12:00
	Without []Phase `json:"without,omitempty"` // days without sessions, by name
}

// School is when one school answers, from its first session to the end of its last.
type School struct {
	Name     string    `json:"name"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Sessions int       `json:"sessions"`
}

// Phase is when a phase is, both days included.
type Phase struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

func round(o planning.Observed, r rollout.RoundPlan, location *time.Location) Round {
	out := Round{
		District: r.District, Name: r.Name, Slot: r.Slot.String(), Purpose: string(v1alpha1.PurposeRegular),
		Sessions: len(r.Sessions), OpensAt: r.OpensAt.In(location), ClosesAt: r.ClosesAt.In(location),
		Wave: r.Wave + 1, LeftOut: r.LeftOut, Extension: extended(translate.RoundSpec(r, o.Campaign), location), Narrowed: narrowed(o, r),
	}
	if r.MakeUp {
		out.Purpose = string(v1alpha1.PurposeMakeUp)
	}
	if waves := o.Campaign.Spec.Rollout; r.MakeUp || len(waves.Pilot) == 0 && waves.MaxConcurrentDistricts == 0 {
		out.Wave = 0
	}
	for _, s := range r.Schools {
		last := s.Sessions[len(s.Sessions)-1]
		out.Schools = append(out.Schools, School{s.Name, s.Sessions[0].From.In(location), last.To.In(location), len(s.Sessions)})
	}
	for _, p := range r.Phases {
		out.Phases = append(out.Phases, days(string(p.Name), p.From.In(location), p.To.In(location)))
	}
	out.OwnDays = ownDays(o.Calendar.Spec.Exceptions, out)
	return out
}

// The kinds of OwnDays.
const (
	closure   = "Closure"
	makeUpDay = "MakeUpDay"
)

// ownDays lists those that can have moved a round: civil dates, which sort as text.
func ownDays(exceptions []v1alpha1.CalendarException, r Round) (out []OwnDays) {
	if len(r.Phases) == 0 {
		return nil
	}
	last := r.Phases[len(r.Phases)-1].To
	add := func(kind, name string, from, to v1alpha1.Civil) {
		if string(from) <= last && r.Slot <= string(to) {
			out = append(out, OwnDays{kind, name, string(from), string(to)})
		}
	}
	for _, e := range exceptions {
		if e.District != r.District || e.School != "" {
			continue
		}
		for _, c := range e.Closures {
			add(closure, c.Name, c.From, c.To)
		}
		for _, day := range e.MakeUpDays {
			add(makeUpDay, e.Name, day, day)
		}
	}
	return out
}

// days are those from an instant to before another.
func days(name string, from, to time.Time) Phase {
	return Phase{name, calendar.DateOf(from).String(), calendar.DateOf(to.Add(-time.Nanosecond)).String()}
}

// narrowed is what a district takes out of a round that follows the present plan; nil when it
// takes out nothing. A round that has opened has what its district took out then.
func narrowed(o planning.Observed, r rollout.RoundPlan) *Narrowing {
	own := o.Districts[r.District].Spec.Narrowing
	if is, found := planning.Existing(o.Rounds, r.District, r.Name); found && is.Status.OpenedTime != nil {
		return nil
	}
	var out Narrowing
	for _, p := range o.Campaign.Spec.Template.Spec.Phases {
		if p.Name == v1alpha1.PhaseStage1 && own.Session != (v1alpha1.SessionHours{}) {
			from, to := max(p.Session.From, own.Session.From), min(p.Session.To, own.Session.To) // text that sorts as the clock
			if from != p.Session.From || to != p.Session.To {
				out.Session = fmt.Sprintf("%s to %s", from, to)
			}
		}
	}
	for _, days := range own.WithoutSessions {
		if in(r, days, location(o.Campaign)) {
			out.Without = append(out.Without, Phase{days.Name, string(days.From), string(days.To)})
		}
	}
	if out.Session == "" && len(out.Without) == 0 {
		return nil
	}
	return &out
}

// in reports whether days without sessions fall into Stage1 of a round.
func in(r rollout.RoundPlan, closure v1alpha1.Closure, zone *time.Location) bool {
	for _, p := range r.Phases {
		stage := days("", p.From.In(zone), p.To.In(zone))
		if p.Name == rollout.Stage1 && string(closure.From) <= stage.To && stage.From <= string(closure.To) {
			return true
		}
	}
	return false
}

// extended is the extension that a round has; nil when it has none.
func extended(spec v1alpha1.ScreeningRoundSpec, zone *time.Location) *Extended {
	n := planning.Extension(spec)
	stage1, found := translate.Phase(spec, v1alpha1.PhaseStage1)
	if n == 0 || !found {
		return nil
	}
	for _, s := range spec.Sessions {
		if !s.To.After(stage1.To.Time) {
			continue
		}
		from := s.From.Time
		if from.Before(stage1.To.Time) { // sessions round the clock are merged
			from = stage1.To.Time
		}
		span := days("", from.In(zone), spec.Sessions[len(spec.Sessions)-1].To.In(zone))
		return &Extended{SchoolDays: n, From: span.From, To: span.To}
	}
	return nil
}

// timeline is the phases, and the extension after Stage1.
func (r Round) timeline() (out []Phase) {
	for _, p := range r.Phases {
		out = append(out, p)
		if r.Extension != nil && p.Name == string(v1alpha1.PhaseStage1) {
			out = append(out, Phase{"Extension", r.Extension.From, r.Extension.To})
		}
	}
	return out
}

// writeOwnDays says which days of the calendar are the districts' own.
func (g group) writeOwnDays(w io.Writer) {
	for i, own := range g.ownDays {
		for _, d := range own {
			if d.Kind == makeUpDay {
				fmt.Fprintf(w, "  %s by the calendar has school on %s (%s).\n", g.districts[i], weekday(d.From), d.Name)
				continue
			}
			fmt.Fprintf(w, "  %s by the calendar has no school from %s to %s (%s).\n", g.districts[i], weekday(d.From), weekday(d.To), d.Name)
		}
	}
}

// writeNarrowing says what the districts of a group take out of the campaign's hours and days.
func (g group) writeNarrowing(w io.Writer) {
	for i, n := range g.narrowed {
		if n == nil {
			continue
		}
		var parts []string
		if n.Session != "" {
			parts = append(parts, "answers from "+n.Session)
		}
		for _, days := range n.Without {
			parts = append(parts, fmt.Sprintf("has no sessions from %s to %s (%s)", days.From, days.To, days.Name))
		}
		fmt.Fprintf(w, "  %s by its own narrowing %s.\n", g.districts[i], strings.Join(parts, " and "))
	}
}
