package rollout

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Waves say which districts are screened one after another. Wave k is the run begun
// k times the school days of Stage1 later, so that the Stage1s of waves follow one another.
type Waves struct {
	Pilot         []string // districts of the first wave, which has no others; empty: no such wave
	Order         []string // the districts that come next; the others follow by name
	MaxConcurrent int      // how many districts are in Stage1 at a time; 0: any number
}

// any reports whether there can be more than one wave.
func (w Waves) any() bool { return len(w.Pilot) > 0 || w.MaxConcurrent > 0 }

// rank orders districts; those not listed share the last rank.
func (w Waves) rank(district string) int {
	if i := slices.Index(w.Pilot, district); i >= 0 {
		return i
	}
	if i := slices.Index(w.Order, district); i >= 0 {
		return len(w.Pilot) + i
	}
	return len(w.Pilot) + len(w.Order)
}

// first is the first wave that a district may be in.
func (w Waves) first(district string) int {
	if len(w.Pilot) > 0 && !slices.Contains(w.Pilot, district) {
		return 1
	}
	return 0
}

func (c *Compiled) checkWaves(faults *fault.List) {
	w := c.spec.Waves
	faults.AddIf(w.MaxConcurrent < 0, "rollout.maxConcurrentDistricts", "is negative; write 1 or more, or leave it out")
	faults.AddIf(w.MaxConcurrent > 0 && len(w.Pilot) > w.MaxConcurrent, "rollout.pilot",
		"has %d districts and maxConcurrentDistricts is %d; raise it or make pilot shorter", len(w.Pilot), w.MaxConcurrent)
	for _, district := range w.Order {
		faults.AddIf(slices.Contains(w.Pilot, district), "rollout.order", "%s is in pilot too; take it out of one of them", district)
	}
	for _, phase := range c.spec.Phases {
		faults.AddIf(w.any() && phase.Dates != nil, "rollout",
			"%s has dates, which cannot be shifted from wave to wave; write schoolDays", phase.Name)
	}
}

// waveStart is the date on which a wave begins; false when the calendar ends before.
func (p planner) waveStart(wave int) (calendar.Date, bool) {
	if wave == 0 {
		return p.run.date, true
	}
	return p.calendar.NthSchoolDayAfter(p.run.date.AddDays(-1), wave*p.stage1Days()+1)
}

func (c *Compiled) stage1Days() int {
	i := slices.IndexFunc(c.spec.Phases, func(p Phase) bool { return p.Name == Stage1 })
	return c.spec.Phases[i].SchoolDays
}

// waveOf is the wave that a round which began on a date belongs to.
func (p planner) waveOf(start calendar.Date) int {
	wave := 0
	for p.spec.Waves.any() {
		next, ok := p.waveStart(wave + 1)
		if !ok || next.After(start) {
			break
		}
		wave++
	}
	return wave
}

// draft is a district on its way into the plan.
type draft struct {
	DistrictView

	existing *ObservedRound     // its round of this run; nil: none
	calendar *calendar.Compiled // the district's
	narrow   narrowing
	blocked  Reason
	by       string // the campaign that has its schools

	kept   bool // it has begun, so it keeps its dates
	layout layout
	round  RoundPlan
}

// opened reports whether the district's round has opened.
func (d *draft) opened() bool { return d.existing != nil && d.existing.Opened }

// placed lays out the round of a district that begins on a date.
func (p planner) placed(d *draft, l layout, wave int) {
	d.layout = l
	d.round = RoundPlan{
		District: d.Name, Name: p.name(p.run.date, false), Slot: p.run.date, Wave: wave, Phases: l.phases, Sessions: l.sessions(),
	}
	d.round.OpensAt, d.round.ClosesAt = d.round.Sessions[0].From, d.round.Sessions[len(d.round.Sessions)-1].To
}

// stage1Span is a time in which a district is in Stage1.
type stage1Span struct{ from, to time.Time }

