package score

import "fmt"

// count notes where the number in an item's cell lies. Items with two answers are of
// the yes and no kind, where 1 and 2 may stand for either: they say nothing about an
// offset.
func (t *target) count(item int, e edge) {
	if len(t.cells[item].options) == 2 {
		t.pairs[e]++
		return
	}
	t.edges[e]++
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
