package instrument

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// standard converts a raw value for a student; false when no norm covers them.
func (s *scaleRule) standard(raw float64, person Person) (float64, bool) {
	for i := range s.norms {
		if covers(&s.norms[i], person) {
			return standardOf(s.norms[i].Rows, raw)
		}
	}
	return 0, false
}

func covers(n *contract.Norm, p Person) bool {
	return (n.Sex == contract.SexAny || n.Sex == p.Sex) &&
		within(p.Age, n.MinAge, n.MaxAge) && within(p.Grade, n.MinGrade, n.MaxGrade)
}

// within reports whether a known figure lies in lo..hi; without bounds anything does.
func within(figure, lo, hi int) bool {
	if lo == 0 && hi == 0 {
		return true
	}
	return figure != 0 && lo <= figure && figure <= hi
}

func standardOf(rows []contract.NormRow, raw float64) (float64, bool) {
	i, ok := slices.BinarySearchFunc(rows, raw, func(row contract.NormRow, raw float64) int {
		switch {
		case row.Raw < raw:
			return -1
		case row.Raw > raw:
			return 1
		}
		return 0
	})
	if !ok {
		return 0, false
	}
	return rows[i].Standard, true
}
