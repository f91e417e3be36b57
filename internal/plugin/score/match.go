package score

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// match finds the items of an instrument in a header without being told: columns that
// are called like the item (q1, PHQ-9 q1, phq9_1), or by its wording, as survey
// services export it. A column that could be two items, or an item that could be two
// columns, is left open: a wrong guess would misjudge a child.
type match struct {
	header *header
	in     Instrument
	alone  bool // no other instrument is scored: item codes by themselves tell
}

// columns returns, by the item's position, the column of each item that was found, or -1.
func (m match) columns() []int {
	found := make([]int, len(m.in.Spec.Items))
	claims := map[int]int{}
	for position := range found {
		found[position] = m.column(position)
		claims[found[position]]++
	}
	for position, column := range found {
		if claims[column] > 1 {
			found[position] = -1
		}
	}
	return found
}

func (m match) column(position int) int {
	names := m.qualified(position)
	if m.alone {
		for _, form := range forms(letters(m.in.Spec.Items[position].Code)) {
			if _, err := strconv.Atoi(form); err != nil { // a bare number could be anything
				names = append(names, form)
			}
		}
	}
	for _, name := range names {
		if columns := m.header.letters[letters(name)]; len(columns) == 1 {
			return columns[0]
		}
	}
	return m.byWording(position)
}

// qualified are the names of an item with its instrument's: phq9q1, phq91, phq1.
func (m match) qualified(position int) []string {
	code, item := letters(m.in.Code()), letters(m.in.Spec.Items[position].Code)
	var names []string
	bare := strings.TrimRight(code, "0123456789") // dass of dass-21
	for _, form := range forms(item) {
		names = append(names, code+form)
		if bare != code && bare != "" {
			names = append(names, bare+form)
		}
	}
	return names
}

// forms are the ways of writing the code of an item that has a number for one: q1, q01,
// 1, 01, item1, item01, 第1题.
func forms(item string) []string {
	digits, ok := strings.CutPrefix(item, "q")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return []string{item}
	}
	padded := fmt.Sprintf("%02d", n)
	return []string{item, "q" + padded, digits, padded, "item" + digits, "item" + padded, "第" + digits + "题"}
}

// byWording looks for a header that ends in the item's own words: "3、入睡困难…",
// "How often ... [Feeling tired or having little energy]".
func (m match) byWording(position int) int {
	const least = 6 // characters; fewer could be part of anything
	found := -1
	text := m.in.Spec.Items[position].Text
	for _, wording := range []string{letters(text.ZhCN), letters(text.En)} {
		if utf8.RuneCountInString(wording) < least {
			continue
		}
		for i, word := range m.header.words {
			if !strings.HasSuffix(word, wording) {
				continue
			}
			if found >= 0 && found != i {
				return -1
			}
			found = i
		}
	}
	return found
}
