package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Lacking is a gate of a planned round that would be shut by what is declared today, or that
// passes by an exception alone.
type Lacking struct {
	District    string        `json:"district"`
	Round       string        `json:"round"`
	Gate        string        `json:"gate"`
	Condition   string        `json:"condition"`   // of the round, in which the operator will say so
	Enforcement string        `json:"enforcement"` // Required or Advisory
	Reason      string        `json:"reason"`      // of the condition; ExceptionGranted: it passes
	Message     string        `json:"message"`
	Lacks       []gating.Lack `json:"lacks"`      // schools or areas, without those that are excepted
	Exceptions  []string      `json:"exceptions"` // what becomes of those that are about it
}

// lacking judges the gates that declared objects decide, of every planned round that has neither
// opened nor closed. Nobody knows yet what will be declared when it opens: it is judged by today.
func lacking(o planning.Observed, plan planning.Plan, today time.Time) []Lacking {
	out := []Lacking{}
	if len(o.Schools) == 0 {
		return out
	}
	for _, p := range plan.Rounds {
		is, _ := planning.Existing(o.Rounds, p.District, p.Name)
		if is.Status.OpenedTime != nil || !today.Before(p.ClosesAt) {
			continue
		}
		scene := sceneOf(o, p, is, today)
		for _, c := range gating.Checks {
			if g := c.Look(&scene); g.Reason != "" {
				out = append(out, lack(p, c, g, scene.Asked(c.Name).Enforcement))
			}
		}
	}
	return out
}

func lack(p rollout.RoundPlan, c gating.Check, g gating.Gate, asked v1alpha1.GateEnforcement) Lacking {
	return Lacking{
		District: p.District, Round: p.Name, Gate: string(c.Name), Condition: c.Condition,
		Enforcement: string(asked), Reason: g.Reason, Message: g.Words(gating.NamedAtMost),
		Lacks: append([]gating.Lack{}, g.Lacks...), Exceptions: append([]string{}, g.Notes...),
	}
}

// sceneOf is what the gates of a planned round look at; is has no name when there is no such
// round yet.
func sceneOf(o planning.Observed, p rollout.RoundPlan, is v1alpha1.ScreeningRound, now time.Time) gating.Scene {
	district := o.Districts[p.District]
	zone := zone(district.Spec.TimeZone)
	schools := staffed(o.Schools[p.District], &district, zone, now)
	pinned := is.Status.MeaningDigest != ""
	settled := pinned && !now.Before(p.OpensAt)
	planned := v1alpha1.ScreeningRound{Spec: translate.RoundSpec(p, o.Campaign), Status: is.Status}
	return gating.Scene{
		Campaign: &o.Campaign, Namespace: p.District, District: &district, Schools: gating.ByName(schools),
		Cohort: gating.Cohort(planned, pinned, p.OpensAt, schools, now),
		Zone:   zone, CampaignZone: location(o.Campaign), Opens: p.OpensAt, Closes: p.ClosesAt, Now: now,
		Settled: settled, Cleared: gating.Cleared(settled, false, is.Status.Conditions),
		Found: is.Status.Conditions,
	}
}

// staffed has schools as the operator will judge them: in files they have no status, and in a
// cluster it may be of before an edit.
func staffed(schools []v1alpha1.School, district *v1alpha1.District, zone *time.Location, now time.Time) []v1alpha1.School {
	out := slices.Clone(schools)
	for i := range out {
		out[i].Status.Conditions = []metav1.Condition{gating.Ready(out[i], district, zone, now).Condition}
	}
	return out
}

// declared reports whether what the operator says of a gate is told by what is declared.
func (r Report) declared(s Shut) bool {
	return slices.ContainsFunc(r.Lacking, func(l Lacking) bool {
		return l.District == s.District && l.Round == s.Round && l.Condition == s.Condition
	})
}

// writeLacking prints the gates that would be shut, and those that an exception opens.
func (r Report) writeLacking(w io.Writer, coloured bool) {
	if !r.Judged {
		fmt.Fprintln(w, "  What schools and areas lack is not judged: there is no School; offline, give their files too.")
		return
	}
	t := table.Table{Head: []string{"LACKING", "ROUND", "GATE", "ENFORCEMENT", "REASON", "WHO LACKS WHAT"}}
	for _, l := range r.Lacking {
		colour := table.Plain
		if l.Enforcement == string(v1alpha1.EnforcementRequired) && l.Reason != v1alpha1.ReasonExceptionGranted {
			colour = table.Red
		}
		t.Row(colour, l.District, l.Round, l.Gate, l.Enforcement, l.Reason, strings.Join(strings.Fields(l.Message), " "))
	}
	section(w, &t, len(r.Lacking), coloured)
}
