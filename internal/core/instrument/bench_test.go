package instrument_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// sixScales is 60 items 1..5 in 6 scales of ten, each the mean of its items, three of
// them reversed, of which one may be missing.
func sixScales() *instrument.Compiled {
	in := instrumenttest.Form(60, 1, 5)
	base := in.Scales[0]
	in.Scales = nil
	for i := range 6 {
		s := base
		s.Code, s.Items = fmt.Sprintf("s%d", i), base.Items[i*10:][:10]
		s.Reverse = []string{s.Items[1], s.Items[4], s.Items[7]}
		s.Method, s.Rounding, s.MaxMissing = contract.Mean, contract.NotRounded, 1
		s.Bands = []contract.Band{{Name: "Low", From: 1, To: 1.99}, {Name: "Some", From: 2, To: 2.99}, {Name: "Much", From: 3, To: 5}}
		in.Scales = append(in.Scales, s)
	}
	return instrumenttest.MustCompile(in)
}

func randomResponses(c *instrument.Compiled, rows int) []*instrument.Response {
	rng := rand.New(rand.NewPCG(1, 2))
	responses := make([]*instrument.Response, rows)
	for i := range responses {
		r := c.NewResponse()
		for j := range r.Answers {
			r.Answers[j] = instrument.Answer{Value: 1 + rng.IntN(5)}
			if rng.IntN(50) == 0 {
				r.Answers[j] = instrument.Answer{Missing: instrument.Blank}
			}
		}
		responses[i] = r
	}
	return responses
}

func BenchmarkScoreInto(b *testing.B) {
	c := sixScales()
	responses := randomResponses(c, 256)
	var out instrument.Result
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.ScoreInto(responses[i%len(responses)], &out)
	}
}

func BenchmarkScoreColumns(b *testing.B) {
	const rows = 1 << 16
	c := sixScales()
	in := columnsOf(c, randomResponses(c, rows))
	var out instrument.ColumnScores
	b.SetBytes(rows * 60)
	b.ReportAllocs()
	for b.Loop() {
		c.ScoreColumns(in, &out)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// Scoring one response allocates nothing once the result has grown.
func TestScoreIntoDoesNotAllocate(t *testing.T) {
	compiled := map[string]*instrument.Compiled{
		"six scales": sixScales(),
		"PHQ-9":      instrumenttest.MustCompile(instrumenttest.PHQ9()),
		"algorithm":  instrumenttest.MustCompile(algorithm()),
		"norms":      instrumenttest.MustCompile(normed()),
		"quality":    instrumenttest.MustCompile(judged()),
	}
	for name, c := range compiled {
		response := c.NewResponse()
		for i := range response.Answers {
			response.Answers[i] = instrument.Answer{Value: 1}
		}
		response.Person = instrument.Person{Sex: contract.Male, Age: 12}
		var out instrument.Result
		c.ScoreInto(response, &out)
		if n := testing.AllocsPerRun(100, func() { c.ScoreInto(response, &out) }); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}
