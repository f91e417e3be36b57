package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// contestants are the ones that are this program.
const contestants = "columns, columns-values, into, blocks, blocks-counts, blocks-values or blocks-values-cores"

// turn is what a contestant did in one turn: how long one pass over its rows took, and
// what came out, by which passes are known to have done the same.
type turn struct {
	Seconds float64 `json:"seconds"`
	Rows    int     `json:"rows"`
	Sum     float64 `json:"sum"`     // of all means
	Missing int     `json:"missing"` // answers that are not there; 0 when they are not counted
	// Reading is how long one pass took that only reads the same answers in the same
	// memory, turn about with the other passes; 0 for contestants that are not held against it.
	Reading float64 `json:"reading,omitempty"`
}

// measured is the least time for which a turn runs.
const measured = 300 * time.Millisecond

// blockRows is how many rows are scored at a time where the scores are used at once and
// not kept, as in a re-score of a province.
const blockRows = 8192

func serve(name string, s settings) error {
	c, err := compiled()
	if err != nil {
		return err
	}
	w, err := workOf(name, c, s)
	if err != nil {
		return err
	}
	debug.SetGCPercent(-1) // nothing is allocated in a pass; keep the collector out of it all the same
	w.score()              // the first one makes room
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		raw, err := json.Marshal(w.repeat())
		if err != nil {
			return err
		}
		fmt.Println(string(raw))
	}
	return lines.Err()
}

// everything is what scores are computed without when nothing is left out.
const everything instrument.Parts = 0

// work is what a contestant repeats: a pass that scores, and one that only reads.
type work struct {
	score func() turn
	read  func() // nil: not held against reading
}

func workOf(name string, c *instrument.Compiled, s settings) (work, error) {
	blocks := func(without instrument.Parts, cores int) work {
		answers := columns(s.many)
		return work{score: byBlocks(c, answers, without, cores), read: reading(answers, cores)}
	}
	switch name {
	case "columns":
		return work{score: byColumns(c, columns(s.rows), everything)}, nil
	case "columns-values":
		return work{score: byColumns(c, columns(s.rows), instrument.Details)}, nil
	case "into":
		return work{score: byResponse(c, columns(s.rows))}, nil
	case "blocks":
		return blocks(everything, 1), nil
	case "blocks-counts":
		return blocks(instrument.Statuses|instrument.Bands, 1), nil
	case "blocks-values":
		return blocks(instrument.Details, 1), nil
	case "blocks-values-cores":
		return blocks(instrument.Details, runtime.NumCPU()), nil
	}
	return work{}, fmt.Errorf("no contestant %q; write one of %s", name, contestants)
}

// repeat makes passes until they have taken long enough, and returns the last one with
// the mean time of all.
func (w work) repeat() turn {
	var last turn
	var took, reading time.Duration
	n := 0
	for took < measured {
		if w.read != nil {
			begin := time.Now()
			w.read()
			reading += time.Since(begin)
		}
		begin := time.Now()
		last = w.score()
		took += time.Since(begin)
		n++
	}
	last.Seconds, last.Reading = took.Seconds()/float64(n), reading.Seconds()/float64(n)
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

// onCores does a piece of work on each of as many cores.
func onCores(cores int, work func(core int)) {
	var all sync.WaitGroup
	for core := range cores {
		all.Go(func() { work(core) })
	}
	all.Wait()
}

// byBlocks scores a block at a time into the same scores, of which every core has its own.
func byBlocks(c *instrument.Compiled, answers [][]int8, without instrument.Parts, cores int) func() turn {
	all := instrument.Columns{Rows: len(answers[0]), Items: answers}
	var blocks []instrument.Columns
	for from := 0; from < all.Rows; from += blockRows {
		blocks = append(blocks, all.Slice(from, min(from+blockRows, all.Rows)))
	}
	outs, firsts := make([]instrument.ColumnScores, cores), make([]turn, cores)
	var known *turn
	return func() turn {
		onCores(cores, func(core int) {
			out := &outs[core]
			out.Without = without
			for i := core; i < len(blocks); i += cores {
				c.ScoreColumns(&blocks[i], out)
				if known == nil { // once, and outside of what is measured from then on
					firsts[core].add(out)
				}
			}
		})
		if known == nil {
			known = &turn{Rows: all.Rows}
			for _, first := range firsts {
				known.Sum, known.Missing = known.Sum+first.Sum, known.Missing+first.Missing
			}
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

// reading looks for a byte that is not there, with the vector instructions of the
// standard library: as fast as the cores get the answers from memory. Nothing that looks
// at every answer can be faster.
func reading(answers [][]int8, cores int) func() {
	absent := []byte{highest + 1}
	return func() {
		onCores(cores, func(core int) {
			for i := core; i < len(answers); i += cores {
				if n := bytes.Count(bytewise(answers[i]), absent); n != 0 {
					panic("an answer that nobody gave")
				}
			}
		})
	}
}

// bytewise is the same memory as bytes.
func bytewise(column []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column))
}