// drafts begins with what concerns each district by itself, in the order of the rollout.
func (p planner) drafts(districts []DistrictView) []*draft {
	out := make([]*draft, 0, len(districts))
	for _, view := range districts {
		d := &draft{DistrictView: view, calendar: p.calendar.For(view.Name, "")}
		if round, exists := p.round(view.Name); exists {
			d.existing = &round
		} else {
			d.blocked = p.startable(view)
		}
		if d.blocked == "" && !d.opened() {
			d.narrow, d.blocked = narrowingOf(view)
		}
		if d.blocked == "" && !d.opened() && p.spec.Capacity.Policy == Required && p.rates(view) == nil {
			d.blocked = NoExpectedRates
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b *draft) int {
		waves := p.spec.Waves
		return cmp.Or(cmp.Compare(waves.rank(a.Name), waves.rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// fill gives each district its wave: what has begun keeps its dates, the others go, in
// order, into the earliest wave with room. It begins again when a district turns out to
// be blocked whose round stays as it is: the round takes room that was given away.
func (p planner) fill(drafts []*draft) {
	for again := true; again; {
		again = false
		busy := p.busy(drafts)
		for _, d := range drafts {
			if d.blocked != "" || d.kept {
				continue
			}
			if d.blocked = p.earliest(d, busy); d.blocked == "" {
				busy = append(busy, stage1Span{d.round.OpensAt, d.round.ClosesAt})
			}
			if again = d.blocked != "" && d.existing != nil; again {
				break
			}
		}
	}
}

// keep leaves the rounds that have opened as they are, and lays those out anew, from where
// they began, that may still open late.
func (p planner) keep(drafts []*draft) {
	for _, d := range drafts {
		switch {
		case d.opened():
			d.round, d.kept = p.asItIs(*d.existing), true
			d.round.Wave = p.waveOf(p.start(*d.existing))
		case d.blocked == "" && p.begun(d):
			p.keepLate(d)
		}
	}
}

func (p planner) keepLate(d *draft) {
	start := p.start(*d.existing)
	l, reason := p.windows(d.calendar, start, d.narrow)
	if reason != "" {
		d.blocked = reason
		return
	}
	p.placed(d, l, p.waveOf(start))
	d.kept = true
	d.blocked, d.by = p.hindered(d)
}

// start is the date on which a round's first phase began.
func (p planner) start(r ObservedRound) calendar.Date {
	if len(r.Phases) == 0 {
		return r.Slot
	}
	return dateIn(p.calendar, r.Phases[0].From)
}

// begun reports whether a round that has not opened is past its opening and, where there
// are waves, may still open late. Without waves it is where the campaign puts it.
func (p planner) begun(d *draft) bool {
	return d.existing != nil && p.spec.Waves.any() && !d.existing.OpensAt.After(p.now) && d.existing.ClosesAt.After(p.now)
}

// busy lists when districts are in Stage1 whose dates are not for filling: those that
// keep theirs, and rounds, of whatever run, that the plan leaves as they are. Make-up
// rounds are few students at each school, and not counted.
func (p planner) busy(drafts []*draft) []stage1Span {
	var out []stage1Span
	planned := map[string]bool{}
	for _, d := range drafts {
		planned[d.Name] = d.blocked == ""
		if d.blocked == "" && d.kept {
			to := d.round.ClosesAt
			if d.existing.ClosesAt.After(to) {
				to = d.existing.ClosesAt // until the district has taken the new closing
			}
			out = append(out, stage1Span{d.round.OpensAt, to})
		}
	}
	for _, r := range p.observed.Rounds {
		moves := planned[r.District] && r.Slot == p.run.date
		if !moves && !r.MakeUp && r.ClosesAt.After(p.now) {
			out = append(out, stage1Span{r.OpensAt, r.ClosesAt})
		}
	}
	return out
}

// earliest puts a district into the earliest wave with room that has not begun. Without
// waves there is one, which may begin late.
func (p planner) earliest(d *draft, busy []stage1Span) Reason {
	for wave := p.spec.Waves.first(d.Name); ; wave++ {
		start, ok := p.waveStart(wave)
		if !ok {
			return CalendarEnds
		}
		l, reason := p.laidOut(d, start)
		if reason != "" {
			return reason
		}
		p.placed(d, l, wave)
		if p.spec.Waves.any() && (!d.round.OpensAt.After(p.now) || !p.room(busy, d.round)) {
			continue
		}
		reason, d.by = p.hindered(d)
		return reason
	}
}

// hindered says why the round of a district that has not opened cannot be when it is planned.
func (p planner) hindered(d *draft) (reason Reason, by string) {
	switch {
	case !d.round.ClosesAt.After(p.now):
		return WindowPassed, ""
	case p.previousOpen(d):
		return PreviousRoundOpen, ""
	}
	for _, c := range d.Claims {
		if c.OpensAt.Before(d.round.ClosesAt) && d.round.OpensAt.Before(c.ClosesAt) {
			return SchoolsClaimed, c.Campaign
		}
	}
	return "", ""
}

// room reports whether a round has at no instant of it too many others beside it.
func (p planner) room(busy []stage1Span, round RoundPlan) bool {
	limit := p.spec.Waves.MaxConcurrent
	var beside []stage1Span
	for _, s := range busy {
		if s.from.Before(round.ClosesAt) && round.OpensAt.Before(s.to) {
			beside = append(beside, s)
		}
	}
	if limit == 0 || len(beside) < limit {
		return true
	}
	together := func(instant time.Time) (n int) {
		for _, s := range beside {
			if !s.from.After(instant) && instant.Before(s.to) {
				n++
			}
		}
		return n
	}
	for _, s := range beside {
		if s.from.After(round.OpensAt) && together(s.from) >= limit {
			return false
		}
	}
	return together(round.OpensAt) < limit
}

// laidOut is windows, worked out once for districts that are alike.
func (p planner) laidOut(d *draft, start calendar.Date) (layout, Reason) {
	key := layoutKey{calendar: d.calendar, start: start, narrow: d.narrow.key}
	if known, ok := p.layouts[key]; ok {
		return known.layout, known.reason
	}
	l, reason := p.windows(d.calendar, start, d.narrow)
	p.layouts[key] = laidOut{l, reason}
	return l, reason
}

// layoutKey is what a layout depends on.
type layoutKey struct {
	calendar *calendar.Compiled
	start    calendar.Date
	narrow   string
}

type laidOut struct {
	layout layout
	reason Reason
}
