package instrument_test

import (
	"encoding/json"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// FuzzCompileScore feeds any document and any answers: what compiles, scores, and
// every scale that is not Insufficient has a value within its bounds and a band.
func FuzzCompileScore(f *testing.F) {
	seed, err := json.Marshal(instrumenttest.PHQ9())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, []byte{0, 1, 2, 3, 0, 1, 2, 3, 1})
	f.Add([]byte(`{"code":"x","version":"1","items":[{"code":"a","options":[{"value":3},{"value":9}]}],"scales":[{"code":"t","items":["a"],"method":"Sum","missingAs":"Prorate","multiply":{"numerator":1,"denominator":1},"rounding":"HalfUp","worse":"Higher","purpose":"Grade","bands":[{"name":"b","from":3,"to":9}]}]}`), []byte{9})
	f.Fuzz(func(t *testing.T, document, values []byte) {
		var in contract.Instrument
		if json.Unmarshal(document, &in) != nil {
			t.Skip()
		}
		_ = instrument.CheckText(in)
		c, err := instrument.Compile(in)
		if err != nil {
			return
		}
		response := c.NewResponse()
		for i, v := range values {
			if i < len(in.Items) {
				response.Answers[i] = instrument.Answer{Value: int(v % 16), Missing: instrument.Missing(v / 64)}
			}
		}
		result := c.Score(response)
		for i, scale := range c.Scales() {
			got := result.Scales[i]
			if got.Status != instrument.Insufficient && (got.Value < scale.Min || got.Value > scale.Max || got.Band == "") {
				t.Errorf("scale %+v scored %+v", scale, got)
			}
		}
	})
}
