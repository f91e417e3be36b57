package plan

import (
	"cmp"
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

// Style is how a plan is printed for people.
type Style struct {
	Coloured bool
	Schools  bool // the windows of schools too
	Diff     bool // only what would change
}

// Write prints the plan for people.
func (r Report) Write(w io.Writer, style Style) {
	coloured := style.Coloured
	fmt.Fprintln(w, table.Bold.Paint("Campaign "+r.Campaign, coloured)+" "+r.headline())
	if style.Diff {
		r.writeChanges(w, coloured)
		return
	}
	if len(r.Rounds) == 0 && r.Slot != "" {
		fmt.Fprintf(w, "  No round: %s.\n", r.Obstacles())
	}
	for _, g := range r.groups() {
		g.write(w, style)
	}
	if style.Schools {
		r.writeSchools(w, coloured)
	}
	r.writeCurve(w, coloured)
	r.writeBlocked(w, coloured)
	writeNotes(w, "LEFT OUT", table.Red, r.BlockedSchools, coloured)
	writeNotes(w, "WARNING", table.Yellow, r.Warnings, coloured)
	r.writeGates(w, coloured)
	r.writeSkipped(w, coloured)
}

func (r Report) headline() string {
	var parts []string
	if r.Suspended {
		parts = append(parts, "is suspended and makes no new rounds")
	}
	switch {
	case r.Slot == "" && r.Suspended:
	case r.Slot == "":
		parts = append(parts, "has no run to come")
	case r.Preview:
		parts = append(parts, "will run on "+r.Slot)
	case len(r.Rounds) == 0:
		parts = append(parts, "was to run on "+r.Slot)
	default:
		parts = append(parts, "runs since "+r.Slot)
	}
	if r.NextSlot != "" {
		parts = append(parts, "next on "+r.NextSlot)
	}
	if extra := slices.DeleteFunc(slices.Clone(r.ExtraDates), func(date string) bool { return date == r.NextSlot }); len(extra) > 0 {
		parts = append(parts, "extra runs on "+strings.Join(extra, " and "))
	}
	return strings.Join(append(parts, r.TimeZone), ", ")
}

// group is the districts that have the same dates.
type group struct {
	districts []string
	own       int // schools with days of their own
	narrowed  []*Narrowing
	ownDays   [][]OwnDays
	Round
}

func (r Report) groups() []group {
	var out []group
	byWave := slices.Clone(r.Rounds)
	slices.SortStableFunc(byWave, func(a, b Round) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose)*-1, cmp.Compare(a.Slot, b.Slot), a.Wave-b.Wave) // Regular, then MakeUp
	})
	for _, round := range byWave {
		i := slices.IndexFunc(out, func(g group) bool {
			return g.Name == round.Name && g.Wave == round.Wave && slices.Equal(g.timeline(), round.timeline()) && g.OpensAt.Equal(round.OpensAt) && g.ClosesAt.Equal(round.ClosesAt) && g.Sessions == round.Sessions
		})
		if i < 0 {
			out = append(out, group{Round: round})
			i = len(out) - 1
		}
		out[i].districts = append(out[i].districts, round.District)
		out[i].own += len(round.Schools)
		out[i].narrowed = append(out[i].narrowed, round.Narrowed)
		out[i].ownDays = append(out[i].ownDays, round.OwnDays)
	}
	return out
}

