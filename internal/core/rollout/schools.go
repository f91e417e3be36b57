package rollout

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// placing puts the schools of the planned rounds onto days.
type placing struct {
	planner

	out        *Planned
	ledger     *ledger
	agreements map[string][]*agreement
	stretches  []stretch // scratch
	demand     []int64   // scratch
}

// window is some of a school's days.
type window struct{ first, days int }

// choice is a window and what is too much about it, in thousandths of a case.
type choice struct {
	window

	counsellors, channels int64
}

func (c choice) excess() int64 { return c.counsellors + c.channels }

// schools gives the schools their days: wave by wave, the larger schools of a district
// first, beside what the rounds bring that the plan of this run leaves as they are.
func (p planner) schools(drafts []*draft, districts []DistrictView, out *Planned) {
	planned := slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.blocked != "" || d.opened() })
	slices.SortStableFunc(planned, func(a, b *draft) int { return cmp.Compare(a.round.Wave, b.round.Wave) })
	alone, start := p.leftAlone(planned), p.run.date
	for _, r := range alone {
		if first := dateIn(p.calendar, r.OpensAt); first.Before(start) {
			start = first
		}
	}
	s := &placing{planner: p, out: out, ledger: newLedger(p.spec.Capacity.Tiers, start)}
	s.agreements = s.ledger.register(districts)
	for _, r := range alone {
		s.count(r, districts)
	}
	for _, d := range planned {
		s.district(d)
	}
	out.Curve = s.ledger.curve()
}

// leftAlone are the regular rounds, of whatever run, that this one is planned beside, by
// district and run: those that have opened, those of earlier runs, and those of this run
// whose district is blocked. What was over before the run, or never opened, brings nothing.
func (p planner) leftAlone(planned []*draft) []ObservedRound {
	from := p.calendar.At(mondayOf(p.run.date), 0)
	out := slices.DeleteFunc(slices.Clone(p.observed.Rounds), func(r ObservedRound) bool {
		moves := r.Slot == p.run.date && slices.ContainsFunc(planned, func(d *draft) bool { return d.Name == r.District })
		never := !r.Opened && (!r.ClosesAt.After(p.now) || r.Slot.After(p.run.date))
		return r.MakeUp || moves || never || !r.ClosesAt.After(from)
	})
	slices.SortFunc(out, func(a, b ObservedRound) int {
		return cmp.Or(strings.Compare(a.District, b.District), a.Slot.Compare(b.Slot))
	})
	return out
}

// district places the schools of a round that has not opened.
func (s *placing) district(d *draft) {
	rates := s.rates(d.DistrictView)
	if s.spec.Capacity.Policy == Preferred && rates == nil {
		s.out.Warnings = append(s.out.Warnings, Warning{District: d.Name, Reason: NoExpectedRates})
	}
	shared, common := map[window][]contract.Session{}, s.inWeeks(d.layout.days)
	for _, school := range slices.SortedFunc(slices.Values(d.Schools), largerFirst) {
		days, own := s.days(d, school.Name)
		inWeeks := common
		if own {
			inWeeks = s.inWeeks(days)
		}
		w, reason := s.place(d, school, inWeeks, rates)
		if reason != "" {
			s.out.BlockedSchools = append(s.out.BlockedSchools, BlockedSchool{District: d.Name, School: school.Name, Reason: reason})
			d.round.LeftOut = append(d.round.LeftOut, school.Name)
			continue
		}
		windows, known := shared[w]
		if !known || own {
			windows, _ = sessions(d.calendar, days[w.first:w.first+w.days], d.layout.hours)
		}
		if !own {
			shared[w] = windows
		}
		if !slices.Equal(windows, d.round.Sessions) {
			d.round.Schools = append(d.round.Schools, SchoolPlan{Name: school.Name, Sessions: windows})
		}
	}
	slices.Sort(d.round.LeftOut)
	slices.SortFunc(d.round.Schools, func(a, b SchoolPlan) int { return strings.Compare(a.Name, b.Name) })
}

func largerFirst(a, b School) int {
	return cmp.Or(cmp.Compare(b.Students, a.Students), strings.Compare(a.Name, b.Name))
}

// schoolDay is a day with the week of the ledger that it is in.
type schoolDay struct {
	calendar.Date

	week int
}

func (s *placing) inWeeks(days []calendar.Date) []schoolDay {
	out := make([]schoolDay, 0, len(days))
	for _, day := range days {
		out = append(out, schoolDay{day, s.ledger.week(day)})
	}
	return out
}

// days are the days of Stage1 on which a school can answer, and whether they are its
// own: of a calendar with exceptions for it, between the first and the last day of the
// district.
func (s *placing) days(d *draft, school string) (days []calendar.Date, own bool) {
	if !s.calendar.Particular(d.Name, school) {
		return d.layout.days, false
	}
	first, last := d.layout.days[0], d.layout.days[len(d.layout.days)-1]
	days = s.calendar.For(d.Name, school).SchoolDaysIn(calendar.Range{From: first, To: last})
	return d.narrow.days(d.calendar, days, d.layout.hours), true
}

