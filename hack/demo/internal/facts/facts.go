// Package facts compares what is stored in the districts, read with the auditor's role,
// with what must be there.
package facts

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Fact is one line of the table.
type Fact struct {
	Name string `json:"fact"`
	// Where is a district, or "both".
	Where string `json:"where"`
	Want  string `json:"want"`
	Got   string `json:"got"`
	OK    bool   `json:"ok"`
}

// Table is all facts in order.
type Table []Fact

// Equal adds a fact whose two sides must be the same.
func (t *Table) Equal(where, name string, want, got any) {
	w, g := fmt.Sprint(want), fmt.Sprint(got)
	*t = append(*t, Fact{Name: name, Where: where, Want: w, Got: g, OK: w == g})
}

// AtLeast adds a fact that must be reached.
func (t *Table) AtLeast(where, name string, want, got int) {
	*t = append(*t, Fact{Name: name, Where: where, Want: fmt.Sprintf("at least %d", want), Got: fmt.Sprint(got), OK: got >= want})
}

// Wrong are the facts that do not hold.
func (t Table) Wrong() Table {
	var wrong Table
	for _, f := range t {
		if !f.OK {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// Write prints the table.
func (t Table) Write(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tWHERE\tFACT\tEXPECTED\tFOUND")
	for _, f := range t {
		mark := map[bool]string{true: "✓", false: "✗"}[f.OK]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", mark, f.Where, f.Name, f.Want, f.Got)
	}
	table.Flush()
}
