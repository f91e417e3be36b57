package status

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Write prints the report as text for people.
func (r Report) Write(w io.Writer, style Style) {
	r.header(w, style)
	for _, section := range []*table.Table{
		r.districtTable(), r.campaignTable(), r.roundTable(), r.replanTable(), r.channelTable(), r.schoolTable(), r.inspectionTable(), r.contentTable(),
	} {
		section.Write(w, style.Colour)
	}
	r.findingList(w, style)
}

var marks = map[Health]string{Neutral: "-", Healthy: "✔", Working: "…", Attention: "✗"}

// header is the answer in one line.
func (r Report) header(w io.Writer, style Style) {
	word := string(r.Health)
	if word == "" {
		word = "Nothing to report"
	}
	open, ready, total := 0, 0, 0
	for _, round := range r.Rounds {
		if round.Open.Reason == v1alpha1.ReasonOpen {
			open++
		}
	}
	for _, s := range r.Schools {
		ready, total = ready+s.Ready, total+s.Total
	}
	facts := fmt.Sprintf("%s, %s, %d/%d schools ready", count(len(r.Districts), "district"), count(open, "open round"), ready, total)
	if len(r.Unread) > 0 {
		facts += ", partial answer"
	}
	fmt.Fprintf(w, "%s %s   %s\n", style.bold("Evenkeel"), style.paint(r.Health, marks[r.Health]+" "+word), facts)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func (r Report) districtTable() *table.Table {
	t := &table.Table{Title: "Districts", Head: []string{"NAME", "CODE", "READY", "PROVISIONED", "KEYS", "REPORTING", "DUTY", "DRILL", "SIGNALS", "SCHOOLS", "SCREENED", "ANNUAL", "AGE"}}
	for _, d := range r.Districts {
		readiness := d.Ready.cell()
		if d.Authorised.Health == Attention {
			readiness = d.Authorised.cell()
		}
		t.Cells(cell(d.Name, d.Health), plain(d.Code), readiness, d.Provisioned.cell(), d.Keys.cell(), d.Reporting.cell(),
			d.DutyChain.cell(), d.Drill.reasonCell(), d.Signals.cell(), plain(d.Schools), plain(d.Screened), d.Annual.reasonCell(), plain(r.since(d.Created)))
	}
	return t
}

func (r Report) campaignTable() *table.Table {
	t := &table.Table{Title: "Campaigns", Head: []string{"NAME", "SCHEDULE", "READY", "PLANNED", "ROUNDS", "NEXT", "BLOCKED", "ANNUAL"}}
	for _, c := range r.Campaigns {
		planned := c.Planned.cell()
		if c.Suspend {
			planned = cell("Suspended", Working)
		}
		blocked := cell(strconv.Itoa(c.Blocked), Neutral)
		if c.Blocked > 0 {
			blocked.Colour = colours[Working]
		}
		t.Cells(plain(c.Name), plain(c.Schedule), c.Ready.cell(), planned, plain(c.Rounds), plain(string(c.NextSlot)), blocked, c.Annual.reasonCell())
	}
	return t
}

func (r Report) roundTable() *table.Table {
	t := &table.Table{Title: "Rounds", Head: []string{"DISTRICT", "NAME", "STATE", "GATES", "MEANING", "ANSWERED", "OPENS", "CLOSES", "RELEASED"}}
	for _, round := range r.Rounds {
		t.Cells(plain(round.District), cell(round.Name, round.Health), round.Open.reasonCell(), round.gates(), round.Meaning.cell(),
			plain(round.Participation), plain(r.until(round.NextOpenTime)), plain(r.until(round.CloseTime)), round.Released.cell())
	}
	return t
}

// gates is True, or what is to be known: a gate that is only advised and shut is.
func (r Round) gates() table.Cell {
	if r.Gates.Reason == v1alpha1.ReasonAdvisoryNotMet {
		return r.Gates.reasonCell()
	}
	return r.Gates.cell()
}

// replanTable shows the dates of rounds that were changed, until the round is over.
func (r Report) replanTable() *table.Table {
	t := &table.Table{Title: "Replanned", Head: []string{"DISTRICT", "NAME", "WAS", "IS", "CHANGED"}}
	for _, round := range r.Rounds {
		if round.Replan != nil {
			t.Cells(plain(round.District), plain(round.Name), plain(span(round.Replan.Was)), plain(span(round.Replan.Is)), plain(r.until(&round.Replan.Time)))
		}
	}
	return t
}

// span is a window in UTC, as kubectl shows instants: the districts of a province may have zones of their own.
func span(w v1alpha1.SessionWindow) string {
	return w.From.UTC().Format("2006-01-02T15:04Z") + " to " + w.To.UTC().Format("2006-01-02T15:04Z")
}

func (r Report) inspectionTable() *table.Table {
	t := &table.Table{Title: "Inspections", Head: []string{"DISTRICT", "NAME", "DRAWN", "TO RECTIFY", "OVERDUE", "NEXT"}}
	for _, i := range r.Inspections {
		overdue := cell(strconv.Itoa(int(i.Overdue)), Neutral)
		if i.Overdue > 0 {
			overdue.Colour = colours[Attention]
		}
		t.Cells(plain(i.District), plain(i.Name), i.Drawn.cell(), plain(strconv.Itoa(int(i.Open))), overdue, plain(string(i.Next)))
	}
	return t
}

func (r Report) channelTable() *table.Table {
	t := &table.Table{Title: "Channels", Head: []string{"DISTRICT", "NAME", "FACILITY", "CLASS", "READY", "USABLE", "UNTIL"}}
	for _, c := range r.Channels {
		t.Cells(plain(c.District), plain(c.Name), plain(c.Facility), plain(c.Class), c.Ready.cell(), c.Usable.cell(), plain(string(c.ValidUntil)))
	}
	return t
}

func (r Report) schoolTable() *table.Table {
	t := &table.Table{Title: "Schools", Head: []string{"DISTRICT", "READY", "NOT READY", "ANNUAL SCREENING"}}
	for _, s := range r.Schools {
		health := Healthy
		if s.Ready < s.Total {
			health = Working
		}
		t.Cells(plain(s.District), cell(fmt.Sprintf("%d/%d", s.Ready, s.Total), health), plain(told(s.NotReady)), plain(told(s.Annual)))
	}
	return t
}

func (r Report) contentTable() *table.Table {
	t := &table.Table{Title: "Policies and instruments", Head: []string{"KIND", "NAME", "READY", "USABLE", "IN USE"}}
	for _, p := range r.Policies {
		t.Cells(plain("EscalationPolicy"), plain(p.Name), p.Ready.cell(), plain(""), plain(p.InUse.Status))
	}
	for _, in := range r.Instruments {
		t.Cells(plain("Instrument"), plain(fmt.Sprintf("%s (%s version %s)", in.Name, in.Code, in.Version)),
			in.Ready.cell(), in.Usable.cell(), plain(in.InUse.Status))
	}
	return t
}

// findingList says in words what the tables only colour.
func (r Report) findingList(w io.Writer, style Style) {
	if len(r.Findings) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", style.bold("To look at"))
	for _, f := range r.Findings {
		text := fmt.Sprintf("  %s %s  %s: %s", style.paint(f.Health, marks[f.Health]), f.Object, f.Condition, style.paint(f.Health, f.Reason))
		if f.Message != "" {
			text += "  " + strings.Join(strings.Fields(f.Message), " ")
		}
		fmt.Fprintln(w, text)
	}
}

// since is an age, as kubectl shows it.
func (r Report) since(t metav1.Time) string {
	if t.IsZero() {
		return ""
	}
	return duration.HumanDuration(r.Time.Sub(t.Time))
}

// until is how long there is to an instant, or how long it is ago.
func (r Report) until(t *metav1.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	if left := t.Sub(r.Time.Time); left >= time.Second {
		return "in " + duration.HumanDuration(left)
	}
	return duration.HumanDuration(r.Time.Sub(t.Time)) + " ago"
}
