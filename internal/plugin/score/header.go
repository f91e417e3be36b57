package score

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// header finds columns by what people call them.
type header struct {
	names   []string
	exact   map[string][]int // positions by name as written
	loose   map[string][]int // by plain name
	letters map[string][]int // by letters and digits alone
	words   []string         // by position: letters and digits alone
}

func newHeader(names []string) *header {
	h := &header{names: names, exact: map[string][]int{}, loose: map[string][]int{}, letters: map[string][]int{}}
	for i, name := range names {
		h.exact[name] = append(h.exact[name], i)
		h.loose[plain(name)] = append(h.loose[plain(name)], i)
		word := letters(name)
		h.letters[word] = append(h.letters[word], i)
		h.words = append(h.words, word)
	}
	return h
}

// find returns the position of the one column that is called so, or #3.
func (h *header) find(name string) (int, error) {
	for _, found := range [][]int{h.exact[name], h.loose[plain(name)]} {
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return 0, fmt.Errorf("there are %d columns %q; write one of them by its number: %s", len(found), name, numbered(found))
	}
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > len(h.names) {
			return 0, fmt.Errorf("there is no column %s; columns go from #1 to #%d", name, len(h.names))
		}
		return n - 1, nil
	}
	return 0, fmt.Errorf("there is no column %q; the columns are %s", name, h.list())
}

func numbered(positions []int) string {
	texts := make([]string, 0, len(positions))
	for _, position := range positions {
		texts = append(texts, "#"+strconv.Itoa(position+1))
	}
	return strings.Join(texts, ", ")
}

// list names the columns, and of very many the first.
func (h *header) list() string {
	const most = 60
	names := make([]string, 0, most)
	for _, name := range h.names[:min(len(h.names), most)] {
		names = append(names, short(name))
	}
	text := strings.Join(names, ", ")
	if more := len(h.names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// short is a name fit for a line: headers can be whole questions.
func short(name string) string {
	const most = 40
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}

// span returns n columns from one name to another: those that count on from the first
// to the last (D1, D2, ...), and otherwise those that stand between them.
func (h *header) span(from, to string, n int) ([]int, error) {
	if counted := h.counted(from, to, n); counted != nil {
		return counted, nil
	}
	first, err := h.find(from)
	if err != nil {
		return nil, err
	}
	last, err := h.find(to)
	if err != nil {
		return nil, err
	}
	if last-first+1 != n {
		return nil, fmt.Errorf("from %q to %q there are %d columns, for %d items; write the items one by one", from, to, max(last-first+1, 0), n)
	}
	return sequence(first, n), nil
}

func sequence(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}

// counted finds D1, D2 ... D9, DPQ010, DPQ020 ... DPQ090 or q1_t2, q2_t2 ... q9_t2,
// wherever they stand; nil when they do not count evenly or one of them is not there.
func (h *header) counted(from, to string, n int) []int {
	a, b, ok := between(splitNumbers(from), splitNumbers(to))
	if !ok || n < 2 || (b.number-a.number)%(n-1) != 0 {
		return nil
	}
	step := (b.number - a.number) / (n - 1)
	out := make([]int, 0, n)
	for i := range n {
		name := a.at(a.number + i*step)
		position, err := h.find(name)
		if err != nil {
			return nil
		}
		out = append(out, position)
	}
	return out
}

// numberedName is a name with one of its numbers taken out: q1_t2 by its 1, or by its 2.
type numberedName struct {
	before, behind string
	number, width  int
}

var numbers = regexp.MustCompile("[0-9]+")

// splitNumbers takes each number out of a name, the last one first.
func splitNumbers(name string) []numberedName {
	var out []numberedName
	for _, found := range slices.Backward(numbers.FindAllStringIndex(name, -1)) {
		start, end := found[0], found[1]
		if n, err := strconv.Atoi(name[start:end]); err == nil { // others are too long
			out = append(out, numberedName{name[:start], name[end:], n, end - start})
		}
	}
	return out
}

// between finds the number by which two names differ, and by it alone.
func between(from, to []numberedName) (a, b numberedName, ok bool) {
	for _, a := range from {
		for _, b := range to {
			if a.before == b.before && a.behind == b.behind {
				return a, b, true
			}
		}
	}
	return a, b, false
}

func (n numberedName) at(number int) string {
	return fmt.Sprintf("%s%0*d%s", n.before, n.width, number, n.behind)
}

// series finds runs of columns that count on, n of them or one more, for suggestions:
// "D1..D9".
func (h *header) series(n int) []string {
	groups := map[[2]string][]int{} // names but for their numbers -> positions, in order
	var order [][2]string
	for i, name := range h.names {
		for _, split := range splitNumbers(name) {
			group := [2]string{split.before, split.behind}
			if groups[group] == nil {
				order = append(order, group)
			}
			groups[group] = append(groups[group], i)
		}
	}
	var found []string
	for _, group := range order {
		columns := groups[group]
		if len(columns) < n || len(columns) > n+1 {
			continue
		}
		found = append(found, h.names[columns[0]]+".."+h.names[columns[n-1]])
	}
	return slices.Compact(found)
}
