package rollout

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// ledger counts what the schools placed so far are expected to bring, week by week, in
// thousandths of a case.
type ledger struct {
	tiers      []Tier
	classes    []string      // that referrals go through, sorted
	classOf    []int         // of each tier, in classes; -1: none
	monday     calendar.Date // of week 0
	weeks      [][]int64     // by week and tier
	facilities map[facilityKey]*facility
}

type facilityKey struct{ code, class string }

// facility is a hospital or centre with what it takes and has been given.
type facility struct {
	key        facilityKey
	weekly     int64
	agreements []*agreement
	given      []int64 // by week
}

// agreement is one district's part of a facility.
type agreement struct {
	*facility

	weekly      int64
	from, until calendar.Date
	given       []int64 // by week
	used        []bool  // by week: cases come from the district
}

func newLedger(tiers []Tier, start calendar.Date) *ledger {
	l := &ledger{tiers: tiers, monday: mondayOf(start), facilities: map[facilityKey]*facility{}}
	for _, t := range tiers {
		if t.Class != "" {
			l.classes = append(l.classes, t.Class)
		}
	}
	slices.Sort(l.classes)
	l.classes = slices.Compact(l.classes)
	for _, t := range tiers {
		l.classOf = append(l.classOf, slices.Index(l.classes, t.Class))
	}
	return l
}

func mondayOf(day calendar.Date) calendar.Date {
	return day.AddDays(-int((day.Weekday() + 6) % 7))
}

func (l *ledger) week(day calendar.Date) int {
	return max(0, calendar.Range{From: l.monday, To: day}.Days()-1) / 7
}

// register makes the facilities of all districts known, so that a shared one is one.
func (l *ledger) register(districts []DistrictView) map[string][]*agreement {
	out := map[string][]*agreement{}
	for _, d := range districts {
		for _, c := range d.Channels {
			key := facilityKey{c.Facility, c.Class}
			f, known := l.facilities[key]
			if !known {
				f = &facility{key: key}
				l.facilities[key] = f
			}
			a := &agreement{facility: f, weekly: int64(c.Weekly) * Milli, from: c.From, until: c.Until}
			f.weekly, f.agreements = max(f.weekly, a.weekly), append(f.agreements, a)
			out[d.Name] = append(out[d.Name], a)
		}
	}
	for _, list := range out { // what others do not need goes first; of one facility the widest agreement
		slices.SortFunc(list, func(a, b *agreement) int {
			return cmp.Or(cmp.Compare(len(a.agreements), len(b.agreements)), cmp.Compare(a.key.code, b.key.code), cmp.Compare(a.key.class, b.key.class),
				cmp.Compare(b.weekly, a.weekly), a.from.Compare(b.from), a.until.Compare(b.until))
		})
	}
	return out
}

// stretch is the part of a school's days that lies in one week: those from the
// from-th to before the to-th of its of days.
type stretch struct {
	week, from, to, of int
	first, last        calendar.Date
}

// share is what of a load, spread evenly over the days, falls into a stretch. The
// shares of a school's weeks add up to its load.
func (s stretch) share(load int64) int64 {
	return load*int64(s.to)/int64(s.of) - load*int64(s.from)/int64(s.of)
}

// demand is the referrals to each class that fall into a stretch.
func (l *ledger) demand(s stretch, loads, into []int64) []int64 {
	into = into[:0]
	for range l.classes {
		into = append(into, 0)
	}
	for tier, class := range l.classOf {
		if class >= 0 {
			into[class] += s.share(loads[tier])
		}
	}
	return into
}

// allot gives referrals of a stretch to the facilities of a district and returns what
// is left over. Without commit nothing is written down.
func (l *ledger) allot(list []*agreement, class string, s stretch, cases int64, commit bool) int64 {
	if cases == 0 {
		return 0
	}
	var last *facility
	for _, a := range list {
		if a.key.class != class || a.facility == last || a.from.After(s.first) || a.until.Before(s.last) {
			continue
		}
		last = a.facility
		part := min(cases, a.weekly-at(a.given, s.week), a.facility.weekly-at(a.facility.given, s.week))
		if commit {
			a.used = grown(a.used, s.week)
			a.used[s.week] = true
		}
		if part <= 0 {
			continue
		}
		if commit {
			a.given, a.facility.given = grown(a.given, s.week), grown(a.facility.given, s.week)
			a.given[s.week] += part
			a.facility.given[s.week] += part
		}
		cases -= part
	}
	return cases
}

// commit writes a school's load down.
func (l *ledger) commit(list []*agreement, stretches []stretch, loads []int64) {
	var demand []int64
	for _, s := range stretches {
		l.weeks = grown(l.weeks, s.week)
		if l.weeks[s.week] == nil {
			l.weeks[s.week] = make([]int64, len(l.tiers))
		}
		for tier := range l.tiers {
			l.weeks[s.week][tier] += s.share(loads[tier])
		}
		demand = l.demand(s, loads, demand)
		for class, cases := range demand {
			l.allot(list, l.classes[class], s, cases, true)
		}
	}
}

// curve is the weeks in which cases are expected.
func (l *ledger) curve() []Week {
	var out []Week
	for week, cases := range l.weeks {
		if cases == nil {
			continue
		}
		w := Week{Monday: l.monday.AddDays(7 * week)}
		for tier, t := range l.tiers {
			w.Tiers = append(w.Tiers, TierLoad{Tier: t.Name, Cases: cases[tier]})
		}
		for class, name := range l.classes {
			load := ClassLoad{Class: name, Capacity: l.capacity(name, week)}
			for tier, of := range l.classOf {
				if of == class {
					load.Cases += cases[tier]
				}
			}
			w.Channels = append(w.Channels, load)
		}
		out = append(out, w)
	}
	return out
}

// capacity is what the facilities take in a week of the districts from which cases come.
func (l *ledger) capacity(class string, week int) (sum int64) {
	for _, f := range l.facilities {
		if f.key.class != class {
			continue
		}
		agreed := int64(0)
		for _, a := range f.agreements {
			if at(a.used, week) {
				agreed += a.weekly
			}
		}
		sum += min(f.weekly, agreed)
	}
	return sum
}

// at is an entry of a list that grows as it is written to.
func at[T any](list []T, i int) (none T) {
	if i < len(list) {
		return list[i]
	}
	return none
}

func grown[T any](list []T, i int) []T {
	for len(list) <= i {
		var none T
		list = append(list, none)
	}
	return list
}

// dateIn is the civil date of an instant in the calendar's zone.
func dateIn(cal *calendar.Compiled, instant time.Time) calendar.Date {
	return calendar.DateOf(instant.In(cal.Location()))
}
