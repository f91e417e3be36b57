package rollout_test

import (
	"fmt"
	"testing"

	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// largeProvince is 150 districts with 20,000 schools, each with two agreements, one with a
// hospital that ten districts share.
func largeProvince() (districts []rollout.DistrictView) {
	for d := range 150 {
		view := district(fmt.Sprintf("d%03d", d))
		for s := range 133 + (d+1)/3 - d/3 {
			view.Schools = append(view.Schools, rollout.School{
				Name: fmt.Sprintf("s%03d", s), Students: 200 + (s*37+d*11)%1600, FullTime: 1 + s%2, PartTime: s % 3,
			})
		}
		view.Channels = []rollout.Channel{channel(fmt.Sprintf("own-%d", d), 300), channel(fmt.Sprintf("shared-%d", d/10), 800)}
		districts = append(districts, view)
	}
	return districts
}

// BenchmarkProvince plans a province in waves of ten districts, nobody moved, and each
// school on three days within what counsellors and hospitals take.
func BenchmarkProvince(b *testing.B) {
	districts := largeProvince()
	for name, capacity := range map[string]rollout.Capacity{
		"Ignore":                {Policy: rollout.Ignore},
		"Required":              {Policy: rollout.Required, DaysPerSchool: 3, CounsellorCases: 25},
		"Preferred, too little": {Policy: rollout.Preferred, DaysPerSchool: 3, CounsellorCases: 4},
	} {
		b.Run(name, func(b *testing.B) {
			spec := autumn()
			spec.Phases = spec.Phases[2:3]
			spec.Waves.MaxConcurrent = 15
			capacity.Tiers = []rollout.Tier{{Name: "Severe", Class: "Psychiatric"}, {Name: "High"}, {Name: "Moderate"}, {Name: "Low"}}
			capacity.Declared = []int64{11, 20, 10, 5}
			spec.Capacity = capacity
			b.ReportAllocs()
			schools := 0
			for b.Loop() {
				planned, err := rollout.Plan(spec, beijing, districts, rollout.Observed{}, at("2026-09-15T00:00:00Z"))
				if err != nil {
					b.Fatal(err)
				}
				schools = 0
				for _, r := range planned.Rounds {
					schools += len(r.Schools)
				}
				b.ReportMetric(float64(len(planned.Rounds)), "rounds")
				b.ReportMetric(float64(len(planned.BlockedSchools)), "left-out")
			}
			b.ReportMetric(float64(schools), "moved")
		})
	}
}
