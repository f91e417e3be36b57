package calendar

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Exception is where a district, or one of its schools, departs from the calendar: days
// on which it alone is closed, or alone holds school. What is said of a school goes
// before what is said of its district, and both before the calendar's own closures and
// make-up days. Terms are the same for all.
type Exception struct {
	District   string // name of the District
	School     string // name of the School; empty: the whole district
	Closures   []Range
	MakeUpDays []Date // any day of a term: also one on which the others are closed
}

const maxExceptions = 2000

// layer is what one level of the calendar says of single days.
type layer struct {
	closures []Range
	makeUps  []Date
}

func (l layer) kind(day Date, weekend bool) (Kind, bool) {
	switch {
	case slices.Contains(l.makeUps, day) && weekend:
		return MakeUpDay, true
	case slices.Contains(l.makeUps, day):
		return SchoolDay, true
	case within(l.closures, day):
		return Closure, true
	}
	return "", false
}

func checkExceptions(faults *fault.List, in Calendar) {
	faults.AddIf(len(in.Exceptions) > maxExceptions, "exceptions", "has %d entries; at most %d are allowed", len(in.Exceptions), maxExceptions)
	seen := map[[2]string]int{}
	for i, e := range in.Exceptions[:min(len(in.Exceptions), maxExceptions)] {
		path := fmt.Sprintf("exceptions[%d]", i)
		whose := [2]string{e.District, e.School}
		faults.AddIf(e.District == "", path+".district", "is empty; write the name of a District")
		if first, dup := seen[whose]; dup {
			faults.Addf(path, "is about the same district and school as exceptions[%d]; write them as one", first)
		}
		seen[whose] = i
		faults.AddIf(len(e.Closures)+len(e.MakeUpDays) == 0, path, "says nothing; write closures or makeUpDays")
		checkRanges(faults, path+".closures", e.Closures)
		checkExceptionDays(faults, path, in, e)
	}
}

func checkExceptionDays(faults *fault.List, path string, in Calendar, e Exception) {
	faults.AddIf(len(e.Closures) > maxRanges || len(e.MakeUpDays) > maxRanges, path, "has more than %d closures or make-up days", maxRanges)
	for i, day := range e.MakeUpDays[:min(len(e.MakeUpDays), maxRanges)] {
		at := fmt.Sprintf("%s.makeUpDays[%d]", path, i)
		faults.AddIf(!within(in.Terms, day), at, "%s is outside every term; write a day of a term", day)
		faults.AddIf(within(e.Closures, day), at, "%s is also in a closure of the exception; drop it from one of them", day)
		faults.AddIf(slices.Contains(e.MakeUpDays[:i], day), at, "%s is listed twice; list it once", day)
	}
}

// For returns the calendar of one school, or of a district as a whole when school is
// empty: c itself where no exception concerns it.
func (c *Compiled) For(district, school string) *Compiled {
	if of, ok := c.special[[2]string{district, school}]; ok {
		return of
	}
	if of, ok := c.special[[2]string{district, ""}]; ok {
		return of
	}
	return c
}

// compileExceptions makes a calendar of its own for each district and school that an
// exception names; all others share c.
func (c *Compiled) compileExceptions() {
	layers := map[[2]string]layer{}
	for _, e := range c.source.Exceptions {
		layers[[2]string{e.District, e.School}] = layer{e.Closures, e.MakeUpDays}
	}
	c.special = make(map[[2]string]*Compiled, len(layers))
	for whose, own := range layers {
		of := &Compiled{source: c.source, location: c.location, layers: []layer{own}}
		if district, ok := layers[[2]string{whose[0], ""}]; ok && whose[1] != "" {
			of.layers = append(of.layers, district)
		}
		of.layers = append(of.layers, c.layers...)
		of.layDays()
		c.special[whose] = of
	}
}
