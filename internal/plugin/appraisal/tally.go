package appraisal

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/rectify"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// tally is what is counted in one district.
type tally struct {
	now      time.Time
	zone     *time.Location
	year     coverage.Year
	rounds   Rounds
	findings Findings
	schools  map[string]*Findings // of schools with a finding
}

func tallyOf(objects status.Objects, d *v1alpha1.District, now time.Time, rule coverage.Rule) *tally {
	zone, err := time.LoadLocation(string(d.Spec.TimeZone))
	if err != nil {
		zone = time.UTC
	}
	t := &tally{now: now, zone: zone, year: rule.YearOf(now, zone), schools: map[string]*Findings{}}
	for i := range objects.Rounds {
		if objects.Rounds[i].Namespace == d.Namespace {
			t.round(&objects.Rounds[i])
		}
	}
	for i := range objects.Inspections {
		if objects.Inspections[i].Namespace == d.Namespace {
			t.inspection(&objects.Inspections[i])
		}
	}
	return t
}

// round counts one whose planned opening has passed. One that was never open and that its campaign no longer asks for
// is nobody's failing.
func (t *tally) round(r *v1alpha1.ScreeningRound) {
	planned := plannedOpening(r)
	if planned.IsZero() || planned.After(t.now) || planned.Before(t.year.From) {
		return
	}
	opened := r.Status.OpenedTime
	gates := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionGatesPassed)
	switch {
	case opened == nil && gates != nil && gates.Reason == v1alpha1.ReasonCampaignNotFound:
		return
	case opened == nil:
		t.rounds.NotOpened++
	case t.day(opened.Time).After(t.day(planned)):
		t.rounds.Later++
	default:
		t.rounds.OnTheDay++
	}
	t.rounds.Due++
}

func plannedOpening(r *v1alpha1.ScreeningRound) time.Time {
	if from := r.Status.Window.From; !from.IsZero() {
		return from.Time
	}
	if len(r.Spec.Sessions) > 0 {
		return r.Spec.Sessions[0].From.Time
	}
	return time.Time{}
}

func (t *tally) day(at time.Time) calendar.Date { return calendar.DateOf(at.In(t.zone)) }

// inspection counts findings of the school year. Which schools were drawn does not matter: a finding counts.
func (t *tally) inspection(i *v1alpha1.Inspection) {
	for _, f := range i.Spec.Findings {
		found, err := calendar.ParseDate(string(f.FoundOn))
		if err != nil || found.In(t.zone).Before(t.year.From) {
			continue
		}
		if t.schools[f.School] == nil {
			t.schools[f.School] = &Findings{}
		}
		v, _ := rectify.Judge(f, t.now, t.zone) // the Inspection names days at fault; here such a finding is open
		t.findings.add(v.Standing)
		t.schools[f.School].add(v.Standing)
	}
}

func (f *Findings) add(standing rectify.Standing) {
	switch standing {
	case rectify.None:
		return
	case rectify.InTime:
		f.InTime++
	case rectify.Late:
		f.Late++
	case rectify.Overdue:
		f.Overdue++
	case rectify.Open:
		f.Open++
	}
	f.NotMet++
}
