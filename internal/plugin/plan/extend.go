package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Extension is what becomes of an open round when it is extended.
type Extension struct {
	Days      int       `json:"days"` // of the extension as a whole
	Added     []Session `json:"added"`
	TakenBack []Session `json:"takenBack"`
	Skipped   []Skipped `json:"skipped"` // days from the first to the last of the extension without a session
	Changes   []Change  `json:"changes"` // of the round, and of a make-up round that follows it
}

// Session is when students answer, in the campaign's zone.
type Session struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Extend tells what the operator would make of a round's spec.extendSchoolDays. The round is one
// of those observed.
func Extend(o planning.Observed, namespace, name string, days int32, now time.Time) (Extension, error) {
	o.Rounds = slices.Clone(o.Rounds)
	i := slices.IndexFunc(o.Rounds, func(r v1alpha1.ScreeningRound) bool { return r.Namespace == namespace && r.Name == name })
	if i < 0 {
		return Extension{}, fmt.Errorf("round %s/%s: it is not among those of campaign %s", namespace, name, o.Campaign.Name)
	}
	was := o.Rounds[i].Spec
	o.Rounds[i].Spec.ExtendSchoolDays = ptr.To(days)
	planned, err := compute(o, now)
	if err != nil {
		return Extension{}, err
	}
	is := was
	if written, found := planning.Existing(planned.Write, namespace, name); found {
		is = written.Spec
	}
	zone := location(o.Campaign)
	out := Extension{Days: planning.Extension(is), Added: without(is.Sessions, was.Sessions, zone), TakenBack: without(was.Sessions, is.Sessions, zone)}
	out.Skipped = skippedBy(o, namespace, is)
	for _, change := range changes(o, planned, zone) {
		if change.District == namespace && len(change.Old) > 0 && !slices.Equal(change.Old, change.New) {
			out.Changes = append(out.Changes, change)
		}
	}
	return out, nil
}

// without are the sessions that another list has not.
func without(sessions, others []v1alpha1.SessionWindow, zone *time.Location) (out []Session) {
	for _, s := range sessions {
		same := func(o v1alpha1.SessionWindow) bool { return o.From.Equal(&s.From) && o.To.Equal(&s.To) }
		if !slices.ContainsFunc(others, same) {
			out = append(out, Session{s.From.In(zone), s.To.In(zone)})
		}
	}
	return out
}

// skippedBy lists the days between the end of Stage1 and the last day of an extension on which
// nobody answers: no school, or the district's own days without sessions.
func skippedBy(o planning.Observed, namespace string, spec v1alpha1.ScreeningRoundSpec) (out []Skipped) {
	stage1, found := translate.Phase(spec, v1alpha1.PhaseStage1)
	compiled, err := translate.CompileCalendar(o.Calendar.Spec)
	if !found || err != nil || len(spec.Sessions) == 0 {
		return nil // planning has read the calendar already
	}
	_, excluded, _ := translate.Narrowing(o.Districts[namespace].Spec.Narrowing)
	days := compiled.For(namespace, "")
	zone := days.Location()
	last := calendar.DateOf(spec.Sessions[len(spec.Sessions)-1].To.Add(-time.Nanosecond).In(zone))
	for day := calendar.DateOf(stage1.To.In(zone)); !day.After(last); day = day.AddDays(1) {
		kind := string(days.Kind(day))
		if slices.ContainsFunc(excluded, func(r calendar.Range) bool { return r.Contains(day) }) && days.IsSchoolDay(day) {
			kind = "WithoutSessions"
		} else if days.IsSchoolDay(day) {
			continue
		}
		out = append(out, Skipped{day.String(), kind})
	}
	return out
}

// Write prints the extension for people.
func (e Extension) Write(w io.Writer, coloured bool) {
	e.writeSessions(w, "ADDED", table.Green, e.Added, coloured)
	e.writeSessions(w, "TAKEN BACK", table.Yellow, e.TakenBack, coloured)
	Report{Skipped: e.Skipped}.writeSkipped(w, coloured)
	t := table.Table{Head: []string{"ROUND", "NOW", "THEN"}}
	for _, c := range e.Changes {
		t.Row(table.Plain, c.Round, strings.Join(c.Old, " to "), strings.Join(c.New, " to "))
	}
	section(w, &t, len(e.Changes), coloured)
}

func (e Extension) writeSessions(w io.Writer, head string, colour table.Colour, sessions []Session, coloured bool) {
	t := table.Table{Head: []string{head, "FROM", "TO"}}
	for _, s := range sessions {
		day := calendar.DateOf(s.From)
		t.Row(colour, weekday(day.String()), minute(s.From), minute(s.To))
	}
	section(w, &t, len(sessions), coloured)
}
