package status

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Style says how text is shown.
type Style struct {
	// Colour paints healths.
	Colour bool
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

var colours = map[Health]string{Healthy: green, Working: yellow, Attention: red}

// paint colours text by health.
func (s Style) paint(h Health, text string) string {
	if colour := colours[h]; s.Colour && colour != "" && text != "" {
		return colour + text + reset
	}
	return text
}

func (s Style) bold(text string) string {
	if s.Colour {
		return bold + text + reset
	}
	return text
}

// cell is one field of a table.
type cell struct {
	text   string
	health Health
}

func plain(text string) cell { return cell{text: text} }

func (s State) cell() cell       { return cell{s.text(), s.Health} }
func (s State) reasonCell() cell { return cell{s.reason(), s.Health} }

// table is a section of the report.
type table struct {
	title string
	head  []string
	rows  [][]cell
}

func (t *table) row(cells ...cell) { t.rows = append(t.rows, cells) }

// write prints the section; an empty one is left out. Columns are as wide as what they hold, colours not
// counted.
func (t *table) write(w io.Writer, style Style) {
	if len(t.rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", style.bold(t.title))
	widths := t.widths()
	head := make([]cell, len(t.head))
	for i, text := range t.head {
		head[i] = plain(text)
	}
	for _, row := range append([][]cell{head}, t.rows...) {
		fmt.Fprintln(w, strings.TrimRight(line(row, widths, style), " "))
	}
}

func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for i, text := range t.head {
		widths[i] = len(text)
	}
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.shown()))
		}
	}
	return widths
}

func line(row []cell, widths []int, style Style) string {
	var out strings.Builder
	for i, c := range row {
		out.WriteString("  " + style.paint(c.health, c.shown()))
		if i < len(row)-1 {
			out.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.shown())+1))
		}
	}
	return out.String()
}

// shown marks what is empty, so that columns stay columns for cut and awk.
func (c cell) shown() string {
	if c.text == "" {
		return "-"
	}
	return c.text
}
