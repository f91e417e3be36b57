package simulate

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Write prints the report for people.
func (r Report) Write(w io.Writer, coloured bool) {
	p := printer{w, coloured}
	fmt.Fprintf(w, "EscalationPolicy %s on %s: %s", r.Policy, strings.Join(r.Instruments, ", "), many(r.Students, "student"))
	if r.Empty > 0 {
		fmt.Fprintf(w, "; %s without any answer", many(r.Empty, "row"))
	}
	if r.Rejected > 0 {
		fmt.Fprintf(w, "; %s", table.Red.Paint(many(r.Rejected, "row")+" rejected", coloured))
	}
	fmt.Fprintln(w)
	p.outcome(r.Outcome)
	p.gating(r.Gating)
	for _, change := range r.Changes {
		p.change(r.Outcome, change)
	}
}

type printer struct {
	w        io.Writer
	coloured bool
}

func (p printer) title(format string, args ...any) {
	fmt.Fprintf(p.w, "\n%s\n", table.Bold.Paint(fmt.Sprintf(format, args...), p.coloured))
}

func (p printer) outcome(o Outcome) {
	p.title("Tiers")
	t := table.Table{Head: []string{"TIER", "LEAD", "STUDENTS", "SHARE"}, Numbers: []int{2, 3}}
	for _, tier := range o.Tiers {
		t.Row(table.Plain, tier.Tier, string(tier.Lead), strconv.Itoa(tier.Students), percent(tier.Share))
	}
	t.Write(p.w, p.coloured)
	fmt.Fprintf(p.w, "  %s: %d by an Immediate or Urgent answer, %d by decision; %s to be asked again\n",
		many(o.Obligations.Students, "obligation"), o.Obligations.ByAnswer, o.Obligations.ByDecision, many(o.Undetermined, "student"))

	p.title("Reasons")
	reasons := table.Table{Head: []string{"TIER", "REASON", "ABOUT", "STUDENTS"}, Numbers: []int{3}}
	for _, reason := range o.Reasons {
		reasons.Row(table.Plain, reason.Tier, reason.Kind, reason.Detail, strconv.Itoa(reason.Students))
	}
	reasons.Write(p.w, p.coloured)
	if o.Work != nil {
		p.work(*o.Work)
	}
}

func (p printer) work(work Work) {
	p.title("A week, with %s answering in %s", many(work.Students, "student"), weeks(work.Weeks))
	levels := table.Table{Head: []string{"LEVEL", "OBLIGATIONS", "FOLLOW-UPS", "SUPPORTS", "PSYCH TEACHERS", "EACH"}, Numbers: []int{1, 2, 3, 4, 5}}
	for _, l := range work.Levels {
		teachers, each := "", ""
		if l.Teachers != nil {
			teachers, each = fmt.Sprintf("%d + %d part-time", l.Teachers.FullTime, l.Teachers.PartTime), tenth(l.PerTeacher)
		}
		levels.Row(table.Plain, string(l.Level), tenth(l.Obligations), tenth(l.FollowUps), tenth(l.Support), teachers, each)
	}
	levels.Write(p.w, p.coloured)
	if len(work.Channels) > 0 {
		fmt.Fprintln(p.w)
	}
	channels := table.Table{Head: []string{"CHANNELS", "REFERRALS", "CAPACITY", "WEEKS FOR ALL"}, Numbers: []int{1, 2, 3}}
	for _, c := range work.Channels {
		colour, capacity, clear := table.Plain, "not known", ""
		if c.Capacity != nil {
			colour, capacity = table.Green, strconv.Itoa(*c.Capacity)
		}
		if c.Over {
			colour, capacity = table.Red, capacity+" (over)"
		}
		if c.WeeksToClear > 0 {
			clear = tenth(c.WeeksToClear)
		}
		channels.Row(colour, c.Class, tenth(c.Referrals), capacity, clear)
	}
	channels.Write(p.w, p.coloured)
}

func (p printer) gating(g Gating) {
	if g.Critical.Answers == 0 || len(g.Gates) == 0 {
		return // nothing that a gate could lose
	}
	p.title("What a gate before the critical items would lose: %s of %s with complete forms",
		many(g.Critical.Answers, "critical answer"), many(g.Students, "student"))
	t := table.Table{Head: []string{"GATE", "LETS THROUGH", "LOST", "IMMEDIATE", "URGENT", "REVIEW"}, Numbers: []int{1, 2, 3, 4, 5}}
	for _, gate := range g.Gates {
		colour := table.Plain
		if gate.Lost.Answers > 0 {
			colour = table.Red
		}
		t.Row(colour, gate.Gate, strconv.Itoa(gate.Passed), fmt.Sprintf("%d of %d", gate.Lost.Answers, g.Critical.Answers),
			strconv.Itoa(gate.Lost.Immediate), strconv.Itoa(gate.Lost.Urgent), strconv.Itoa(gate.Lost.Review))
	}
	t.Write(p.w, p.coloured)
	if g.Incomplete.Answers > 0 {
		fmt.Fprintf(p.w, "  %s in incomplete forms: no gate was tried on them\n", many(g.Incomplete.Answers, "critical answer"))
	}
}

func (p printer) change(now Outcome, change Change) {
	p.title("%s: %s to another tier, %s instead of %d", change.Name, moved(change.Moved),
		many(change.Outcome.Obligations.Students, "obligation"), now.Obligations.Students)
	t := table.Table{Head: []string{"FROM", "TO", "STUDENTS"}, Numbers: []int{2}}
	for _, move := range change.Moves {
		t.Row(table.Plain, move.From, move.To, strconv.Itoa(move.Students))
	}
	t.Write(p.w, p.coloured)
	if work := change.Outcome.Work; work != nil {
		p.work(*work)
	}
}

func moved(n int) string {
	if n == 1 {
		return "1 student moves"
	}
	return many(n, "student") + " move"
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func weeks(n float64) string {
	if n == 1 {
		return "1 week"
	}
	return decimal(n) + " weeks"
}

func tenth(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) }

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }
