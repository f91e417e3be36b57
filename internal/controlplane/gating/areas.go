package gating

import (
	"slices"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// areaGate asks for experts paired with every area (分片区对口指导, Kaizhou notice 2020) that has schools of the
// cohort.
func areaGate(s *Scene) Gate {
	return s.Weigh(v1alpha1.GateExpertGroup, v1alpha1.ReasonAreaUncovered,
		"without an expert group (District spec.areas[].expertGroups)", s.areaLacks())
}

func (s *Scene) areaLacks() (out []Lack) {
	var codes []string
	for _, name := range s.Cohort {
		school, found := s.Schools[name]
		switch {
		case found && school.Spec.Area == "":
			out = append(out, Lack{Why: "School " + name + ", which is in no area (spec.area)"})
		case found:
			codes = append(codes, school.Spec.Area)
		}
	}
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		i := slices.IndexFunc(s.district().Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == code })
		switch {
		case i < 0:
			out = append(out, Lack{Name: code, Why: "the District has no such area"})
		case len(s.district().Spec.Areas[i].ExpertGroups) == 0:
			out = append(out, Lack{Name: code})
		}
	}
	return out
}
