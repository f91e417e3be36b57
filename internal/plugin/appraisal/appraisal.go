// Package appraisal computes what schools and districts are appraised by (德育考核、安全工作考核, requirement K26): coverage, whether rounds
// opened on their day, how timely obligations were answered, what was rectified in time. It never reads a tier, a result
// or a release: who is appraised by how many children need help will find fewer of them. It is pure.
package appraisal

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// Report is the present school year's figures. The lists are never null.
type Report struct {
	SchoolYear string     `json:"schoolYear"` // 2026-2027, by the clock
	Districts  []District `json:"districts"`
	Schools    []School   `json:"schools"`
}

// District is one district.
type District struct {
	Name        string        `json:"name"`
	Code        string        `json:"code"`
	DisplayName v1alpha1.Text `json:"displayName"`
	Coverage    Coverage      `json:"coverage"`
	Rounds      Rounds        `json:"rounds"`
	// Obligations is how many were answered in time: AllInTime, MostInTime, SomeLate, TooFew, or "" without a report.
	Obligations v1alpha1.Timeliness `json:"obligations,omitempty"`
	Findings    Findings            `json:"findings"`
}

// School is one school.
type School struct {
	District    string        `json:"district"`
	Name        string        `json:"name"`
	DisplayName v1alpha1.Text `json:"displayName"`
	Area        string        `json:"area,omitempty"`
	Coverage    Coverage      `json:"coverage"`
	Findings    Findings      `json:"findings"`
}

// Coverage is how many students were screened, as the object has it: students rounded to ten.
type Coverage struct {
	SchoolYear string `json:"schoolYear,omitempty"` // that the figures are of; "" without figures
	Screened   *int64 `json:"screened,omitempty"`
	Students   *int64 `json:"students,omitempty"`   // who are to be
	SchoolsMet *int64 `json:"schoolsMet,omitempty"` // schools that reach the target; of a district
	Schools    *int64 `json:"schools,omitempty"`
	Overdue    *int32 `json:"overdueSchools,omitempty"`
	Annual     string `json:"annual"` // reason of AnnualScreeningMet
}

// Rounds counts a district's rounds whose planned opening has passed.
type Rounds struct {
	Due       int `json:"due"`
	OnTheDay  int `json:"onTheDay"` // opened on the day it was planned for
	Later     int `json:"later"`
	NotOpened int `json:"notOpened"`
}

// Findings counts what inspections found NotMet.
type Findings struct {
	NotMet  int `json:"notMet"`
	InTime  int `json:"inTime"` // rectified by the day set
	Late    int `json:"late"`   // rectified after it
	Overdue int `json:"overdue"`
	Open    int `json:"open"` // the day is yet to come
}

// Compute sums up the school year that now is in. Without a time zone that can be read, a district's days are UTC's.
func Compute(objects status.Objects, now time.Time, rule coverage.Rule) Report {
	out := Report{SchoolYear: rule.YearOf(now, time.UTC).Name, Districts: []District{}, Schools: []School{}}
	tallies := map[string]*tally{}
	for i := range objects.Districts {
		d := &objects.Districts[i]
		t := tallyOf(objects, d, now, rule)
		tallies[d.Namespace] = t
		out.Districts = append(out.Districts, district(d, t))
	}
	for i := range objects.Schools {
		out.Schools = append(out.Schools, school(&objects.Schools[i], tallies[objects.Schools[i].Namespace]))
	}
	slices.SortFunc(out.Districts, func(a, b District) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Schools, func(a, b School) int {
		return cmp.Or(cmp.Compare(a.District, b.District), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func district(d *v1alpha1.District, t *tally) District {
	out := District{
		Name: d.Name, Code: d.Spec.Code, DisplayName: d.Spec.DisplayName, Rounds: t.rounds, Obligations: d.Status.Timeliness,
		Findings: t.findings, Coverage: covered(d.Status.Coverage, d.Status.Conditions),
	}
	out.Coverage.SchoolsMet, out.Coverage.Schools = figures(d.Status.Coverage.Schools)
	out.Coverage.Overdue = d.Status.Coverage.OverdueSchools
	return out
}

// school has no findings counted when nothing is known of its district, whose zone they are judged in.
func school(s *v1alpha1.School, t *tally) School {
	out := School{
		District: s.Namespace, Name: s.Name, DisplayName: s.Spec.DisplayName, Area: s.Spec.Area,
		Coverage: covered(s.Status.Coverage, s.Status.Conditions),
	}
	if t != nil && t.schools[s.Name] != nil {
		out.Findings = *t.schools[s.Name]
	}
	return out
}

func covered(c v1alpha1.Coverage, conditions []metav1.Condition) Coverage {
	out := Coverage{SchoolYear: c.SchoolYear, Annual: annual.ReasonOf(conditions)}
	out.Screened, out.Students = figures(c.Students)
	return out
}

// figures are none when there is nothing to read.
func figures(share string) (part, whole *int64) {
	a, b, ok := annual.ReadShare(share)
	if !ok {
		return nil, nil
	}
	return &a, &b
}
