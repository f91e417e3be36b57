package ical

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// Write writes an academic calendar; stamp is when. Events last whole days, so they
// are the same days in every zone. The error is about a date that does not exist, or
// the writer's.
func Write(w io.Writer, name string, spec v1alpha1.AcademicCalendarSpec, stamp time.Time) error {
	e := exporter{cal: newCalendar(name, string(spec.TimeZone)), calendar: name, stamp: stamp}
	e.property(yearProperty, spec.SchoolYear)
	var week []string
	for _, day := range spec.SchoolWeek {
		week = append(week, string(day))
	}
	if len(week) > 0 {
		e.property(weekProperty, strings.Join(week, ","))
	}
	for _, t := range spec.Terms {
		e.add(event{kind: termKind, name: t.Name, from: t.From, to: t.To})
	}
	e.days(event{}, spec.Closures, spec.MakeUpDays)
	for _, x := range spec.Exceptions {
		e.days(event{exception: x.Name, district: x.District, school: x.School}, x.Closures, x.MakeUpDays)
	}
	return e.write(w)
}

// Entry is something that lasts whole days, both included.
type Entry struct {
	Name, Category string
	From, To       v1alpha1.Civil
}

// WriteEntries writes a calendar of entries; stamp is when.
func WriteEntries(w io.Writer, name, zone string, entries []Entry, stamp time.Time) error {
	e := exporter{cal: newCalendar(name, zone), calendar: name, stamp: stamp}
	for _, entry := range entries {
		e.add(event{kind: entry.Category, name: entry.Name, from: entry.From, to: entry.To})
	}
	return e.write(w)
}

func (e *exporter) write(w io.Writer) error {
	if e.err != nil {
		return e.err
	}
	return e.cal.SerializeTo(w, ics.WithNewLine("\r\n"))
}

func newCalendar(name, zone string) *ics.Calendar {
	cal := ics.NewCalendar()
	cal.SetProductId("-//Evenkeel//kubectl evenkeel//EN")
	cal.SetXWRCalName(name)
	cal.SetXWRTimezone(zone)
	return cal
}

type exporter struct {
	cal      *ics.Calendar
	calendar string
	stamp    time.Time
	err      error // the first
}

// event is one entry. exception, district and school are those of an exception.
type event struct {
	kind, name                  string
	from, to                    v1alpha1.Civil
	exception, district, school string
}

func (e *exporter) property(name, value string) {
	e.cal.CalendarProperties = append(e.cal.CalendarProperties, ics.CalendarProperty{BaseProperty: ics.BaseProperty{IANAToken: name, Value: value}})
}

func (e *exporter) days(of event, closures []v1alpha1.Closure, makeUps []v1alpha1.Civil) {
	for _, c := range closures {
		of.kind, of.name, of.from, of.to = closureKind, c.Name, c.From, c.To
		e.add(of)
	}
	for _, d := range makeUps {
		of.kind, of.name, of.from, of.to = makeUpKind, "调休上课 Make-up day", d, d
		e.add(of)
	}
}

func (e *exporter) add(of event) {
	from, fault := calendar.ParseDate(string(of.from))
	to, faultTo := calendar.ParseDate(string(of.to))
	for _, err := range []error{fault, faultTo} {
		if err != nil && e.err == nil {
			e.err = fmt.Errorf("%s %q: %w", strings.ToLower(of.kind), of.name, err)
		}
	}
	if e.err != nil {
		return
	}
	out := e.cal.AddEvent(uid(e.calendar, of))
	out.SetDtStampTime(e.stamp)
	date := ics.WithValue(string(ics.ValueDataTypeDate))
	out.SetProperty(ics.ComponentPropertyDtStart, from.Compact(), date)
	out.SetProperty(ics.ComponentPropertyDtEnd, to.AddDays(1).Compact(), date) // exclusive
	out.SetSummary(of.name)
	out.AddCategory(of.kind)
	for _, own := range []struct {
		property ics.ComponentProperty
		value    string
	}{{ownProperty, of.exception}, {districtProperty, of.district}, {schoolProperty, of.school}} {
		if own.value != "" {
			out.SetProperty(own.property, own.value)
		}
	}
}

// uid is the same for the same entry, so that a phone that reads the file again
// replaces what it has.
func uid(calendar string, of event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %+q", calendar, of))
	return hex.EncodeToString(sum[:12]) + "@evenkeel"
}
