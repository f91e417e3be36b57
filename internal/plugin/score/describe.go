package score

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Describe says what the table was taken for: its format, which column is which item,
// and what cells mean. A wrong mapping shows here before it shows in a total.
func (s *Source) Describe(w io.Writer) {
	p := s.plan
	fmt.Fprintf(w, "%s: %s, %s\n", s.Name(), s.table.Format(), counted(len(p.header.names), "column"))
	for i := range p.targets {
		p.targets[i].describe(w, p.header)
	}
	for _, line := range []struct {
		name    string
		columns []int
	}{
		{"id", p.id}, {"kept", p.keep}, {"sex", []int{p.person.sex}}, {"age", []int{p.person.age}},
		{"grade", []int{p.person.grade}}, {"seconds", []int{p.person.seconds}}, {"not used", p.unused()},
	} {
		if text := p.header.ranges(line.columns); text != "" {
			fmt.Fprintf(w, "%s: %s\n", line.name, text)
		}
	}
}

func (t *target) describe(w io.Writer, h *header) {
	fmt.Fprintf(w, "%s version %s:\n", t.Code(), t.Version())
	for first := 0; first < len(t.columns); {
		last := first
		for last+1 < len(t.columns) && t.follows(last) {
			last++
		}
		items := sequence(first, last-first+1)
		switch {
		case t.columns[first] != absent:
			fmt.Fprintf(w, "  %s = %s  (by %s)\n", t.codes(items), h.ranges(t.columns[first:last+1]), t.origin[first])
		case t.needed[first]:
			fmt.Fprintf(w, "  %s: not in the table; counts as left blank\n", t.codes(items))
		default:
			fmt.Fprintf(w, "  %s: not in the table; nothing looks at it\n", t.codes(items))
		}
		first = last + 1
	}
	for _, line := range t.meanings() {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// follows tells that the next item is described together with this one.
func (t *target) follows(item int) bool {
	if t.columns[item] == absent {
		return t.columns[item+1] == absent && t.needed[item] == t.needed[item+1]
	}
	return t.columns[item+1] == t.columns[item]+1 && t.origin[item+1] == t.origin[item]
}

// meanings says what the cells of an instrument mean, beside its own numbers.
func (t *target) meanings() []string {
	var lines []string
	options := map[string]bool{}
	var texts []string
	for i := range t.columns {
		for _, option := range optionsOf(t.Spec, i) {
			for _, text := range []string{option.Text.En, option.Text.ZhCN} {
				if text != "" && !options[text] {
					options[text] = true
					texts = append(texts, text)
				}
			}
		}
	}
	if len(texts) > 0 {
		lines = append(lines, "texts that are known: "+strings.Join(texts[:min(len(texts), 12)], ", "))
	}
	if offset := t.items.offset(); offset != 0 {
		lines = append(lines, fmt.Sprintf("numbers: %+d", offset))
	}
	var given []string
	for _, text := range slices.Sorted(maps.Keys(t.items.Values)) {
		given = append(given, fmt.Sprintf("%s = %d", text, t.items.Values[text]))
	}
	for _, text := range slices.Sorted(maps.Keys(t.items.Missing)) {
		given = append(given, fmt.Sprintf("%s = %s", text, t.items.Missing[text]))
	}
	if len(given) > 0 {
		lines = append(lines, "given: "+strings.Join(given, ", "))
	}
	if len(t.items.Recoded) > 0 {
		lines = append(lines, "numbers already reversed in the table: "+strings.Join(t.items.Recoded, ", "))
	}
	return append(lines, "left blank: empty, "+strings.Join(blanks, ", "))
}

const mostRanges = 20

// ranges names columns, of very many the first, those that follow each other as FIRST..LAST.
func (h *header) ranges(columns []int) string {
	var parts []string
	for i := 0; i < len(columns); {
		if columns[i] == absent {
			i++
			continue
		}
		if len(parts) == mostRanges {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more columns", len(columns)-i)
		}
		j := i
		for j+1 < len(columns) && columns[j+1] == columns[j]+1 {
			j++
		}
		part := h.label(columns[i])
		if j > i {
			part += ".." + h.label(columns[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// label is a column's name, or its number when it has none.
func (h *header) label(column int) string {
	if name := short(h.names[column]); name != "" {
		return name
	}
	return "#" + strconv.Itoa(column+1)
}

func (p *plan) unused() []int {
	used := map[int]bool{}
	for _, columns := range [][]int{p.id, p.keep, p.person.columns()} {
		for _, column := range columns {
			used[column] = true
		}
	}
	for _, t := range p.targets {
		for _, column := range t.columns {
			used[column] = true
		}
	}
	for _, t := range p.totals {
		used[t.column] = true
	}
	var out []int
	for column := range p.header.names {
		if !used[column] {
			out = append(out, column)
		}
	}
	return out
}

// Preview shows how the first rows are read: by row, each instrument's answers. It
// shows answers, which is why it is only for who asks for it.
func (s *Source) Preview(w io.Writer, most int) error {
	for range most {
		row, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, t := range s.plan.targets {
			fmt.Fprintf(w, "row %d  %s  %s\n", row.Number, t.Code(), answers(t, row.Responses[i]))
		}
		if len(row.Issues) > 0 {
			fmt.Fprintf(w, "row %d  issues: %s\n", row.Number, issues(row.Issues))
		}
	}
	return nil
}

func answers(t target, response *instrument.Response) string {
	parts := make([]string, 0, len(response.Answers))
	for i, answer := range response.Answers {
		text := answer.Missing.String()
		if answer.Missing == instrument.None {
			text = strconv.Itoa(answer.Value)
		}
		parts = append(parts, t.Spec.Items[i].Code+"="+text)
	}
	return strings.Join(parts, " ")
}
