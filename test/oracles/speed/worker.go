package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// contestants are the ones that are this program.
const contestants = "columns, columns-values, into, blocks, blocks-counts, blocks-values or read"

// turn is what a contestant did in one turn: how long one pass over its rows took, and
// what came out, by which passes are known to have done the same.
type turn struct {
	Seconds float64 `json:"seconds"`
	Rows    int     `json:"rows"`
	Sum     float64 `json:"sum"`     // of all means
	Missing int     `json:"missing"` // answers that are not there; 0 when they are not counted
}

// measured is the least time for which a turn runs.
const measured = 300 * time.Millisecond

// blockRows is how many rows are scored at a time where the scores are used at once and
// not kept, as in a re-score of a province.
const blockRows = 16384

func serve(name string, s settings) error {
	c, err := compiled()
	if err != nil {
		return err
	}
	pass, err := passOf(name, c, s)
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1) // nothing is allocated in a pass; keep the collector out of it all the same
	pass()                 // the first one makes room
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		raw, err := json.Marshal(repeat(pass))
		if err != nil {
			return err
		}
		fmt.Println(string(raw))
	}
	return lines.Err()
}

// everything is what scores are computed without when nothing is left out.
const everything instrument.Parts = 0

func passOf(name string, c *instrument.Compiled, s settings) (func() turn, error) {
	switch name {
	case "columns":
		return byColumns(c, columns(s.rows), everything), nil
	case "columns-values":
		return byColumns(c, columns(s.rows), instrument.Details), nil
	case "into":
		return byResponse(c, columns(s.rows)), nil
	case "blocks":
		return byBlocks(c, columns(s.many), everything), nil
	case "blocks-counts":
		return byBlocks(c, columns(s.many), instrument.Statuses|instrument.Bands), nil
	case "blocks-values":
		return byBlocks(c, columns(s.many), instrument.Details), nil
	case "read":
		return byReading(columns(s.many)), nil
	}
	return nil, fmt.Errorf("no contestant %q; write one of %s", name, contestants)
}

// repeat makes passes until they have taken long enough, and returns the last one with
// the mean time of all.
func repeat(pass func() turn) turn {
	var last turn
	var took time.Duration
	n := 0
	for took < measured {
		begin := time.Now()
		last = pass()
		took += time.Since(begin)
		n++
	}
	last.Seconds = took.Seconds() / float64(n)
	return last
}

// byColumns scores all rows and keeps all scores, as R and numpy do.
func byColumns(c *instrument.Compiled, answers [][]int8, without instrument.Parts) func() turn {
	in := instrument.Columns{Rows: len(answers[0]), Items: answers}
	out := instrument.ColumnScores{Without: without}
	var known *turn
	return func() turn {
		c.ScoreColumns(&in, &out)
		if known == nil { // once, and outside of what is measured from then on
			known = &turn{Rows: in.Rows}
			known.add(&out)
		}
		return *known
	}
}

// byBlocks scores a block at a time into the same scores.
func byBlocks(c *instrument.Compiled, answers [][]int8, without instrument.Parts) func() turn {
	all := instrument.Columns{Rows: len(answers[0]), Items: answers}
	var blocks []instrument.Columns
	for from := 0; from < all.Rows; from += blockRows {
		blocks = append(blocks, all.Slice(from, min(from+blockRows, all.Rows)))
	}
	out := instrument.ColumnScores{Without: without}
	var known *turn
	return func() turn {
		first := turn{Rows: all.Rows}
		for i := range blocks {
			c.ScoreColumns(&blocks[i], &out)
			if known == nil {
				first.add(&out)
			}
		}
		if known == nil {
			known = &first
		}
		return *known
	}
}

func (t *turn) add(out *instrument.ColumnScores) {
	for _, scale := range out.Scales {
		for row, value := range scale.Value {
			t.Sum += value
			if scale.Missing != nil {
				t.Missing += int(scale.Missing[row])
			}
		}
	}
}

// byResponse scores one response after the other.
func byResponse(c *instrument.Compiled, answers [][]int8) func() turn {
	responses := make([]instrument.Response, len(answers[0]))
	flat := make([]instrument.Answer, len(responses)*items)
	for row := range responses {
		responses[row].Answers = flat[row*items:][:items:items]
		for i, column := range answers {
			responses[row].Answers[i] = instrument.Answer{Value: int(column[row])}
			if column[row] < 0 {
				responses[row].Answers[i] = instrument.Answer{Missing: instrument.Blank}
			}
		}
	}
	var out instrument.Result
	return func() turn {
		t := turn{Rows: len(responses)}
		for i := range responses {
			c.ScoreInto(&responses[i], &out)
			for k := range out.Scales {
				t.Sum += out.Scales[k].Value
				t.Missing += out.Scales[k].Missing
			}
		}
		return t
	}
}

// byReading looks for a byte that is not there, with the vector instructions of the
// standard library: as fast as one core gets the answers from memory. Nothing that looks
// at every answer can be faster.
func byReading(answers [][]int8) func() turn {
	bytewise := make([][]byte, len(answers))
	for i, column := range answers {
		bytewise[i] = make([]byte, len(column))
		for row, value := range column {
			bytewise[i][row] = byte(value)
		}
		answers[i] = nil
	}
	absent := []byte{highest + 1}
	return func() turn {
		t := turn{Rows: len(bytewise[0])}
		for _, column := range bytewise {
			t.Missing += bytes.Count(column, absent)
		}
		return t
	}
}
