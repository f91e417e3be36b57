// Package plan tells beforehand what a campaign will do, with the functions the operator
// plans with: when each phase is, in which districts, what is skipped or blocked and why,
// and what would change of the rounds that exist. Planning and the renderings are pure.
package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
	Preview bool `json:"preview"`
	// Suspended is true when the campaign makes no rounds whatever is due.
	Suspended bool   `json:"suspended,omitempty"`
	Slot      string `json:"slot,omitempty"`     // the run, by the date of its first day
	NextSlot  string `json:"nextSlot,omitempty"` // the one after
	// ExtraDates are runs beside the schedule's own that have not begun.
	ExtraDates []string `json:"extraDates,omitempty"`

	Rounds  []Round   `json:"rounds"`
	Skipped []Skipped `json:"skipped"`
	Blocked []Blocked `json:"blocked"`
	Changes []Change  `json:"changes,omitempty"` // of rounds that exist or are to be made

	BlockedSchools []SchoolNote `json:"blockedSchools"` // schools that take no part
	Warnings       []SchoolNote `json:"warnings"`       // what is not as the campaign prefers
	Curve          []Week       `json:"curve"`          // expected cases by week; empty when no rates are known

	Gates      []Gate      `json:"gates"` // what must be there before a round opens
	Exceptions []Exception `json:"gateExceptions"`
	// Judged is false when no School is known, so that nothing can be said of what they lack.
	Judged  bool      `json:"gatesJudged"`
	Lacking []Lacking `json:"lackingGates"` // of planned rounds, by what is declared
	Shut    []Shut    `json:"shutGates"`    // of rounds that exist and have not opened, as the operator finds them
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
	Campaign string `json:"campaign,omitempty"` // that has the district's schools, for SchoolsClaimed
}

// SchoolNote is something about a school, or about a whole district when school is empty.
type SchoolNote struct {
	District string `json:"district"`
	School   string `json:"school,omitempty"`
	Reason   string `json:"reason"`
}

// Week is what is expected of the week that begins on a Monday.
type Week struct {
	Monday   string  `json:"monday"`
	Tiers    []Tier  `json:"tiers"`
	Channels []Class `json:"channels"`
}

// Tier is the cases of one tier, with three decimals.
type Tier struct {
	Tier  string  `json:"tier"`
	Cases float64 `json:"cases"`
}

// Class is the referrals to one class of channels, and what its facilities take.
type Class struct {
	Class    string  `json:"class"`
	Cases    float64 `json:"cases"`
	Capacity float64 `json:"capacity"`
}

// Change is what the operator would do to a round: New, Moved, Extended or Shortened (one that is
// open), Changed (at the same time: schools, cohort, instruments), or Gone (its run is not in the
// schedule any more: it never opens). Old and New are the opening and the closing.
type Change struct {
	District string   `json:"district"`
	Round    string   `json:"round"`
	Change   string   `json:"change"`
	Old      []string `json:"old,omitempty"`
	New      []string `json:"new,omitempty"`
}

// OfRun plans the run of one date, which the schedule has: as it will be made on that day,
// or now when the day has begun.
func OfRun(o planning.Observed, date calendar.Date, now time.Time) (Report, error) {
	made(&o, now)
	at := now
	if cal, err := translate.CompileCalendar(o.Calendar.Spec); err == nil && cal.At(date, 0).After(now) {
		at = cal.At(date, 0) // an error of the calendar is planning's to tell
	}
	plan, err := compute(o, at)
	if err != nil {
		return Report{}, err
	}
	if plan.Slot != date {
		return Report{}, fmt.Errorf("campaign %s: the schedule has no run on %s", o.Campaign.Name, date)
	}
	out := report(o, plan, at, now)
	out.only(func(r Round) bool { return r.Slot == out.Slot }) // earlier runs are planned too
	return out, nil
}

// only leaves some of the rounds in the report, and their gates.
func (r *Report) only(wanted func(Round) bool) {
	r.Rounds = slices.DeleteFunc(r.Rounds, func(round Round) bool { return !wanted(round) })
	gone := func(district, name string) bool {
		return !slices.ContainsFunc(r.Rounds, func(round Round) bool { return round.District == district && round.Name == name })
	}
	r.Lacking = slices.DeleteFunc(r.Lacking, func(l Lacking) bool { return gone(l.District, l.Round) })
	r.Shut = slices.DeleteFunc(r.Shut, func(s Shut) bool { return gone(s.District, s.Round) })
}

// made says of a campaign of a file that it is made now: runs before that are nobody's.
func made(o *planning.Observed, now time.Time) {
	if o.Campaign.CreationTimestamp.IsZero() {
		o.Campaign.CreationTimestamp = metav1.NewTime(now)
	}
}

func compute(o planning.Observed, now time.Time) (planning.Plan, error) {
	plan, err := planning.Compute(o, now)
	if err != nil {
		return planning.Plan{}, fmt.Errorf("campaign %s: %w", o.Campaign.Name, err)
	}
	return plan, nil
}

// location is the campaign's; planning has read it already where the answer matters.
func location(c v1alpha1.ScreeningCampaign) *time.Location { return zone(c.Spec.TimeZone) }

