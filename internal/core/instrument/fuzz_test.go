package instrument_test

import (
	"encoding/json"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// FuzzCompileScore feeds any document and any answers: what compiles, scores, alone
// and in columns alike, and every scale that has a value has it within its bounds and
// in the one band that holds it.
func FuzzCompileScore(f *testing.F) {
	for _, in := range []contract.Instrument{
		instrumenttest.PHQ9(), means(), algorithm(), normed(), judged(), gatedForm(),
	} {
		seed, err := json.Marshal(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed, []byte{0, 1, 2, 3, 0, 1, 2, 3, 1})
		f.Add(seed, []byte{2, 80, 2, 255, 2})
	}
	f.Fuzz(func(t *testing.T, document, values []byte) {
		var in contract.Instrument
		if json.Unmarshal(document, &in) != nil {
			t.Skip()
		}
		c, err := instrument.Compile(in)
		if err != nil {
			return
		}
		response := c.NewResponse()
		response.Person = instrument.Person{Sex: contract.Male, Age: len(values) % 20, Grade: len(values) % 12}
		for i, v := range values {
			if i < len(in.Items) {
				response.Answers[i] = instrument.Answer{Value: int(v % 16), Missing: instrument.Missing(v / 64)}
			}
		}
		result := c.Score(response)
		for i, scale := range c.Scales() {
			checkResult(t, scale, result.Scales[i])
		}
		for _, out := range everyPart() {
			c.ScoreColumns(columnsOf(c, []*instrument.Response{response}), &out)
			if diff := rowDiff(c, &out, 0, result); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func checkResult(t *testing.T, scale instrument.Scale, got instrument.ScaleResult) {
	t.Helper()
	if got.Status != instrument.Scored && got.Status != instrument.Prorated {
		if got.Value != 0 || got.Raw != 0 || got.Band != "" {
			t.Errorf("%s with a value: %+v", got.Status, got)
		}
		return
	}
	var holding []string
	for _, b := range scale.Bands {
		if b.From <= got.Value && got.Value <= b.To {
			holding = append(holding, b.Name)
		}
	}
	if got.Value < scale.Min || got.Value > scale.Max || len(holding) != 1 || holding[0] != got.Band {
		t.Errorf("scale %+v scored %+v; bands that hold it: %q", scale, got, holding)
	}
}
