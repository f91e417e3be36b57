package score

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// absent is the column of an item that the table does not have.
const absent = -1

// plan is a mapping worked out against one header: where everything is.
type plan struct {
	header  *header
	targets []target // by instrument
	id      []int
	keep    []int
	person  person
	totals  []total
	width   int // columns that a row must have for everything to be in it
}

// target is where the items of one instrument are.
type target struct {
	Instrument
	columns []int    // by the item's position; absent
	origin  []string // by the item's position: how the column was found
	cells   []*cells // by the item's position; nil for absent ones
	edges   [5]int   // cells by edge, of items with three answers and more
	pairs   [5]int   // the same, of items with two
	match   match    // how columns were looked for by their names
	byCode  bool     // some were found by the item's code alone
	items   Items
}

// newPlan works out a mapping. The error says what is not found, and what there is.
func newPlan(names []string, instruments []Instrument, m Mapping, checks []string) (*plan, error) {
	p := &plan{header: newHeader(names)}
	if err := m.check(instruments); err != nil {
		return nil, err
	}
	for _, in := range instruments {
		t, err := newTarget(p.header, in, m.Items[in.Code()], len(instruments) == 1)
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, *t)
	}
	if err := p.unshared(); err != nil {
		return nil, err
	}
	var err error
	if p.id, err = p.header.all("id", m.ID); err != nil {
		return nil, err
	}
	if p.keep, err = p.header.all("keep", m.Keep); err != nil {
		return nil, err
	}
	if p.person, err = newPerson(p.header, m); err != nil {
		return nil, err
	}
	if p.totals, err = newTotals(p, checks); err != nil {
		return nil, err
	}
	p.width = p.furthest() + 1
	return p, nil
}

// check finds instruments in the mapping that are not to be scored.
func (m Mapping) check(instruments []Instrument) error {
	for _, code := range slices.Sorted(maps.Keys(m.Items)) {
		if !slices.ContainsFunc(instruments, func(in Instrument) bool { return in.Code() == code }) {
			return fmt.Errorf("the mapping is for an instrument %q that is not to be scored; add -i %s or leave it out", code, code)
		}
	}
	return nil
}

func (h *header) all(field string, names []string) ([]int, error) {
	var out []int
	for _, name := range names {
		position, err := h.find(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		out = append(out, position)
	}
	return out, nil
}

func newTarget(h *header, in Instrument, items Items, alone bool) (*target, error) {
	n := len(in.Spec.Items)
	t := &target{Instrument: in, columns: make([]int, n), origin: make([]string, n), cells: make([]*cells, n), items: items}
	for i := range t.columns {
		t.columns[i] = absent
	}
	for _, step := range []func(*header) error{t.byColumns, t.byMap, t.byHeader(alone), t.recoded, t.complete} {
		if err := step(h); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Code(), err)
		}
	}
	for i, column := range t.columns {
		if column == absent {
			continue
		}
		var err error
		if t.cells[i], err = newCells(in, i, items); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// byColumns takes "3-11" or "2,5,7-13": the items in their order. Items that nothing
// looks at may be left out at the end.
func (t *target) byColumns(h *header) error {
	if t.items.Columns == "" {
		return nil
	}
	var columns []int
	for part := range strings.SplitSeq(t.items.Columns, ",") {
		first, last, err := interval(part)
		if err != nil {
			return err
		}
		if last > len(h.names) {
			return fmt.Errorf("columns %s: the table has %d columns", t.items.Columns, len(h.names))
		}
		columns = append(columns, sequence(first-1, last-first+1)...)
		if len(columns) > len(t.columns) {
			break // there are too many already
		}
	}
	if n, all := len(columns), len(t.columns); n != all && n != t.leading() {
		return fmt.Errorf("columns %s: are %d, for %d items", t.items.Columns, n, all)
	}
	for i, column := range columns {
		t.columns[i], t.origin[i] = column, "--columns"
	}
	return nil
}

// leading is how many items there are without those at the end that nothing looks at.
func (t *target) leading() int {
	n := len(t.needed)
	for n > 0 && !t.needed[n-1] {
		n--
	}
	return n
}

func interval(text string) (first, last int, err error) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	first, errFrom := strconv.Atoi(strings.TrimSpace(from))
	last, errTo := strconv.Atoi(strings.TrimSpace(to))
	if errFrom != nil || errTo != nil || first < 1 || last < first {
		return 0, 0, fmt.Errorf("columns %q is no range; write the numbers of the first and the last column, such as 3-11, or of single ones: 2,5,7-13", text)
	}
	return first, last, nil
}

// byMap takes what is said item by item, or range by range.
func (t *target) byMap(h *header) error {
	for _, item := range slices.Sorted(maps.Keys(t.items.Map)) {
		positions, err := t.positions(item)
		if err != nil {
			return err
		}
		columns, err := h.columns(t.items.Map[item], len(positions))
		if err != nil {
			return fmt.Errorf("map %s: %w", item, err)
		}
		for i, position := range positions {
			if t.origin[position] == "--map" {
				return fmt.Errorf("map %s: item %s has a column already; give it once", item, t.Spec.Items[position].Code)
			}
			t.columns[position], t.origin[position] = columns[i], "--map"
		}
	}
	return nil
}

