package ical

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
)

// maxBytes and maxEvents bound what is read: a school year is a few hundred days.
const (
	maxBytes  = 4 << 20
	maxEvents = 5000
)

// Imported is what a file says.
type Imported struct {
	Name  string // the calendar's, as the file calls it
	Spec  v1alpha1.AcademicCalendarSpec
	Notes []string // what was left out, and why
}

// Read reads a calendar. The error names the event that cannot be read and what to
// write; events that are no days of a school year are left out with a note.
func Read(r io.Reader) (Imported, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return Imported{}, err
	}
	if len(raw) > maxBytes {
		return Imported{}, fmt.Errorf("the file is larger than %d MiB; cut it down to one school year", maxBytes>>20)
	}
	// A byte order mark is what spreadsheets and mail programs put before the first line.
	text := strings.TrimPrefix(string(raw), "\ufeff")
	cal, err := ics.ParseCalendarWithOptions(strings.NewReader(text), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
	if err != nil {
		return Imported{}, fmt.Errorf("this is no iCalendar file: %w", err)
	}
	return read(cal)
}

func read(cal *ics.Calendar) (Imported, error) {
	var in importer
	for _, p := range cal.CalendarProperties {
		in.property(p.IANAToken, p.Value)
	}
	events := cal.Events()
	if len(events) > maxEvents {
		return Imported{}, fmt.Errorf("the file has %d events; at most %d are read", len(events), maxEvents)
	}
	var faults []error
	for _, e := range events {
		if err := in.event(e); err != nil {
			faults = append(faults, err)
		}
	}
	in.sort()
	return in.Imported, errors.Join(faults...)
}

type importer struct{ Imported }

func (in *importer) property(name, value string) {
	switch name {
	case nameProperty:
		in.Name = value
	case zoneProperty:
		in.Spec.TimeZone = v1alpha1.TimeZone(value)
	case yearProperty:
		in.Spec.SchoolYear = value
	case weekProperty:
		for _, day := range strings.Split(value, ",") {
			in.Spec.SchoolWeek = append(in.Spec.SchoolWeek, v1alpha1.Weekday(day))
		}
	}
}

// event takes one event in; a note is left for one that says nothing about school days.
func (in *importer) event(e *ics.VEvent) error {
	name := text(e, ics.ComponentPropertySummary)
	days, err := span(e)
	if err != nil {
		return fmt.Errorf("event %q: %w", name, err)
	}
	kind := kindOf(e, name)
	if kind == "" {
		in.Notes = append(in.Notes, fmt.Sprintf("%s %q is left out: it has no category TERM, CLOSURE or MAKE-UP and no mark 休 or 班", days, name))
		return nil
	}
	if e.GetProperty(ics.ComponentPropertyRrule) != nil {
		return fmt.Errorf("event %q on %s recurs; write each of its days as an event", name, days)
	}
	in.take(kind, name, days, e)
	return nil
}

func (in *importer) take(kind, name string, days calendar.Range, e *ics.VEvent) {
	from, to := v1alpha1.Civil(days.From.String()), v1alpha1.Civil(days.To.String())
	closures, makeUps := &in.Spec.Closures, &in.Spec.MakeUpDays
	if district := text(e, districtProperty); district != "" && kind != termKind {
		x := in.exception(cmp.Or(text(e, ownProperty), name), district, text(e, schoolProperty))
		closures, makeUps = &x.Closures, &x.MakeUpDays
	}
	switch kind {
	case termKind:
		in.Spec.Terms = append(in.Spec.Terms, v1alpha1.Term{Name: name, From: from, To: to})
	case closureKind:
		name = unused(*closures, cmp.Or(name, "Closure"))
		*closures = append(*closures, v1alpha1.Closure{Name: name, From: from, To: to})
	case makeUpKind:
		for day := days.From; !day.After(days.To); day = day.AddDays(1) {
			if civil := v1alpha1.Civil(day.String()); !slices.Contains(*makeUps, civil) {
				*makeUps = append(*makeUps, civil)
			}
		}
	}
}

func (in *importer) exception(name, district, school string) *v1alpha1.CalendarException {
	all := &in.Spec.Exceptions
	i := slices.IndexFunc(*all, func(x v1alpha1.CalendarException) bool {
		return x.Name == name && x.District == district && x.School == school
	})
	if i < 0 {
		*all = append(*all, v1alpha1.CalendarException{Name: name, District: district, School: school})
		i = len(*all) - 1
	}
	return &(*all)[i]
}

// unused makes the name of a closure its own: public calendars write one event a day,
// all called alike.
func unused(closures []v1alpha1.Closure, name string) string {
	for n, tried := 2, name; ; n++ {
		if !slices.ContainsFunc(closures, func(c v1alpha1.Closure) bool { return c.Name == tried }) {
			return tried
		}
		tried = fmt.Sprintf("%s %d", name, n)
	}
}

func (in *importer) sort() {
	slices.SortStableFunc(in.Spec.Terms, func(a, b v1alpha1.Term) int { return cmp.Compare(a.From, b.From) })
	slices.Sort(in.Spec.MakeUpDays)
}

// kindOf knows an event by its category, else by the mark in its summary.
func kindOf(e *ics.VEvent, name string) string {
	for _, p := range e.GetProperties(ics.ComponentPropertyCategories) {
		for _, category := range strings.Split(p.Value, ",") {
			category = strings.ToUpper(strings.TrimSpace(category))
			if category == termKind || category == closureKind || category == makeUpKind {
				return category
			}
		}
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()（）[]【】:：", r) })
	switch {
	case slices.Contains(words, "班"):
		return makeUpKind
	case slices.Contains(words, "休"):
		return closureKind
	}
	return ""
}

// span is the days of an event. A whole-day event ends before its DTEND, and lasts one
// day without it; an event with hours belongs to the days on which it begins and ends.
func span(e *ics.VEvent) (calendar.Range, error) {
	from, whole, err := day(e, ics.ComponentPropertyDtStart)
	if err != nil {
		return calendar.Range{}, err
	}
	to := from
	if e.GetProperty(ics.ComponentPropertyDtEnd) != nil {
		if to, _, err = day(e, ics.ComponentPropertyDtEnd); err != nil {
			return calendar.Range{}, err
		}
		if whole && to.After(from) {
			to = to.AddDays(-1)
		}
	}
	days := calendar.Range{From: from, To: to}
	switch {
	case to.Before(from):
		return days, fmt.Errorf("DTEND %s is before DTSTART %s; exchange them", to, from)
	case days.Days() > 400:
		return days, fmt.Errorf("%s is %d days long; at most 400 are read", days, days.Days())
	}
	return days, nil
}

// day reads the date of a property as it is written: 20261001, 20261001T080000 or
// 20261001T000000Z. No zone moves it to another day.
func day(e *ics.VEvent, property ics.ComponentProperty) (calendar.Date, bool, error) {
	p := e.GetProperty(property)
	if p == nil {
		return calendar.Date{}, false, fmt.Errorf("%s is missing; write a date such as 20261001", property)
	}
	value, _, hasTime := strings.Cut(p.Value, "T")
	t, err := time.Parse(dateForm, value)
	if err != nil || t.Year() < 1 {
		return calendar.Date{}, false, fmt.Errorf("%s %q is no date; write one such as 20261001", property, p.Value)
	}
	return calendar.DateOf(t), !hasTime, nil
}

func text(e *ics.VEvent, property ics.ComponentProperty) string {
	p := e.GetProperty(property)
	if p == nil {
		return ""
	}
	return strings.TrimSpace(p.Value)
}
