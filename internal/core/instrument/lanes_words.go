//go:build !(amd64 && goexperiment.simd)

package instrument

func addColumns(sum, got *strip, columns [abreast]*strip, lo, hi uint64) {
	addColumnsInWords(sum, got, columns, lo, hi)
}

// shuffles are for vector instructions.
type shuffles struct{}

func (c *Compiled) newShuffles(*scaleRule) *shuffles { return nil }

func (*shuffles) index(*scratch, int) {}
