// Package calendar answers which days are school days and which instants their hours
// are. It is pure: civil dates in, civil dates and UTC instants out, no clock.
package calendar

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // so that every build knows every zone, whatever its image holds

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Bounds on what Compile accepts.
const (
	maxRanges   = 200
	maxTermDays = 400
)

// Term is a term of the school year; both ends belong to it.
type Term = Range

// Calendar is a school year as it is declared. A day is a school day when it is in a
// term and either a make-up day (调休: a weekend day on which school is held) or a
// day of the school week outside every closure. The other days of the week are the
// weekend.
type Calendar struct {
	TimeZone   string         // IANA name, e.g. "Asia/Shanghai"
	SchoolWeek []time.Weekday // nil: Monday to Friday
	Terms      []Term
	Closures   []Range
	MakeUpDays []Date
	Exceptions []Exception
}

// Compiled is a checked calendar. It is immutable and safe for concurrent use.
type Compiled struct {
	source   Calendar
	location *time.Location
	layers   []layer // of closures and make-up days, the most particular first
	days     []Date  // all school days, ascending
	special  map[[2]string]*Compiled
}

// Compile checks a calendar. The error joins every fault found as *fault.Error, each
// naming the field and what to write.
func Compile(in Calendar) (*Compiled, error) {
	var faults fault.List
	location := checkZone(&faults, in.TimeZone)
	checkSizes(&faults, in)
	checkRanges(&faults, "terms", in.Terms)
	checkRanges(&faults, "closures", in.Closures)
	checkTerms(&faults, in.Terms)
	checkMakeUpDays(&faults, in)
	checkExceptions(&faults, in)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	c := &Compiled{source: in, location: location, layers: []layer{{in.Closures, in.MakeUpDays}}}
	c.layDays()
	c.compileExceptions()
	return c, nil
}

func (c *Compiled) layDays() {
	for _, term := range c.source.Terms {
		for d := term.From; !d.After(term.To); d = d.AddDays(1) {
			if kind := c.Kind(d); kind == SchoolDay || kind == MakeUpDay {
				c.days = append(c.days, d)
			}
		}
	}
	slices.SortFunc(c.days, Date.Compare)
}

func checkZone(faults *fault.List, name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		faults.Addf("timeZone", "unknown zone %q; write an IANA name such as Asia/Shanghai", name)
		return nil
	}
	return location
}

func checkSizes(faults *fault.List, in Calendar) {
	faults.AddIf(len(in.Terms) == 0, "terms", "is empty; list at least one term")
	limit := func(path string, n int) {
		faults.AddIf(n > maxRanges, path, "has %d entries; at most %d are allowed", n, maxRanges)
	}
	limit("terms", len(in.Terms))
	limit("closures", len(in.Closures))
	limit("makeUpDays", len(in.MakeUpDays))
}

func checkRanges(faults *fault.List, field string, ranges []Range) {
	for i, r := range ranges {
		path := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case r.From.IsZero() || r.To.IsZero():
			faults.Addf(path, "lacks a date; write from and to")
		case r.To.Before(r.From):
			faults.Addf(path+".to", "%s is before from %s; write the last day, which belongs to it", r.To, r.From)
		case r.Days() > maxTermDays:
			faults.Addf(path+".to", "%s is %d days long; at most %d are allowed", r, r.Days(), maxTermDays)
		}
	}
}

func checkTerms(faults *fault.List, terms []Term) {
	for i, later := range terms {
		for j, earlier := range terms[:min(i, maxRanges)] {
			faults.AddIf(!later.From.After(earlier.To) && !earlier.From.After(later.To), fmt.Sprintf("terms[%d]", i),
				"%s overlaps terms[%d] %s; move one so that they share no day", later, j, earlier)
		}
	}
}

func checkMakeUpDays(faults *fault.List, in Calendar) {
	seen := map[Date]bool{}
	for i, day := range in.MakeUpDays {
		path := fmt.Sprintf("makeUpDays[%d]", i)
		faults.AddIf(!within(in.Terms, day), path, "%s is outside every term; write a day of a term", day)
		faults.AddIf(within(in.Closures, day), path, "%s is also in a closure; drop it from one of them", day)
		faults.AddIf(!in.isWeekend(day), path, "%s is a %s, a day of the school week; write the weekend day on which school is held", day, day.Weekday())
		faults.AddIf(seen[day], path, "%s is listed twice; list it once", day)
		seen[day] = true
	}
}

func within(ranges []Range, day Date) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.Contains(day) })
}

func (in Calendar) isWeekend(day Date) bool {
	if in.SchoolWeek == nil {
		return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
	}
	return !slices.Contains(in.SchoolWeek, day.Weekday())
}
