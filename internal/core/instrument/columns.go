package instrument

import (
	"math"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Codes of an answer without a value in a column. Any other number below zero is read
// as BlankCode.
const (
	BlankCode    int8 = -1
	RefusedCode  int8 = -2
	DontKnowCode int8 = -3
	NotAskedCode int8 = -4
)

// Code is the answer as a column holds it: its value, or the code of the way in which
// it is missing. A value that no item can offer is BlankCode.
func (a Answer) Code() int8 {
	switch {
	case a.Missing == None && 0 <= a.Value && a.Value <= maxOptionValue:
		return int8(a.Value)
	case a.Missing == Refused:
		return RefusedCode
	case a.Missing == DontKnow:
		return DontKnowCode
	case a.Missing == NotAsked:
		return NotAskedCode
	}
	return BlankCode
}

// SexCode is a contract.Sex in a column of them.
type SexCode uint8

// The codes of the sexes.
const (
	UnknownCode SexCode = iota
	FemaleCode
	MaleCode
)

func (s SexCode) sex() contract.Sex {
	switch s {
	case FemaleCode:
		return contract.Female
	case MaleCode:
		return contract.Male
	}
	return contract.SexUnknown
}

// Columns are many responses to one instrument, a column for each item. Every column
// that is not nil has Rows entries.
type Columns struct {
	Rows        int
	Items       [][]int8  // by the item's position: an answer, or a code below zero; nil: Blank throughout
	Sex         []SexCode // nil: not known
	Age         []int8    // in years; 0, and nil: not known
	Grade       []int8    // years of schooling; 0, and nil: not known
	Seconds     []float64 // from the first page to submission; 0, and nil: not known
	Duplicate   []bool    // nil: never
	OutOfWindow []bool    // nil: never
}

// Slice is a view of the rows from..to-1.
func (in *Columns) Slice(from, to int) Columns {
	out := Columns{
		Rows: to - from, Items: make([][]int8, len(in.Items)),
		Sex: cut(in.Sex, from, to), Age: cut(in.Age, from, to), Grade: cut(in.Grade, from, to),
		Seconds: cut(in.Seconds, from, to), Duplicate: cut(in.Duplicate, from, to), OutOfWindow: cut(in.OutOfWindow, from, to),
	}
	for i, item := range in.Items {
		out.Items[i] = cut(item, from, to)
	}
	return out
}

func cut[T any](column []T, from, to int) []T {
	if column == nil {
		return nil
	}
	return column[from:to]
}

// person is what norms need to know of a row.
func (in *Columns) person(row int) Person {
	return Person{Sex: at(in.Sex, row).sex(), Age: int(at(in.Age, row)), Grade: int(at(in.Grade, row))}
}

func (in *Columns) occasion(row int) occasion {
	return occasion{at(in.Seconds, row), at(in.Duplicate, row), at(in.OutOfWindow, row)}
}

// at is the entry of a column, the zero value where there is no column.
func at[T any](column []T, row int) T {
	if column == nil {
		var zero T
		return zero
	}
	return column[row]
}

// ColumnScores are the scores of Columns, row by row what ScoreInto gives. The zero
// value is ready; ScoreColumns reuses its slices. Not for concurrent use.
type ColumnScores struct {
	// Without is what the caller can do without and is not computed. Whoever decides
	// tiers needs everything: DecideColumns panics when it is given less.
	Without Parts

	Rows          int
	Scales        []ScaleColumn // in the instrument's order
	Critical      []uint8       // contract.Class.Rank of the most urgent critical answer; 0: none
	CriticalBlank []bool        // an asked critical item was left without a value
	Findings      []uint64      // bit i: quality rule i found something; nil without rules
	Void          []bool

	scratch *scratch
}

// Parts are columns of every scale that can be left out.
type Parts uint8

// The parts. Details is all of them: what is left is the score itself.
const (
	Statuses Parts = 1 << iota
	Bands
	MissingCounts

	Details = Statuses | Bands | MissingCounts
)

// ScaleColumn are the scores on one scale. Value and Raw are 0 and Band is -1 unless
// Status is ScoredCode or ProratedCode. Without Statuses, Value and Raw are NaN instead
// of 0: nobody takes a score that is not there for a score of 0.
type ScaleColumn struct {
	Value   []float64
	Raw     []float64    // nil where the scale has no norms: the same as Value
	Status  []StatusCode // nil without Statuses
	Band    []int8       // index in Scale.Bands; nil without Bands
	Missing []uint16     // nil without MissingCounts
}

// fit makes room for the scores of rows responses.
func (out *ColumnScores) fit(c *Compiled, rows int) {
	out.Rows = rows
	if out.scratch == nil {
		out.scratch = new(scratch)
	}
	if len(out.Scales) != len(c.scales) {
		out.Scales = make([]ScaleColumn, len(c.scales))
	}
	for i := range out.Scales {
		s := &out.Scales[i]
		s.Value = grown(s.Value, rows)
		s.Raw = grownIf(len(c.scales[i].norms) > 0, s.Raw, rows)
		s.Status = grownIf(out.Without&Statuses == 0, s.Status, rows)
		s.Band = grownIf(out.Without&Bands == 0, s.Band, rows)
		s.Missing = grownIf(out.Without&MissingCounts == 0, s.Missing, rows)
	}
	out.Critical, out.CriticalBlank = grown(out.Critical, rows), grown(out.CriticalBlank, rows)
	out.Void = grown(out.Void, rows)
	out.Findings = grownIf(len(c.quality) > 0, out.Findings, rows)
}

// grownIf is grown where the column is wanted, elsewhere nil.
func grownIf[T any](wanted bool, s []T, length int) []T {
	if !wanted {
		return nil
	}
	return grown(s, length)
}

// grown returns a slice of the length, the same one if it is large enough.
func grown[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}

// set writes the score of a row.
func (out *ScaleColumn) set(r int, o outcome) {
	if out.Status == nil && o.status > ProratedCode {
		o.value, o.raw = math.NaN(), math.NaN()
	}
	out.Value[r] = o.value
	put(out.Raw, r, o.raw)
	put(out.Status, r, o.status)
	put(out.Band, r, o.band)
	put(out.Missing, r, uint16(o.missing))
}

func put[T any](column []T, r int, entry T) {
	if column != nil {
		column[r] = entry
	}
}

// get reads back the score of a row before norms, as far as it was wanted.
func (out *ScaleColumn) get(r int) outcome {
	o := outcome{
		value: out.Value[r], raw: out.Value[r], missing: int(at(out.Missing, r)), band: at(out.Band, r), status: at(out.Status, r),
	}
	if math.IsNaN(o.value) {
		o.status = InsufficientCode
	}
	return o
}