func (g group) write(w io.Writer, style Style) {
	coloured := style.Coloured
	name := g.Name
	if g.Wave > 0 {
		name = fmt.Sprintf("wave %d, %s", g.Wave, g.Name)
	}
	if g.Purpose == string(v1alpha1.PurposeMakeUp) {
		name = "make-up, " + g.Name
	}
	fmt.Fprintf(w, "\n%s (%s)\n", table.Bold.Paint(strings.Join(g.districts, ", "), coloured), name)
	t := table.Table{Head: []string{"PHASE", "FROM", "TO"}}
	for _, p := range g.timeline() {
		t.Row(table.Plain, p.Name, weekday(p.From), weekday(p.To))
	}
	t.Write(w, coloured)
	sessions := strconv.Itoa(g.Sessions) + " sessions"
	if g.Sessions == 1 {
		sessions = "1 session"
	}
	if g.Extension != nil {
		sessions += ", extended by " + count(g.Extension.SchoolDays, "school day")
	}
	fmt.Fprintf(w, "  Students answer from %s to %s, %s.\n", minute(g.OpensAt), minute(g.ClosesAt), sessions)
	if style.Schools {
		g.writeNarrowing(w)
		g.writeOwnDays(w)
	}
	if g.own > 0 && !style.Schools {
		fmt.Fprintf(w, "  Schools on days of their own: %d; -o wide shows them.\n", g.own)
	}
}

// writeSchools lists the schools that have days of their own.
func (r Report) writeSchools(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"SCHOOL", "DISTRICT", "FROM", "TO", "SESSIONS"}, Numbers: []int{4}}
	rows := 0
	for _, round := range r.Rounds {
		for _, s := range round.Schools {
			t.Row(table.Plain, s.Name, round.District, minute(s.From), minute(s.To), strconv.Itoa(s.Sessions))
			rows++
		}
	}
	section(w, &t, rows, coloured)
}

// writeCurve prints the expected cases by week and tier, and the referrals to each class
// of channels against what its facilities take.
func (r Report) writeCurve(w io.Writer, coloured bool) {
	if len(r.Curve) == 0 {
		return
	}
	t := table.Table{Head: []string{"WEEK OF"}}
	for _, tier := range r.Curve[0].Tiers {
		t.Head = append(t.Head, strings.ToUpper(tier.Tier))
	}
	for _, c := range r.Curve[0].Channels {
		t.Head = append(t.Head, strings.ToUpper(c.Class))
	}
	for column := 1; column < len(t.Head); column++ {
		t.Numbers = append(t.Numbers, column)
	}
	for _, week := range r.Curve {
		row, colour := []string{week.Monday}, table.Plain
		for _, tier := range week.Tiers {
			row = append(row, fmt.Sprintf("%.1f", tier.Cases))
		}
		for _, c := range week.Channels {
			row = append(row, fmt.Sprintf("%.1f of %.0f", c.Cases, c.Capacity))
			if c.Cases > c.Capacity {
				colour = table.Red
			}
		}
		t.Row(colour, row...)
	}
	section(w, &t, len(r.Curve), coloured)
}

func writeNotes(w io.Writer, head string, colour table.Colour, notes []SchoolNote, coloured bool) {
	t := table.Table{Head: []string{head, "SCHOOL", "REASON"}}
	for _, n := range notes {
		t.Row(colour, n.District, n.School, n.Reason)
	}
	section(w, &t, len(notes), coloured)
}

func (r Report) writeBlocked(w io.Writer, coloured bool) {
	t := table.Table{Head: []string{"BLOCKED", "REASON"}}
	for _, b := range r.Blocked {
		reason := b.Reason
		if b.Campaign != "" {
			reason += " by " + b.Campaign
		}
		t.Row(table.Red, b.District, reason)
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
	colours := map[string]table.Colour{"New": table.Green, "Extended": table.Green, "Gone": table.Red}
	for _, c := range r.Changes {
		colour, known := colours[c.Change]
		if !known {
			colour = table.Yellow
		}
		t.Row(colour, c.Change, c.District, c.Round, strings.Join(c.Old, " to "), strings.Join(c.New, " to "))
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
		campaign := r.Campaign
		if g.Purpose == string(v1alpha1.PurposeMakeUp) {
			campaign += " make-up"
		}
		for _, p := range g.timeline() {
			entries = append(entries, ical.Entry{
				Name: fmt.Sprintf("%s %s (%s)", campaign, p.Name, strings.Join(g.districts, ", ")),
				From: v1alpha1.Civil(p.From), To: v1alpha1.Civil(p.To), Category: "PHASE",
			})
		}
	}
	return ical.WriteEntries(w, r.Campaign, r.TimeZone, entries, stamp)
}
