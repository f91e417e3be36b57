package rescore

import "github.com/evenkeel/evenkeel/internal/contract"

// Class returns the class of an answer to an item, and whether it is critical at all.
func Class(in contract.Instrument, item string, value int) (contract.Class, bool) {
	for _, i := range in.Items {
		for _, c := range i.Critical {
			if i.Code == item && c.Value == value {
				return c.Class, true
			}
		}
	}
	return "", false
}