// zone is UTC when there is none of the name, as for the operator.
func zone(name v1alpha1.TimeZone) *time.Location {
	zone, err := time.LoadLocation(string(name))
	if err != nil {
		return time.UTC
	}
	return zone
}

// report tells of a plan made for a time, which is later than today when it is a preview.
func report(o planning.Observed, plan planning.Plan, at, today time.Time) Report {
	location := location(o.Campaign)
	report := Report{
		Campaign: o.Campaign.Name, TimeZone: location.String(), At: at.In(location), Preview: at.After(today), Slot: plan.Slot.String(),
		Suspended: translate.Suspension(o.Campaign.Spec) != v1alpha1.SuspendNone,
		NextSlot:  planning.Next(o.Campaign.Spec.TimeZone, plan.Planned).String(),
		Rounds:    []Round{}, Skipped: []Skipped{}, Blocked: []Blocked{}, BlockedSchools: []SchoolNote{}, Warnings: []SchoolNote{},
		Curve: curve(plan.Curve), Gates: gatesOf(o.Campaign),
	}
	for _, date := range slices.Sorted(slices.Values(o.Campaign.Spec.Schedule.ExtraDates)) {
		if string(date) > report.Slot {
			report.ExtraDates = append(report.ExtraDates, string(date))
		}
	}
	for _, r := range plan.Rounds {
		report.Rounds = append(report.Rounds, round(o, r, location))
	}
	report.obstacles(plan.Planned)
	report.Exceptions, report.Shut = report.exceptionsOf(o, today), shut(o.Rounds, plan)
	report.Judged, report.Lacking = len(o.Schools) > 0, lacking(o, plan, today)
	report.Changes = changes(o, plan, location)
	return report
}

// obstacles lists what does not happen, or not as wished, and why.
func (r *Report) obstacles(plan rollout.Planned) {
	for _, s := range plan.Skipped {
		r.Skipped = append(r.Skipped, Skipped{s.Date.String(), string(s.Reason)})
	}
	for _, b := range plan.Blocked {
		r.Blocked = append(r.Blocked, Blocked{b.District, string(b.Reason), b.Campaign})
	}
	for _, b := range plan.BlockedSchools {
		r.BlockedSchools = append(r.BlockedSchools, SchoolNote{b.District, b.School, string(b.Reason)})
	}
	for _, w := range plan.Warnings {
		r.Warnings = append(r.Warnings, SchoolNote{w.District, w.School, string(w.Reason)})
	}
}

func curve(weeks []rollout.Week) []Week {
	out := []Week{}
	cases := func(milli int64) float64 { return float64(milli) / rollout.Milli }
	for _, w := range weeks {
		week := Week{Monday: w.Monday.String(), Channels: []Class{}}
		for _, t := range w.Tiers {
			week.Tiers = append(week.Tiers, Tier{t.Tier, cases(t.Cases)})
		}
		for _, c := range w.Channels {
			week.Channels = append(week.Channels, Class{c.Class, cases(c.Cases), cases(c.Capacity)})
		}
		out = append(out, week)
	}
	return out
}

// changes compares what the operator would write with the rounds that exist, by district.
func changes(o planning.Observed, plan planning.Plan, location *time.Location) []Change {
	var out []Change
	for _, want := range plan.Write {
		change := Change{District: want.Namespace, Round: want.Name, Change: "New", New: window(want.Spec, location)}
		if is, found := planning.Existing(o.Rounds, want.Namespace, want.Name); found {
			change.Old = window(is.Spec, location)
			change.Change = moved(is, want)
		}
		out = append(out, change)
	}
	for _, r := range o.Rounds {
		if r.Status.OpenedTime == nil && !translate.Awaited(o.Campaign.Spec, r.Spec) {
			out = append(out, Change{District: r.Namespace, Round: r.Name, Change: "Gone", Old: window(r.Spec, location)})
		}
	}
	return out
}

// moved names a change of a round's time.
func moved(is, want v1alpha1.ScreeningRound) string {
	opens, closes := translate.Window(is.Spec)
	then, end := translate.Window(want.Spec)
	switch {
	case opens.Equal(then) && closes.Equal(end):
		return "Changed"
	case is.Status.OpenedTime == nil:
		return "Moved"
	case end.After(closes):
		return "Extended"
	}
	return "Shortened"
}

func window(spec v1alpha1.ScreeningRoundSpec, location *time.Location) []string {
	opens, closes := translate.Window(spec)
	return []string{minute(opens.In(location)), minute(closes.In(location))}
}

func minute(t time.Time) string { return t.Format("2006-01-02 15:04") }

// Obstacles says in one line why a plan has no rounds: the reasons for which the run is skipped or
// districts are blocked, each with how many there are.
func (r Report) Obstacles() string {
	counts := map[string]int{}
	for _, b := range r.Blocked {
		counts[b.Reason]++
	}
	var out []string
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%s (%s)", reason, count(counts[reason], "district")))
	}
	days := []rollout.Reason{rollout.NotASchoolDayWeekend, rollout.NotASchoolDayClosure, rollout.NotASchoolDayTerm}
	for _, s := range r.Skipped {
		if s.Date == r.Slot && !slices.Contains(days, rollout.Reason(s.Reason)) {
			out = append(out, s.Reason)
		}
	}
	if len(out) == 0 {
		return "spec.districtSelector selects no Namespace"
	}
	return strings.Join(out, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
