package rescore

import (
	"math/big"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// rounded rounds a fraction to a whole number; NotRounded leaves it as it is.
func rounded(value *big.Rat, mode contract.Rounding) *big.Rat {
	floor := floorOf(value)
	rest := new(big.Rat).Sub(value, floor) // 0 <= rest < 1
	above := new(big.Rat).Add(floor, big.NewRat(1, 1))
	half := rest.Cmp(big.NewRat(1, 2))
	switch mode {
	case contract.Down:
		return floor
	case contract.Up:
		if rest.Sign() > 0 {
			return above
		}
		return floor
	case contract.HalfUp:
		if half >= 0 {
			return above
		}
		return floor
	case contract.HalfEven:
		if half > 0 || half == 0 && floor.Num().Bit(0) == 1 {
			return above
		}
		return floor
	}
	return value
}

func floorOf(value *big.Rat) *big.Rat {
	// Div rounds towards the lower number because a denominator is positive.
	return new(big.Rat).SetInt(new(big.Int).Div(value.Num(), value.Denom()))
}
