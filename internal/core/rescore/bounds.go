package rescore

import (
	"math/big"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// bounds are the least and the greatest value that complete answers to the items that
// were asked can reach, before they are multiplied and rounded.
func (s sheet) bounds(scale contract.Scale) (least, greatest *big.Rat) {
	least, greatest = new(big.Rat), new(big.Rat)
	weights := new(big.Rat)
	for _, code := range scale.Items {
		if !s.answer(code).asked {
			continue
		}
		low, high := s.extremes(scale, code)
		weight := weightOf(scale, code)
		least.Add(least, low.Mul(low, weight))
		greatest.Add(greatest, high.Mul(high, weight))
		weights.Add(weights, weight)
	}
	if scale.Method == contract.Mean {
		least.Quo(least, weights)
		greatest.Quo(greatest, weights)
	}
	return least, greatest
}

// extremes are the least and the greatest that any option of an item is worth.
func (s sheet) extremes(scale contract.Scale, code string) (low, high *big.Rat) {
	for _, o := range s.item(code).Options {
		worth := s.worth(scale, code, o.Value)
		if low == nil || worth.Cmp(low) < 0 {
			low = new(big.Rat).Set(worth)
		}
		if high == nil || worth.Cmp(high) > 0 {
			high = new(big.Rat).Set(worth)
		}
	}
	return low, high
}
