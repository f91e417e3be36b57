package round

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

func instrumentGate(s *scene) gating.Gate {
	if s.d.settled {
		return gating.Gate{}
	}
	var faults []string
	for _, key := range s.o.round.Spec.Instruments {
		document, fault := s.usable(key)
		if fault != "" {
			faults = append(faults, fault)
			continue
		}
		s.documents = append(s.documents, document)
	}
	if len(faults) > 0 {
		s.documents = nil
		return gating.Shut(v1alpha1.ReasonInstrumentNotUsable, "%s", strings.Join(faults, "; "))
	}
	return gating.Gate{}
}

func (s *scene) usable(key v1alpha1.InstrumentKey) (document contract.Instrument, fault string) {
	in, found := translate.Pick(s.o.instruments, key)
	if !found {
		return document, fmt.Sprintf("there is no Instrument %s version %s", key.Code, key.Version)
	}
	reason, message, err := translate.Usable(in.Spec)
	switch {
	case err != nil:
		return document, fmt.Sprintf("Instrument %s does not compile: %s", in.Name, err)
	case reason != v1alpha1.ReasonApproved:
		return document, message
	}
	if fault = translate.UnfitForStage1(in.Spec); fault != "" {
		return document, fault
	}
	if fault = s.unsuited(in.Spec); fault != "" {
		return document, fault
	}
	document, err = translate.Instrument(in.Spec)
	if err != nil {
		return document, err.Error()
	}
	return document, ""
}

// unsuited says which grades of the cohort are outside an instrument's range of ages. A
// single student who is too young or too old for their grade is not asked it: that is
// decided in the district, which knows birthdays.
func (s *scene) unsuited(spec v1alpha1.InstrumentSpec) string {
	var outside []string
	for _, grade := range s.grades() {
		age, ages := usualAge(grade), spec.AgeRange
		if age < ages.MinYears || ages.MaxYears != 0 && age > ages.MaxYears {
			outside = append(outside, fmt.Sprintf("%d (age %d)", grade, age))
		}
	}
	if len(outside) == 0 {
		return ""
	}
	return fmt.Sprintf("%s version %s is for %s and the cohort has grade %s; leave that stage out of the cohort or ask it another instrument",
		spec.Code, spec.Version, ageText(spec.AgeRange), strings.Join(outside, ", "))
}

// usualAge is how old most students of a grade are when the school year begins: children
// who are six by then enter the first one (Compulsory Education Law, Article 11).
func usualAge(grade int32) int32 { return grade + 5 }

func ageText(r v1alpha1.AgeRange) string {
	if r.MaxYears == 0 {
		return fmt.Sprintf("ages %d and over", r.MinYears)
	}
	return fmt.Sprintf("ages %d to %d", r.MinYears, r.MaxYears)
}

// grades lists those of the cohort's stages in the cohort's schools, in rising order.
func (s *scene) grades() []int32 {
	var out []int32
	for _, school := range s.o.schools {
		if !slices.Contains(s.d.schools, school.Name) {
			continue
		}
		for _, stage := range school.Spec.Stages {
			if slices.Contains(s.o.round.Spec.Cohort.Stages, stage.Stage) {
				out = append(out, stage.Grades...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
