package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// block is some students of one district. In the file, a block is its items' columns
// one after the other, a byte an answer, as instrument.Columns holds them.
type block struct {
	district int
	rows     int
	at       int64 // in the file
}

// layOut shares the students out over districts of unequal size (one to seven parts;
// the last one has only a handful of students) and cuts those into blocks.
func layOut(students, districts, blockRows int) []block {
	const handful = 7
	parts := 0
	for d := range districts - 1 {
		parts += 1 + d%7
	}
	var blocks []block
	at, left := int64(0), students-handful
	for d := range districts {
		size := (students - handful) * (1 + d%7) / max(parts, 1)
		if d == districts-2 {
			size = left
		}
		if d == districts-1 {
			size = handful
		}
		left -= size
		for size > 0 {
			rows := min(size, blockRows)
			blocks = append(blocks, block{district: d, rows: rows, at: at})
			at, size = at+int64(rows)*items, size-rows
		}
	}
	return blocks
}

// burdens is how many levels of strain students are drawn from.
const burdens = 16

// table holds, by a student's burden and a random byte, the answer to an item.
type table [burdens][256]int8

// newTable makes the answers to an item: the odds of at least a value rise with the
// burden and fall with the value and with how hard the item is to endorse. One byte of
// 256 leaves the item blank.
func newTable(hard float64, reversed bool) *table {
	var t table
	for burden := range burdens {
		for b := range 255 {
			value := 0
			for value < mostValue && (float64(b)+.5)/255 < 1/(1+math.Exp(hard+1.4*float64(value+1)-.5*float64(burden))) {
				value++
			}
			if reversed {
				value = mostValue - value
			}
			t[burden][b] = int8(value)
		}
		t[burden][255] = instrument.BlankCode
	}
	return &t
}

// tables are those of every item.
func tables() [items]*table {
	plain, turned := newTable(.3, false), newTable(.3, true)
	var all [items]*table
	for i := range all {
		all[i] = plain
		if reversed(i) {
			all[i] = turned
		}
	}
	all[critical] = newTable(3, false)
	return all
}

// random is a splitmix64 generator: the same answers on every machine.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fill writes made-up answers of rows students, column by column. One student in eight
// has a burden in the upper half; one answer in 256 is missing.
func fill(into []int8, rows int, r *random, tables *[items]*table, levels []uint8) {
	for row := range rows {
		u := r.next()
		levels[row] = uint8(min(u&15, u>>4&15, u>>8&15))
	}
	for item, t := range tables {
		column := into[item*rows:][:rows]
		var bytes uint64
		for row := range column {
			if row%8 == 0 {
				bytes = r.next()
			}
			column[row] = t[levels[row]&15][bytes&255]
			bytes >>= 8
		}
	}
}

// generate writes the answers of all blocks to the file.
func generate(path string, blocks []block, seed uint64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w, t, r := bufio.NewWriterSize(f, 1<<20), tables(), random(seed)
	var answers []int8
	var levels []uint8
	for _, b := range blocks {
		answers, levels = grown(answers, b.rows*items), grown(levels, b.rows)
		fill(answers, b.rows, &r, &t, levels)
		if _, err := w.Write(unsigned(answers)); err != nil {
			return fmt.Errorf("writing answers: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing answers: %w", err)
	}
	return f.Close()
}

// read reads a block; in's columns are in buffer, which is reused.
func (b block) read(f io.ReaderAt, buffer []int8, in *instrument.Columns) ([]int8, error) {
	buffer = grown(buffer, b.rows*items)
	if _, err := f.ReadAt(unsigned(buffer), b.at); err != nil {
		return buffer, fmt.Errorf("reading answers: %w", err)
	}
	in.Rows = b.rows
	in.Items = grown(in.Items, items)
	for i := range in.Items {
		in.Items[i] = buffer[i*b.rows:][:b.rows]
	}
	return buffer, nil
}

// unsigned is the same answers as bytes, as a file holds them.
func unsigned(answers []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(answers))), len(answers))
}

func grown[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}
