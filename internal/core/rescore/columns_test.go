package rescore_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

// agreeInColumns scores a table in which some responses are repeated, up to lengths at
// which a table might be cut in pieces, and again into scores that were used before.
func agreeInColumns(t *rapid.T) {
	in := anInstrument(t)
	compiled, err := instrument.Compile(in)
	if err != nil {
		t.Fatalf("does not compile: %v\n%+v", err, in)
	}
	var reused instrument.ColumnScores
	for range 2 {
		var responses []instrument.Response
		var want []row
		for range rapid.IntRange(1, 7).Draw(t, "responses") {
			r := aResponse(t, in)
			responses = append(responses, r)
			want = append(want, rowOf(compiled, in, rescore.Score(in, r)))
		}
		rows := oneOf(t, 0, 1, len(responses), 7, 8, 9, 63, 64, 65)
		if often(t, 10) {
			rows = oneOf(t, 2047, 2048, 2049, 4100)
		}
		columns := table(t, in, responses, rows)
		compiled.ScoreColumns(&columns, &reused)
		if reused.Rows != rows {
			t.Fatalf("%d rows scored of %d", reused.Rows, rows)
		}
		for i := range rows {
			if got := rowIn(&reused, i); !got.same(want[i%len(want)]) {
				t.Fatalf("row %d of %d:\n%+v\n%+v\n(-second +columns):\n%s", i, rows, in, responses[i%len(want)],
					cmp.Diff(want[i%len(want)], got, sameBits))
			}
		}
	}
}

func TestColumnsAgreeWithTheSecondScorer(t *testing.T) {
	t.Parallel()
	for range 2 {
		rapid.Check(t, agreeInColumns)
	}
}

func FuzzColumnsAgree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreeInColumns)) }

// row is one row of scores in the words of columns.
type row struct {
	Values, Raws []float64
	Statuses     []instrument.Status
	Bands        []int8
	Missing      []uint16
	Critical     uint8
	Blank, Void  bool
	Findings     uint64
}

func (r row) same(o row) bool {
	return slices.EqualFunc(r.Values, o.Values, equalBits) && slices.EqualFunc(r.Raws, o.Raws, equalBits) &&
		slices.Equal(r.Statuses, o.Statuses) && slices.Equal(r.Bands, o.Bands) && slices.Equal(r.Missing, o.Missing) &&
		r.Critical == o.Critical && r.Blank == o.Blank && r.Void == o.Void && r.Findings == o.Findings
}

// rowOf is a result as a row of columns says it.
func rowOf(c *instrument.Compiled, in contract.Instrument, r instrument.Result) row {
	out := row{Blank: len(r.CriticalBlank) > 0, Void: r.Void}
	for i, s := range r.Scales {
		band := int8(-1)
		for b, one := range c.Scales()[i].Bands {
			if one.Name == s.Band {
				band = int8(b)
			}
		}
		out.Values, out.Raws = append(out.Values, s.Value), append(out.Raws, s.Raw)
		out.Statuses, out.Bands, out.Missing = append(out.Statuses, s.Status), append(out.Bands, band), append(out.Missing, uint16(s.Missing))
	}
	for _, hit := range r.Critical {
		out.Critical = max(out.Critical, uint8(hit.Class.Rank()))
	}
	next := 0 // findings are in the order of the rules
	for i, rule := range in.Quality {
		if next < len(r.Findings) && r.Findings[next] == (instrument.Finding{Check: rule.Check, Scale: rule.Scale, Effect: rule.Effect}) {
			out.Findings |= 1 << i
			next++
		}
	}
	return out
}

func rowIn(scores *instrument.ColumnScores, i int) row {
	out := row{Critical: scores.Critical[i], Blank: scores.CriticalBlank[i], Void: scores.Void[i]}
	for _, s := range scores.Scales {
		raw := s.Value[i]
		if s.Raw != nil {
			raw = s.Raw[i]
		}
		out.Values, out.Raws = append(out.Values, s.Value[i]), append(out.Raws, raw)
		out.Statuses, out.Bands, out.Missing = append(out.Statuses, s.Status[i].Status()), append(out.Bands, s.Band[i]), append(out.Missing, s.Missing[i])
	}
	if scores.Findings != nil {
		out.Findings = scores.Findings[i]
	}
	return out
}

// table repeats responses; columns that would say nothing may be left out.
func table(t *rapid.T, in contract.Instrument, responses []instrument.Response, rows int) instrument.Columns {
	columns := instrument.Columns{
		Rows: rows, Sex: make([]instrument.SexCode, rows), Age: make([]int8, rows), Grade: make([]int8, rows),
		Seconds: make([]float64, rows), Duplicate: make([]bool, rows), OutOfWindow: make([]bool, rows),
	}
	sexes := map[contract.Sex]instrument.SexCode{contract.Female: instrument.FemaleCode, contract.Male: instrument.MaleCode}
	for i := range rows {
		r := responses[i%len(responses)]
		columns.Sex[i], columns.Age[i], columns.Grade[i] = sexes[r.Person.Sex], int8(r.Person.Age), int8(r.Person.Grade)
		columns.Seconds[i], columns.Duplicate[i], columns.OutOfWindow[i] = r.Seconds, r.Duplicate, r.OutOfWindow
	}
	leaveOut := often(t, 50)
	for position := range in.Items {
		column := make([]int8, rows)
		silent := true
		for i := range rows {
			column[i] = code(responses[i%len(responses)], position)
			silent = silent && column[i] == instrument.BlankCode
		}
		if silent && leaveOut {
			column = nil
		}
		columns.Items = append(columns.Items, column)
	}
	return columns
}

// code writes an answer into a column; a value that fits one is written as it is, though
// no item offers it.
func code(r instrument.Response, position int) int8 {
	if position >= len(r.Answers) {
		return instrument.BlankCode
	}
	a := r.Answers[position]
	if a.Missing == instrument.None && 0 <= a.Value && a.Value <= math.MaxInt8 {
		return int8(a.Value)
	}
	return a.Code()
}
