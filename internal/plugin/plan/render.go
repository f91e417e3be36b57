package plan

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/ical"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Write prints the plan for people. With diff only what would change is printed.
func (r Report) Write(w io.Writer, coloured, diff bool) {
	fmt.Fprintln(w, table.Bold.Paint("Campaign "+r.Campaign, coloured)+" "+r.headline())
	if diff {
		r.writeChanges(w, coloured)
		return
	}
	for _, g := range r.groups() {
		g.write(w, coloured)
	}
	r.writeBlocked(w, coloured)
	r.writeSkipped(w, coloured)
}

func (r Report) headline() string {
	var parts []string
	switch {
	case r.Slot == "":
		parts = append(parts, "has no run to come")
	case r.Preview:
		parts = append(parts, "will run on "+r.Slot)
	default:
		parts = append(parts, "runs since "+r.Slot)
	}
	if r.NextSlot != "" {
		parts = append(parts, "next on "+r.NextSlot)
	}
	return strings.Join(append(parts, r.TimeZone), ", ")
}

// group is the districts that have the same dates.
type group struct {
	districts []string
	Round
}

func (r Report) groups() []group {
	var out []group
	for _, round := range r.Rounds {
		i := slices.IndexFunc(out, func(g group) bool {
			return slices.Equal(g.Phases, round.Phases) && g.OpensAt.Equal(round.OpensAt) && g.ClosesAt.Equal(round.ClosesAt) && g.Sessions == round.Sessions
		})
		if i < 0 {
			out = append(out, group{Round: round})
			i = len(out) - 1
		}
		out[i].districts = append(out[i].districts, round.District)
	}
	return out
}

func (g group) write(w io.Writer, coloured bool) {
	fmt.Fprintf(w, "\n%s (%s)\n", table.Bold.Paint(strings.Join(g.districts, ", "), coloured), g.Name)
	t := table.Table{Head: []string{"PHASE", "FROM", "TO"}}
	for _, p := range g.Phases {
		t.Row(table.Plain, p.Name, weekday(p.From), weekday(p.To))
	}
	t.Write(w, coloured)
	sessions := strconv.Itoa(g.Sessions) + " sessions"
	if g.Sessions == 1 {
		sessions = "1 session"
	}
	fmt.Fprintf(w, "  Students answer from %s to %s, %s.\n", minute(g.OpensAt), minute(g.ClosesAt), sessions)
}

func (r Report) writeBlocked(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"BLOCKED", "REASON"}}
	for _, b := range r.Blocked {
		t.Row(table.Red, b.District, b.Reason)
	}
	section(w, &t, len(r.Blocked), coloured)
}

// writeSkipped puts days in a row with the same reason into one line.
func (r Report) writeSkipped(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"SKIPPED", "REASON"}}
	for i := 0; i < len(r.Skipped); {
		j := i + 1
		for j < len(r.Skipped) && r.Skipped[j].Reason == r.Skipped[i].Reason && follows(r.Skipped[j-1].Date, r.Skipped[j].Date) {
			j++
		}
		days := weekday(r.Skipped[i].Date)
		if j > i+1 {
			days += " to " + weekday(r.Skipped[j-1].Date)
		}
		t.Row(table.Yellow, days, r.Skipped[i].Reason)
		i = j
	}
	section(w, &t, len(r.Skipped), coloured)
}

func (r Report) writeChanges(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"CHANGE", "DISTRICT", "ROUND", "NOW", "THEN"}}
	colours := map[string]table.Colour{"New": table.Green, "Moved": table.Yellow, "Gone": table.Red}
	for _, c := range r.Changes {
		t.Row(colours[c.Change], c.Change, c.District, c.Round, strings.Join(c.Old, " to "), strings.Join(c.New, " to "))
	}
	if len(r.Changes) == 0 {
		fmt.Fprintln(w, "\nNothing would change.")
		return
	}
	section(w, &t, len(r.Changes), coloured)
}

func section(w io.Writer, t *table.Table, rows int, coloured bool) {
	if rows > 0 {
		fmt.Fprintln(w)
		t.Write(w, coloured)
	}
}

func weekday(date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return date + " " + day.Format("Mon")
}

func follows(first, second string) bool {
	day, err := time.Parse(time.DateOnly, first)
	return err == nil && day.AddDate(0, 0, 1).Format(time.DateOnly) == second
}

// WriteICal writes the phases as iCalendar, an entry for each group of districts that
// has the same dates.
func (r Report) WriteICal(w io.Writer, stamp time.Time) error {
	var entries []ical.Entry
	for _, g := range r.groups() {
		for _, p := range g.Phases {
			entries = append(entries, ical.Entry{
				Name: fmt.Sprintf("%s %s (%s)", r.Campaign, p.Name, strings.Join(g.districts, ", ")),
				From: v1alpha1.Civil(p.From), To: v1alpha1.Civil(p.To), Category: "PHASE",
			})
		}
	}
	return ical.WriteEntries(w, r.Campaign, r.TimeZone, entries, stamp)
}
