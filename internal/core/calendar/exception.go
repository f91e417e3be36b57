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
	all := in.Exceptions[:min(len(in.Exceptions), maxExceptions)]
	said := layersOf(all)
	for i, e := range all {
		path := fmt.Sprintf("exceptions[%d]", i)
		faults.AddIf(e.District == "", path+".district", "is empty; write the name of a District")
		faults.AddIf(len(e.Closures)+len(e.MakeUpDays) == 0, path, "says nothing; write closures or makeUpDays")
		faults.AddIf(len(e.Closures) > maxRanges || len(e.MakeUpDays) > maxRanges, path, "has more than %d closures or make-up days", maxRanges)
		checkRanges(faults, path+".closures", e.Closures)
		for j, day := range e.MakeUpDays[:min(len(e.MakeUpDays), maxRanges)] {
			at := fmt.Sprintf("%s.makeUpDays[%d]", path, j)
			faults.AddIf(!within(in.Terms, day), at, "%s is outside every term; write a day of a term", day)
			faults.AddIf(within(said[whose(e)].closures, day), at, "%s is also in a closure of the same district and school; drop it from one of them", day)
		}
	}
}

// whose is whom an exception is about.
func whose(e Exception) [2]string { return [2]string{e.District, e.School} }

// layersOf puts together what the exceptions say of each district and school.
func layersOf(exceptions []Exception) map[[2]string]layer {
	layers := map[[2]string]layer{}
	for _, e := range exceptions {
		l := layers[whose(e)]
		layers[whose(e)] = layer{slices.Concat(l.closures, e.Closures), slices.Concat(l.makeUps, e.MakeUpDays)}
	}
	return layers
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

// Particular reports whether a school of the district has days of its own.
func (c *Compiled) Particular(district, school string) bool {
	_, ok := c.special[[2]string{district, school}]
	return ok && school != ""
}

// compileExceptions makes a calendar of its own for each district and school that an
// exception names; all others share c.
func (c *Compiled) compileExceptions() {
	layers := layersOf(c.source.Exceptions)
	c.special = make(map[[2]string]*Compiled, len(layers))
	for who, own := range layers {
		of := &Compiled{source: c.source, location: c.location, layers: []layer{own}}
		if district, ok := layers[[2]string{who[0], ""}]; ok && who[1] != "" {
			of.layers = append(of.layers, district)
		}
		of.layers = append(of.layers, c.layers...)
		of.layDays()
		c.special[who] = of
	}
}
