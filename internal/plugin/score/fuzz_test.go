package score_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/plugin/score"
)

// FuzzTable scores any table: whatever is in it, a response is scored only if all of
// its cells are answers that its items offer, or missing.
func FuzzTable(f *testing.F) {
	f.Add([]byte("q1,q2,id\n1,2,a\n,9,a\n"))
	f.Add([]byte("q1;q2;id\n３;2,5;\"a\n\"\n\xd1\xa7;;x;y\n"))
	f.Add([]byte("\ufeffq1\tq2\tid\nNever\tAlways (3)\t\n1e999\t0x1\t\n"))
	instruments, err := score.Load(f.Context(), []string{smallPath(f)})
	if err != nil {
		f.Fatal(err)
	}
	in := instruments[0]
	f.Fuzz(func(t *testing.T, table []byte) {
		source, err := score.Open(score.Input{
			Path: "-", Stdin: bytes.NewReader(table), Instruments: instruments, Invalid: score.Reject,
			Mapping: score.Mapping{ID: []string{"id"}},
		})
		if err != nil {
			return
		}
		for {
			row, err := source.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("a table in memory cannot be read: %v", err)
			}
			if row.Rejected[0] != (len(row.Issues) > 0) {
				t.Fatalf("row %d: rejected %v, issues %v", row.Number, row.Rejected[0], row.Issues)
			}
			for i, answer := range row.Responses[0].Answers {
				if item := in.Source().Items[i].Code; answer.Missing == instrument.None && in.Valid(item, answer.Value) != nil {
					t.Fatalf("row %d: item %s has an answer that it does not offer", row.Number, item)
				}
			}
		}
	})
}

// BenchmarkRun scores 60 items on 11 scales, from CSV to CSV.
func BenchmarkRun(b *testing.B) {
	const rows = 10_000
	instruments, err := score.Load(b.Context(), []string{"mssmhs"})
	if err != nil {
		b.Fatal(err)
	}
	var table strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		table.WriteString("q" + strconv.Itoa(i+1) + ",")
	}
	for range rows {
		table.WriteString("\n")
		for range 60 {
			table.WriteString(strconv.Itoa(1+random.IntN(5)) + ",")
		}
	}
	for b.Loop() {
		source, err := score.Open(score.Input{Path: "-", Stdin: strings.NewReader(table.String()), Instruments: instruments, Invalid: score.Reject})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := score.Run(b.Context(), source, score.Output{Writer: io.Discard, Format: "csv", Clock: clocktesting.NewFakePassiveClock(time.Time{})}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
