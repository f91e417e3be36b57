package validate

import (
	"fmt"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

var colours = map[manifest.Severity]table.Colour{manifest.Error: table.Red, manifest.Warning: table.Yellow}

// Write prints the report for people: a finding a line, then what was checked.
func (r Report) Write(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"SEVERITY", "WHERE", "OBJECT", "FIELD", "MESSAGE"}}
	for _, f := range r.Findings {
		where := fmt.Sprintf("%s:%d", f.File, f.Line)
		t.Row(colours[f.Severity], string(f.Severity), where, f.Subject(), f.Field, strings.Join(strings.Fields(f.Message), " "))
	}
	t.Write(w, coloured)
	if len(r.Findings) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, r.summary(coloured))
}

func (r Report) summary(coloured bool) string {
	colour, verdict := table.Green, "valid"
	switch {
	case r.Errors > 0:
		colour, verdict = table.Red, count(r.Errors, "error")
	case r.Warnings > 0:
		colour = table.Yellow
	}
	text := count(r.Objects, "object") + ": " + colour.Paint(verdict, coloured)
	if r.Warnings > 0 {
		text += ", " + count(r.Warnings, "warning")
	}
	if r.Others > 0 {
		text += fmt.Sprintf("; %s of other groups not checked", count(r.Others, "object"))
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
