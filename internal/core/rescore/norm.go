package rescore

import (
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// standard converts a raw value by the norm that covers the person; without norms it is
// the raw value itself. False when no norm covers the person or the value.
func standard(norms []contract.Norm, raw float64, person instrument.Person) (float64, bool) {
	if len(norms) == 0 {
		return raw, true
	}
	for _, norm := range norms {
		if !covers(norm, person) {
			continue
		}
		for _, row := range norm.Rows {
			if row.Raw == raw {
				return row.Standard, true
			}
		}
	}
	return 0, false
}

func covers(norm contract.Norm, person instrument.Person) bool {
	return (norm.Sex == contract.SexAny || norm.Sex == person.Sex && person.Sex != contract.SexUnknown) &&
		within(person.Age, norm.MinAge, norm.MaxAge) &&
		within(person.Grade, norm.MinGrade, norm.MaxGrade)
}

// within says whether a number that is known (not 0) lies in a range; the range 0 to 0
// covers every number, known or not.
func within(n, least, greatest int) bool {
	if least == 0 && greatest == 0 {
		return true
	}
	return n != 0 && least <= n && n <= greatest
}