// place chooses a school's days and writes its load down: the fewest days that fit, and
// of those the earliest. Where none fit it is left out under Required, and put where the
// excess is least under Preferred. Schools that nobody moves have all days.
func (s *placing) place(d *draft, school School, days []schoolDay, rates []int64) (window, Reason) {
	if len(days) == 0 {
		return window{}, NoSession
	}
	passed := s.passed(d, days)
	left, loads := days[passed:], loads(school, rates)
	chosen := window{days: len(left)}
	if s.spec.Capacity.asked() && rates != nil {
		best, counsellors := s.best(d, school, left, loads)
		if best.excess() > 0 {
			reason := ChannelCapacity
			if counsellors {
				reason = CounsellorCapacity
			}
			if s.spec.Capacity.Policy == Required {
				return window{}, reason
			}
			s.out.Warnings = append(s.out.Warnings, Warning{District: d.Name, School: school.Name, Reason: reason})
		}
		chosen = best.window
	}
	if rates != nil {
		s.ledger.commit(s.agreements[d.Name], s.cut(left[chosen.first:chosen.first+chosen.days]), loads)
	}
	if chosen.days == len(left) { // one that has every day that is left has no days of its own
		return window{days: len(days)}, ""
	}
	return window{passed + chosen.first, chosen.days}, ""
}

// passed is how many of the days are over, of a round that begins late.
func (s *placing) passed(d *draft, days []schoolDay) int {
	n := 0
	for n < len(days)-1 && !d.calendar.At(days[n].Date, d.layout.hours.To).After(s.now) {
		n++
	}
	return n
}

// loads are the cases of each tier that a school is expected to bring, in thousandths.
func loads(school School, rates []int64) []int64 {
	out := make([]int64, len(rates))
	for tier, perThousand := range rates {
		out[tier] = int64(school.Students) * perThousand
	}
	return out
}

// best is the window with the least excess, the fewest days and the earliest start. It
// also says whether the counsellors are too few in every window.
func (s *placing) best(d *draft, school School, days []schoolDay, loads []int64) (best choice, counsellors bool) {
	least := len(days)
	if asked := s.spec.Capacity.DaysPerSchool; asked > 0 {
		least = min(asked, least)
	}
	total := int64(0)
	for _, load := range loads {
		total += load
	}
	best.counsellors, counsellors = math.MaxInt64, true
	for n := least; n <= len(days); n++ {
		for first := 0; first+n <= len(days); first++ {
			parts := s.cut(days[first : first+n])
			c := choice{window: window{first, n}, counsellors: s.overworked(school, parts, total)}
			counsellors = counsellors && c.counsellors > 0
			if c.excess() < best.excess() {
				c.channels = s.overrun(d, parts, loads, best.excess()-c.counsellors)
			}
			if c.excess() < best.excess() {
				best = c
			}
			if best.excess() == 0 {
				return best, false
			}
		}
	}
	return best, counsellors
}

// overworked says how many cases too many the counsellors of a school would have.
func (s *placing) overworked(school School, parts []stretch, load int64) (sum int64) {
	limit, limited := s.spec.Capacity.limit(school)
	if !limited {
		return 0
	}
	for _, part := range parts {
		sum += max(0, part.share(load)-limit)
	}
	return sum
}

// overrun says how many referrals too many the channels of a district would have. It stops
// adding up when there are enough for the days not to be taken.
func (s *placing) overrun(d *draft, parts []stretch, loads []int64, enough int64) (sum int64) {
	for _, part := range parts {
		s.demand = s.ledger.demand(part, loads, s.demand)
		for class, cases := range s.demand {
			sum += s.ledger.allot(s.agreements[d.Name], s.ledger.classes[class], part, cases, false)
		}
		if sum >= enough {
			break
		}
	}
	return sum
}

// cut divides days into weeks. The result is good until the next call.
func (s *placing) cut(days []schoolDay) []stretch {
	s.stretches = s.stretches[:0]
	for i, day := range days {
		if last := len(s.stretches) - 1; last >= 0 && s.stretches[last].week == day.week {
			s.stretches[last].to, s.stretches[last].last = i+1, day.Date
			continue
		}
		s.stretches = append(s.stretches, stretch{week: day.week, from: i, to: i + 1, of: len(days), first: day.Date, last: day.Date})
	}
	return s.stretches
}

// count writes down what the schools of a round are expected to bring, on the days that they
// were given. The days of an extension do not count: the round was planned for the others,
// and few come so late.
func (s *placing) count(r ObservedRound, districts []DistrictView) {
	i := slices.IndexFunc(districts, func(d DistrictView) bool { return d.Name == r.District })
	if i < 0 || s.rates(districts[i]) == nil {
		return
	}
	rates, ends := s.rates(districts[i]), stage1End(r)
	for _, school := range slices.SortedFunc(slices.Values(districts[i].Schools), largerFirst) {
		if school.Late || slices.Contains(r.LeftOut, school.Name) {
			continue
		}
		planned := CutSessions(sessionsOf(r.Schools, school.Name, r.Sessions), ends)
		if days := covered(s.calendar.For(r.District, school.Name), planned); len(days) > 0 {
			s.ledger.commit(s.agreements[r.District], s.cut(s.inWeeks(days)), loads(school, rates))
		}
	}
}

// stage1End is when phase Stage1 ends; sessions after it are an extension.
func stage1End(r ObservedRound) time.Time {
	if i := slices.IndexFunc(r.Phases, isStage1); i >= 0 {
		return r.Phases[i].To
	}
	return r.ClosesAt
}

// sessionsOf is what a school has: its own sessions, or otherwise the default.
func sessionsOf(schools []SchoolPlan, name string, otherwise []contract.Session) []contract.Session {
	i := slices.IndexFunc(schools, func(s SchoolPlan) bool { return s.Name == name })
	if i < 0 {
		return otherwise
	}
	return schools[i].Sessions
}

// covered is the school days on which there are sessions.
func covered(cal *calendar.Compiled, sessions []contract.Session) []calendar.Date {
	var out []calendar.Date
	for _, session := range sessions {
		for _, day := range cal.SchoolDaysIn(calendar.Range{From: dateIn(cal, session.From), To: dateIn(cal, session.To.Add(-1))}) {
			if len(out) == 0 || day.After(out[len(out)-1]) {
				out = append(out, day)
			}
		}
	}
	return out
}
