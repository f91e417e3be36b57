//go:build !(amd64 && goexperiment.simd)

package instrument

func addColumns(sum, got *strip, columns [abreast]*strip, lo, hi uint64) {
	addColumnsInWords(sum, got, columns, lo, hi)
}
