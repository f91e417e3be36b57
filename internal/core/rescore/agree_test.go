package rescore_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

// sameBits compares floats to the bit: 0 and -0 differ.
var sameBits = cmp.Options{
	cmp.Comparer(equalBits),
	cmpopts.EquateEmpty(),
}

func equalBits(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// agree scores some responses to a random instrument with every scorer there is.
func agree(t *rapid.T) {
	in := anInstrument(t)
	compiled, err := instrument.Compile(in)
	if err != nil {
		t.Fatalf("does not compile: %v\n%+v", err, in)
	}
	var reused instrument.Result
	for range 4 {
		response := aResponse(t, in)
		want := rescore.Score(in, response)
		if diff := cmp.Diff(want, compiled.Score(&response), sameBits); diff != "" {
			t.Fatalf("%+v\n%+v\n(-second +first):\n%s", in, response, diff)
		}
		compiled.ScoreInto(&response, &reused)
		if diff := cmp.Diff(want, reused, sameBits); diff != "" {
			t.Fatalf("into a result used before:\n%+v\n%+v\n(-second +first):\n%s", in, response, diff)
		}
		inBounds(t, compiled, want)
	}
}

// inBounds holds the checks that Compile makes of bands against what was scored.
func inBounds(t *rapid.T, compiled *instrument.Compiled, scored instrument.Result) {
	for i, scale := range compiled.Scales() {
		r := scored.Scales[i]
		hasValue := r.Status == instrument.Scored || r.Status == instrument.Prorated
		if hasValue && (r.Band == "" || r.Value < scale.Min || r.Value > scale.Max) {
			t.Fatalf("scale %s has a value of %g in band %q; it compiled with %g to %g", r.Code, r.Value, r.Band, scale.Min, scale.Max)
		}
	}
}

func TestScorersAgree(t *testing.T) {
	t.Parallel()
	for range 6 { // a hundred instruments each
		rapid.Check(t, agree)
	}
}

func FuzzScorersAgree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agree)) }
