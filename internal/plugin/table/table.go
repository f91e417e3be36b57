// Package table prints columns of text for people.
package table

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// Colour of a cell, as a terminal is told it.
type Colour string

// The colours; Plain is the terminal's own.
const (
	Plain  Colour = ""
	Bold   Colour = "\x1b[1m"
	Red    Colour = "\x1b[31m"
	Green  Colour = "\x1b[32m"
	Yellow Colour = "\x1b[33m"

	reset = "\x1b[0m"
)

// Paint colours a text, when the reader wants colours.
func (c Colour) Paint(text string, wanted bool) string {
	if !wanted || c == Plain || text == "" {
		return text
	}
	return string(c) + text + reset
}

// Table is a head and rows of as many cells.
type Table struct {
	Title   string // on a line of its own, after an empty one; none when empty
	Head    []string
	Numbers []int // the columns that are flush right
	rows    [][]Cell
}

// Cell is one field of a table.
type Cell struct {
	Text   string
	Colour Colour
}

// Row adds a row; its first cell has the colour.
func (t *Table) Row(colour Colour, texts ...string) { t.Cells(cells(colour, texts)...) }

// Cells adds a row. An empty cell is shown as "-", so that columns stay columns for cut
// and awk.
func (t *Table) Cells(row ...Cell) {
	for i := range row {
		if row[i].Text == "" {
			row[i].Text = "-"
		}
	}
	t.rows = append(t.rows, row)
}

func cells(colour Colour, texts []string) []Cell {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i] = Cell{Text: text}
	}
	row[0].Colour = colour
	return row
}

// Write prints the table, nothing when it has no rows. Columns are as wide as what they
// hold, colours not counted; the last one is not padded.
func (t *Table) Write(w io.Writer, coloured bool) {
	if len(t.rows) == 0 {
		return
	}
	if t.Title != "" {
		fmt.Fprintf(w, "\n%s\n", Bold.Paint(t.Title, coloured))
	}
	rows := append([][]Cell{cells(Plain, t.Head)}, t.rows...)
	widths := make([]int, len(t.Head))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], columns(c.Text))
		}
	}
	for _, row := range rows {
		fmt.Fprintln(w, strings.TrimRight(t.line(row, widths, coloured), " "))
	}
}

func (t *Table) line(row []Cell, widths []int, coloured bool) string {
	var out strings.Builder
	for i, c := range row {
		padding := strings.Repeat(" ", widths[i]-columns(c.Text))
		text := c.Colour.Paint(c.Text, coloured)
		if t.isNumber(i) {
			text, padding = padding+text, ""
		}
		out.WriteString("  " + text + padding)
	}
	return out.String()
}

// columns is how many columns of a terminal a text takes: Chinese characters take two.
func columns(text string) (n int) {
	for _, r := range text {
		n++
		if kind := width.LookupRune(r).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

func (t *Table) isNumber(column int) bool { return slices.Contains(t.Numbers, column) }
