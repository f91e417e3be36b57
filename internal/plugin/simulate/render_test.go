package simulate_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/simulate"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples is the capacity of the shipped first campaign.
func samples(t *testing.T, edit func(*manifest.Set)) manifest.Set {
	t.Helper()
	set, findings, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{"../../../config/samples"}})
	if err != nil || manifest.Err(findings) != nil {
		t.Fatal(err, findings)
	}
	if edit != nil {
		edit(&set)
	}
	return set
}

func TestWrite(t *testing.T) {
	set := samples(t, nil)
	plan := simulate.Plan{Students: 20000}
	var err error
	if plan.Weeks, err = simulate.Weeks(set); err != nil {
		t.Fatal(err)
	}
	plan.Capacity(set, "2026-11-21")
	s := simulate.New(simulate.Setup{
		Instruments: phq9, Policy: graded(t, nil), Plan: &plan,
		Gates: append(simulate.BandGates(phq9), gate(t, "phq-9:q1+q2 >= 3")),
		Variants: []simulate.Variant{
			{Name: "with moderate: scores['phq-9'].total >= 12", Policy: graded(t, func(p *contract.Policy) { p.Rules[1].When = "scores['phq-9'].total >= 12" })},
		},
	})
	survey(t, s)
	report := s.Report()
	report.Rejected = 2
	var out bytes.Buffer
	report.Write(&out, false)
	const path = "testdata/survey.txt"
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	report.Write(&out, true)
	if !strings.Contains(out.String(), "\x1b[31m2 rows rejected\x1b[0m") || !strings.Contains(out.String(), "\x1b[31mPsychiatric\x1b[0m") {
		t.Error("what is over and what was rejected are not red")
	}
}

func TestCapacity(t *testing.T) {
	tests := map[string]struct {
		today    v1alpha1.Civil
		teachers simulate.Teachers
		channels map[string]int
		notes    []string
	}{
		"while the agreement holds": {today: "2026-11-21", teachers: simulate.Teachers{FullTime: 2, PartTime: 1}, channels: map[string]int{"Psychiatric": 40}},
		"on its last day":           {today: "2027-08-31", teachers: simulate.Teachers{FullTime: 2, PartTime: 1}, channels: map[string]int{"Psychiatric": 40}},
		"after it": {
			today: "2027-09-01", teachers: simulate.Teachers{FullTime: 2, PartTime: 1}, channels: map[string]int{},
			notes: []string{"ReferralChannel/fengtai/city-hospital is not counted: its agreement holds from 2026-09-01 to 2027-08-31"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var plan simulate.Plan
			notes := plan.Capacity(samples(t, nil), tt.today)
			if plan.Teachers != tt.teachers || !cmp.Equal(plan.Channels, tt.channels) || !cmp.Equal(notes, tt.notes) {
				t.Errorf("%+v, notes %v", plan, notes)
			}
		})
	}
}

func TestWeeks(t *testing.T) {
	tests := map[string]struct {
		edit func(*manifest.Set)
		want float64
		err  string
	}{
		"school days": {want: 3},
		"no campaign": {edit: func(s *manifest.Set) { s.Campaigns = nil }, err: "hold 0 campaigns"},
		"dates": {
			edit: func(s *manifest.Set) { s.Campaigns[0].Value.Spec.Template.Spec.Phases[2].SchoolDays = 0 },
			err:  "given by dates",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := simulate.Weeks(samples(t, tt.edit))
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, %v; want %v, %q", got, err, tt.want, tt.err)
			}
		})
	}
}
