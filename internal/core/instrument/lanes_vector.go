//go:build amd64 && goexperiment.simd

package instrument

import "simd/archsimd"

// vectorBytes is how many rows one AVX2 register holds.
const vectorBytes = 32

// addColumns is addColumnsInWords, in vectors where the processor has them. It is
// built with GOEXPERIMENT=simd.
func addColumns(sum, got *strip, columns [abreast]*strip, lo, hi uint64) {
	if archsimd.X86.AVX2() {
		addColumnsInVectors(sum, got, columns, uint8(lo), uint8(hi))
		archsimd.ClearAVXUpperBits() // see group.add
		return
	}
	addColumnsInWords(sum, got, columns, lo, hi)
}

func addColumnsInVectors(sum, got *strip, columns [abreast]*strip, lo, hi uint8) {
	a, b, c, d := columns[0], columns[1], columns[2], columns[3]
	least, width := archsimd.BroadcastUint8x32(lo), archsimd.BroadcastUint8x32(hi-lo)
	for i := 0; i <= stripRows-vectorBytes; i += vectorBytes {
		w, x, y, z := vector(a, i), vector(b, i), vector(c, i), vector(d, i)
		// Less lo, an answer is at most hi-lo, anything else above it: codes below zero wrap.
		p := holds(w.Sub(least), width)
		q := holds(x.Sub(least), width)
		r := holds(y.Sub(least), width)
		s := holds(z.Sub(least), width)
		given := w.And(p).Add(x.And(q)).Add(y.And(r)).Add(z.And(s))
		vector(sum, i).Add(given).Store((*[vectorBytes]uint8)(sum[i:]))
		// A true lane of a mask is -1.
		vector(got, i).Sub(p.Add(q).Add(r).Add(s)).Store((*[vectorBytes]uint8)(got[i:]))
	}
}

// holds is -1 in the lanes of x that are at most width, elsewhere 0.
func holds(x, width archsimd.Uint8x32) archsimd.Uint8x32 {
	return x.Min(width).Equal(x).ToInt8x32().AsUint8x32()
}

func vector(s *strip, i int) archsimd.Uint8x32 {
	return archsimd.LoadUint8x32((*[vectorBytes]uint8)(s[i:]))
}
