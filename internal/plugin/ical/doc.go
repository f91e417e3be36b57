// Package ical writes academic calendars as iCalendar (RFC 5545) and reads them, and
// the calendars of public holidays that offices and phones publish.
//
// An event's kind is in its CATEGORIES: TERM, CLOSURE or MAKE-UP. Events of others are
// known by the mark that Chinese holiday calendars put into the summary: 休 for a
// closure, 班 for a make-up day. Whatever is not understood is reported.
package ical

import (
	ics "github.com/arran4/golang-ical"
)

// Kinds of event, as written into CATEGORIES.
const (
	termKind    = "TERM"
	closureKind = "CLOSURE"
	makeUpKind  = "MAKE-UP"
)

// Properties of our own.
const (
	yearProperty     = "X-EVENKEEL-SCHOOL-YEAR"
	weekProperty     = "X-EVENKEEL-SCHOOL-WEEK"
	zoneProperty     = "X-WR-TIMEZONE"
	nameProperty     = "X-WR-CALNAME"
	districtProperty = ics.ComponentProperty("X-EVENKEEL-DISTRICT")
	schoolProperty   = ics.ComponentProperty("X-EVENKEEL-SCHOOL")
	ownProperty      = ics.ComponentProperty("X-EVENKEEL-EXCEPTION")
)

// dateForm is how iCalendar writes a date.
const dateForm = "20060102"
