package rescore

import (
	"math/big"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// firstCase is the value of the first case that holds, or nil if none does.
func (s sheet) firstCase(cases []contract.Case) *big.Rat {
	for _, c := range cases {
		if s.allHold(c.When) {
			return big.NewRat(int64(c.Value), 1)
		}
	}
	return nil
}

func (s sheet) allHold(conditions []contract.Condition) bool {
	for _, c := range conditions {
		held := 0
		for _, t := range c.Tests {
			if s.holds(t) {
				held++
			}
		}
		if held < c.AtLeast || held > c.AtMost {
			return false
		}
	}
	return true
}
