package instrument_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

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

// BenchmarkScoreColumns scores a block at a time into the same scores, with everything and
// with the values alone, beside bytes.Count, which reads the same answers with vector
// instructions and does nothing else. The answers do not fit a cache near the core.
func BenchmarkScoreColumns(b *testing.B) {
	const rows, block = 1 << 22, 1 << 14
	c := sixScales()
	answers := randomColumns(60, rows)
	perRow := func(b *testing.B, pass func()) {
		b.SetBytes(rows * 60)
		b.ReportAllocs()
		for b.Loop() {
			pass()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
	}
	b.Run("read", func(b *testing.B) {
		absent := []byte{6}
		perRow(b, func() {
			for _, column := range answers {
				bytes.Count(column, absent)
			}
		})
	})
	all := instrument.Columns{Rows: rows}
	for _, column := range answers {
		all.Items = append(all.Items, unsafe.Slice((*int8)(unsafe.Pointer(&column[0])), rows))
	}
	var blocks []instrument.Columns
	for from := 0; from < rows; from += block {
		blocks = append(blocks, all.Slice(from, from+block))
	}
	for name, without := range map[string]instrument.Parts{"all": 0, "values": instrument.Details} {
		b.Run(name, func(b *testing.B) {
			out := instrument.ColumnScores{Without: without}
			perRow(b, func() {
				for i := range blocks {
					c.ScoreColumns(&blocks[i], &out)
				}
			})
		})
	}
}

func randomColumns(items, rows int) [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	columns := make([][]byte, items)
	for i := range columns {
		columns[i] = make([]byte, rows)
		for row := range columns[i] {
			n := rng.Uint32()
			columns[i][row] = 1 + byte((n>>16)%5)
			if n&0xffff < 0x10000/50 {
				columns[i][row] = 0xff // BlankCode
			}
		}
	}
	return columns
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
