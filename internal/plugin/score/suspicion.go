package score

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// count notes what is in an item's cell and where a number lies. Items with two answers
// are of the yes and no kind, where 1 and 2 may stand for either: they say nothing about
// an offset.
func (t *target) count(item int, read cell) {
	switch c := t.cells[item]; {
	case read.fault == notKnown:
		c.unknown++
	case read.fault != "" || read.answer.Missing == instrument.None:
		c.others++
	}
	if t.pair(item) {
		t.pairs[read.edge]++
		return
	}
	t.edges[read.edge]++
}

// pair tells that the item has two answers.
func (t *target) pair(item int) bool { return len(t.cells[item].options) == 2 }

// unknownPairs finds items with two answers that have no cell but texts that are not
// known, as where a table says yes and no in words of its own. The hint holds none of
// them: the columns may be others than was meant.
func (t *target) unknownPairs() string {
	var items []int
	for i, c := range t.cells {
		if c != nil && t.pair(i) && c.unknown > 0 && c.others == 0 {
			items = append(items, i)
		}
	}
	if len(items) == 0 {
		return ""
	}
	options := t.cells[items[0]].options
	most, least := slices.Max(options), slices.Min(options)
	for _, c := range t.cells { // what --values says is for every item
		if c != nil && (!slices.Contains(c.options, most) || !slices.Contains(c.options, least)) {
			return ""
		}
	}
	return fmt.Sprintf("no cell of %s is a number or a text that is known, and each has two answers; if these are the right columns, say with your table's own texts which stands for which: --values TEXT=%d,TEXT=%d%s",
		t.codes(items), most, least, t.meaning(items, most, least))
}

// meaning says what two answers are in the instrument's own words, where it has words
// and they are the same for all of these items.
func (t *target) meaning(items []int, most, least int) string {
	text := t.wording(items[0], most, least)
	if slices.ContainsFunc(items, func(item int) bool { return t.wording(item, most, least) != text }) {
		return ""
	}
	return text
}

func (t *target) wording(item int, values ...int) string {
	var parts []string
	for _, value := range values {
		for _, option := range optionsOf(t.Spec, item) {
			text := cmp.Or(option.Text.En, option.Text.ZhCN)
			if int(*option.Value) == value && text != "" {
				parts = append(parts, fmt.Sprintf("%d is %q", value, text))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ", where " + strings.Join(parts, " and ")
}

// suspicion finds a table that counts from another number than the instrument. Only
// the rows that hold the number beyond the instrument's are rejected; in all others
// every answer is one off, and "not at all" may be a critical one. Numbers one beyond
// one end while the number at the other end never occurs are enough to say so; without
// the former it takes many rows, and that nobody has said how the table counts.
func (t *target) suspicion(rows int) string {
	const (
		enough      = 20
		consequence = "then the scores and critical answers of all rows are wrong, also of those without an issue"
	)
	offset := t.items.offset()
	switch e, p := t.edges, t.pairs; {
	case e[lowest] == 0 && e[above] > 0:
		return fmt.Sprintf("cells hold one more than the highest answer, and none the lowest; perhaps the table counts from 1 and the instrument from 0: %s; if so give --offset %+d, and if not say with --missing what that number stands for", consequence, offset-1)
	case e[highest] == 0 && e[below] > 0:
		return fmt.Sprintf("cells hold one less than the lowest answer, and none the highest; perhaps the table counts from 0 and the instrument from 1: %s; if so give --offset %+d, and if not say with --missing what that number stands for", consequence, offset+1)
	case e[lowest] == 0 && e[highest] > 0 && rows >= enough && t.items.Offset == nil:
		return fmt.Sprintf("nobody gave the lowest answer to any item; perhaps the table counts from 1 and the instrument from 0: %s; if so give --offset -1, and if not --offset 0", consequence)
	case p[lowest] == 0 && p[above] > 0, p[highest] == 0 && p[below] > 0:
		return "cells of items with two answers hold another number beside one of the two; say which stands for which, such as --values 1=1,2=0"
	}
	return ""
}
