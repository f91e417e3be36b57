package score

import (
	"fmt"
	"slices"
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
	alone  bool          // no other instrument is scored: item codes by themselves tell
	bare   bool          // the instrument's code without its number tells: phq1
	goesOn int           // columns called like items that go on beyond the last one: 0, 1, or 2 and more
	could  map[int][]int // by the item's position: the columns that could be it, where several could
}

// newMatch looks at the header as a whole first: columns that count on beyond the
// instrument's last item belong to another one (PHQ1..PHQ9 are not the PHQ-4's).
func newMatch(h *header, in Instrument, alone bool) match {
	m := match{header: h, in: in, alone: alone, could: map[int][]int{}}
	last := 0
	for _, item := range in.Spec.Items {
		if n, err := strconv.Atoi(strings.TrimPrefix(item.Code, "q")); err == nil {
			last = max(last, n)
		}
	}
	next := forms("q" + strconv.Itoa(last+1))
	m.bare = m.family() != "" && !slices.ContainsFunc(next, func(form string) bool { return h.letters[m.family()+form] != nil })
	for last > 0 && m.goesOn < 2 && h.has(forms("q"+strconv.Itoa(last+1+m.goesOn))) {
		m.goesOn++
	}
	return m
}

// has tells that a column is called by one of the forms that are more than a number.
func (h *header) has(forms []string) bool {
	return slices.ContainsFunc(forms, func(form string) bool { return named(form) && h.letters[form] != nil })
}

// tells that the codes of items by themselves say which column is which. One column
// more may be a question that is not scored; several are somebody else's, and then the
// first ones may be too: Q1..Q42 are not the DASS-21's.
func (m match) tells() bool { return m.alone && m.goesOn < 2 }

// family is the instrument's code without its number, phq of phq-9; "" when it has none.
func (m match) family() string {
	code := letters(m.in.Code())
	if family := strings.TrimRight(code, "0123456789"); family != code {
		return family
	}
	return ""
}

// named tells that a form is more than a number, which could be anything.
func named(form string) bool {
	_, err := strconv.Atoi(form)
	return err != nil
}

// columns returns, by the item's position, the column of each item that was found, or -1.
func (m match) columns() []int {
	found := make([]int, len(m.in.Spec.Items))
	claims := map[int]int{}
	names := m.naming()
	for position := range found {
		found[position] = m.column(position, names(position))
		claims[found[position]]++
	}
	for position, column := range found {
		if claims[column] > 1 {
			found[position] = -1
		}
	}
	return found
}

func (m match) column(position int, names []string) int {
	for _, name := range names {
		columns := m.header.letters[name]
		if len(columns) == 1 {
			return columns[0]
		}
		if len(columns) > 1 && m.could[position] == nil {
			m.could[position] = columns
		}
	}
	return m.byWording(position)
}

// naming is one way to name the columns of all items: after the instrument (phq9_1),
// after it without its number (phq1), or by their codes alone (q1). Ways are not mixed:
// beside q1..q9, PHQ9 is a total and no item, and beside PHQ9_1..PHQ9_8, q9 is somebody
// else's.
func (m match) naming() func(position int) []string {
	whole := m.after(letters(m.in.Code()), func(string) bool { return true })
	family := m.after(m.family(), func(string) bool { return m.bare })
	alone := m.after("", func(form string) bool { return m.tells() && named(form) })
	switch {
	case m.count(whole) > 0:
		return whole
	case m.count(family) > 1:
		return family
	}
	return alone
}

// after names items with a prefix, in those forms that are allowed.
func (m match) after(prefix string, allowed func(form string) bool) func(position int) []string {
	return func(position int) (names []string) {
		for _, form := range forms(letters(m.in.Spec.Items[position].Code)) {
			if allowed(form) {
				names = append(names, prefix+form)
			}
		}
		return names
	}
}

// count is how many items have a column that is named so.
func (m match) count(names func(position int) []string) (n int) {
	for position := range m.in.Spec.Items {
		if slices.ContainsFunc(names(position), func(name string) bool { return m.header.letters[name] != nil }) {
			n++
		}
	}
	return n
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
				m.could[position] = []int{found, i}
				return -1
			}
			found = i
		}
	}
	return found
}
