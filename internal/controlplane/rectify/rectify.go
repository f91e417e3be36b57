// Package rectify says how a finding of an Inspection stands: to be rectified, overdue, rectified in time (限期整改). It is
// pure; the operator and the appraisal of kubectl evenkeel count alike.
package rectify

import (
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Standing is how a finding stands.
type Standing int

// The standings. Of None nothing is to be rectified.
const (
	None Standing = iota
	Open
	Overdue // open, and the last day of rectifyBy is over
	InTime  // rectified on rectifyBy or before
	Late    // rectified after it
)

// Verdict is what there is to say of a finding.
type Verdict struct {
	Standing Standing
	Next     time.Time // when it says something else by itself; zero: never
}

// Judge says how a finding stands at an instant in the district's zone. A day that is yet to come, or none of the
// calendar, is a fault at its field, and a finding is not rectified by it.
func Judge(f v1alpha1.Finding, now time.Time, zone *time.Location) (Verdict, error) {
	var faults fault.List
	d := days{now: now, zone: zone, faults: &faults}
	d.past("foundOn", f.FoundOn)
	if f.Result != v1alpha1.FindingNotMet {
		return Verdict{Next: d.next}, faults.Err()
	}
	by, known := d.day("rectifyBy", f.RectifyBy)
	on, rectified := d.past("rectifiedOn", f.RectifiedOn)
	v := Verdict{Standing: Open}
	switch {
	case rectified && (!known || !on.After(by)):
		v.Standing = InTime
	case rectified:
		v.Standing = Late
	case known && !now.Before(by.AddDays(1).In(zone)):
		v.Standing = Overdue
	case known:
		d.comes(by.AddDays(1).In(zone))
	}
	v.Next = d.next
	return v, faults.Err()
}

// days reads the days of a finding.
type days struct {
	now    time.Time
	zone   *time.Location
	faults *fault.List
	next   time.Time
}

// day reads a day; one that is left out is not known.
func (d *days) day(field string, text v1alpha1.Civil) (day calendar.Date, known bool) {
	if text == "" {
		return calendar.Date{}, false
	}
	day, err := calendar.ParseDate(string(text))
	if err != nil {
		d.faults.Addf(field, "%s", err)
	}
	return day, err == nil
}

// past reads a day that has begun.
func (d *days) past(field string, text v1alpha1.Civil) (day calendar.Date, begun bool) {
	day, known := d.day(field, text)
	if !known {
		return day, false
	}
	if begins := day.In(d.zone); d.now.Before(begins) {
		d.faults.Addf(field, "%s is yet to come; write the day on which it was", day)
		d.comes(begins)
		return day, false
	}
	return day, true
}

func (d *days) comes(at time.Time) {
	if d.next.IsZero() || at.Before(d.next) {
		d.next = at
	}
}