// columns takes one name, or a range for as many items.
func (h *header) columns(text string, n int) ([]int, error) {
	from, to, ranged := strings.Cut(text, "..")
	if _, err := h.find(text); err == nil || !ranged {
		ranged = false
	}
	switch {
	case ranged:
		return h.span(strings.TrimSpace(from), strings.TrimSpace(to), n)
	case n != 1:
		return nil, fmt.Errorf("%q is one column for %d items; write FIRST..LAST", text, n)
	}
	position, err := h.find(text)
	return []int{position}, err
}

// positions takes an item, or a range such as q1..q9.
func (t *target) positions(text string) ([]int, error) {
	from, to, ranged := strings.Cut(text, "..")
	first, err := t.position(strings.TrimSpace(from))
	if err != nil || !ranged {
		return []int{first}, err
	}
	last, err := t.position(strings.TrimSpace(to))
	if err != nil {
		return nil, err
	}
	if last < first {
		return nil, fmt.Errorf("items %s go backwards; write them in the instrument's order", text)
	}
	return sequence(first, last-first+1), nil
}

func (t *target) position(item string) (int, error) {
	if position, ok := t.Position(strings.ToLower(item)); ok {
		return position, nil
	}
	return 0, fmt.Errorf("there is no item %q; the items are %s", item, t.codes(t.all()))
}

func (t *target) all() []int { return sequence(0, len(t.columns)) }

// byHeader finds what is still open by itself. Item codes alone tell nothing when
// several instruments are scored, but for names that hold the instrument's.
func (t *target) byHeader(alone bool) func(h *header) error {
	return func(h *header) error {
		t.match = newMatch(h, t.Instrument, alone)
		for position, column := range t.match.columns() {
			if column != absent && t.origin[position] == "" && !slices.Contains(t.columns, column) && !slices.Contains(t.items.Absent, t.Spec.Items[position].Code) {
				t.columns[position], t.origin[position] = column, "its name"
				t.byCode = t.byCode || slices.Contains(forms(letters(t.Spec.Items[position].Code)), h.words[column])
			}
		}
		return nil
	}
}

func (t *target) recoded(*header) error {
	for _, item := range t.items.Recoded {
		if _, err := t.position(item); err != nil {
			return fmt.Errorf("recoded: %w", err)
		}
	}
	return nil
}

// complete says which items that scoring looks at have no column, unless they are said
// to be absent, and what could be meant.
func (t *target) complete(h *header) error {
	var open []int
	for position, column := range t.columns {
		code := t.Spec.Items[position].Code
		if column != absent || !t.needed[position] || slices.Contains(t.items.Absent, code) {
			continue
		}
		open = append(open, position)
	}
	for _, item := range t.items.Absent {
		if _, err := t.position(item); err != nil {
			return fmt.Errorf("absent: %w", err)
		}
	}
	if len(open) == 0 {
		return nil
	}
	text := fmt.Sprintf("no column was found for %s", t.codes(open))
	if suggestion := t.suggest(h, len(open)); suggestion != "" {
		text += "; perhaps " + suggestion
	}
	text += t.undecided(open)
	return fmt.Errorf("%s; give --map ITEM=COLUMN, --columns FIRST-LAST, or --absent ITEM for items that were not asked; the columns are %s", text, h.list())
}

// undecided says why columns that are called like items were not taken.
func (t *target) undecided(open []int) string {
	for _, position := range open {
		if columns := t.match.could[position]; columns != nil {
			code := t.Spec.Items[position].Code
			return fmt.Sprintf("; %s could be each of %s, so write one: --map %s=#%d", code, numbered(columns), code, columns[0]+1)
		}
	}
	if t.match.alone && !t.match.tells() {
		return fmt.Sprintf("; columns that are called like items go on beyond %s, so they may be another instrument's", t.Spec.Items[len(t.Spec.Items)-1].Code)
	}
	return ""
}

// suggest offers runs of columns of the right length, for a person to judge.
func (t *target) suggest(h *header, open int) string {
	if open < 2 || open != t.leading() {
		return ""
	}
	span := t.Spec.Items[0].Code + ".." + t.Spec.Items[open-1].Code
	var offers []string
	for _, series := range h.series(open) {
		offers = append(offers, fmt.Sprintf("--map %s=%s", span, series))
	}
	return strings.Join(offers[:min(len(offers), 3)], " or ")
}

// codes lists items, as ranges where they follow each other.
func (t *target) codes(positions []int) string {
	var parts []string
	for i := 0; i < len(positions); {
		j := i
		for j+1 < len(positions) && positions[j+1] == positions[j]+1 {
			j++
		}
		part := t.Spec.Items[positions[i]].Code
		if j > i {
			part += ".." + t.Spec.Items[positions[j]].Code
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// unshared refuses a column that two items of one instrument read. Two instruments may
// share one: PHQ-2 is the beginning of PHQ-9.
func (p *plan) unshared() error {
	for _, t := range p.targets {
		taken := map[int]string{}
		for position, column := range t.columns {
			code := t.Spec.Items[position].Code
			if column == absent {
				continue
			}
			if first, twice := taken[column]; twice {
				return fmt.Errorf("%s: items %s and %s have the same column %q; each has one of its own", t.Code(), first, code, short(p.header.names[column]))
			}
			taken[column] = code
		}
	}
	return nil
}

// furthest is the last column that is read.
func (p *plan) furthest() int {
	last := 0
	for _, columns := range [][]int{p.id, p.keep, p.person.columns()} {
		for _, column := range columns {
			last = max(last, column)
		}
	}
	for _, t := range p.targets {
		last = max(last, slices.Max(t.columns))
	}
	for _, t := range p.totals {
		last = max(last, t.column)
	}
	return last
}
