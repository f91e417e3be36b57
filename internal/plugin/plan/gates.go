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
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
	"github.com/evenkeel/evenkeel/internal/plugin/table"
)

// Gate says how strict a gate of the campaign's rounds is. Instruments and policy are always
// Required and not listed.
type Gate struct {
	Name         string `json:"name"`
	Enforcement  string `json:"enforcement"`
	WithinDays   int32  `json:"withinDays,omitempty"`   // how old evidence may be at the opening
	HoursPerWeek int32  `json:"hoursPerWeek,omitempty"` // that a counselling room is open
}

// Exception lets a gate pass for some schools or areas, or a district.
type Exception struct {
	Name      string   `json:"name"`
	Gate      string   `json:"gate"`
	District  string   `json:"district"`
	For       []string `json:"for,omitempty"` // schools or areas
	GrantedBy string   `json:"grantedBy"`
	Until     string   `json:"until"`
	// Effect is InForce, Ended, NotADate (until is a day that does not exist), or EndsBeforeOpening: of every
	// round of the plan in the district.
	Effect string `json:"effect"`
}

// Shut is a gate of a round that does not stand open.
type Shut struct {
	District string `json:"district"`
	Round    string `json:"round"`
	status.Gate
}

// shut lists the gates of planned rounds that are shut, by the operator's word: what is in
// files has none.
func shut(rounds []v1alpha1.ScreeningRound, plan planning.Plan) []Shut {
	out := []Shut{}
	for _, p := range plan.Rounds {
		is, found := planning.Existing(rounds, p.District, p.Name)
		if !found || is.Status.OpenedTime != nil {
			continue
		}
		for _, gate := range status.ShutGates(is.Status.Conditions) {
			if gate.Status == string(metav1.ConditionFalse) {
				out = append(out, Shut{p.District, p.Name, gate})
			}
		}
	}
	return out
}

// The effects of an exception.
const (
	inForce           = "InForce"
	ended             = "Ended"
	notADate          = "NotADate"
	endsBeforeOpening = "EndsBeforeOpening"
)

// gateNames are the gates that a campaign has a say in, those that are always Required first.
var gateNames = []v1alpha1.GateName{
	v1alpha1.GateStaffing, v1alpha1.GateReferralChannel, v1alpha1.GateDutyChain,
	v1alpha1.GatePublicity, v1alpha1.GateTraining, v1alpha1.GateCounsellingRoom, v1alpha1.GateDutyDrill, v1alpha1.GateExpertGroup,
}

func gatesOf(campaign v1alpha1.ScreeningCampaign) []Gate {
	out := make([]Gate, 0, len(gateNames))
	for _, name := range gateNames {
		asked := gating.Asked(&campaign, name)
		out = append(out, Gate{string(name), string(asked.Enforcement), asked.WithinDays, asked.HoursPerWeek})
	}
	return out
}

// exceptionsOf lists the exceptions with what becomes of them in the rounds of a plan.
func (r Report) exceptionsOf(o planning.Observed, now time.Time) []Exception {
	out := make([]Exception, 0, len(o.Campaign.Spec.GateExceptions))
	for _, e := range o.Campaign.Spec.GateExceptions {
		out = append(out, Exception{
			Name: e.Name, Gate: string(e.Gate), District: e.District, For: slices.Concat(e.Schools, e.Areas),
			GrantedBy: e.GrantedBy, Until: string(e.Until), Effect: r.effect(e, calendar.DateOf(now.In(location(o.Campaign)))),
		})
	}
	return out
}

// effect compares civil dates as the gate does: an exception holds to the end of its last day.
func (r Report) effect(e v1alpha1.GateException, today calendar.Date) string {
	until, err := calendar.ParseDate(string(e.Until))
	if err != nil {
		return notADate
	}
	if until.Before(today) {
		return ended
	}
	late := 0
	rounds := slices.DeleteFunc(slices.Clone(r.Rounds), func(round Round) bool { return round.District != e.District })
	for _, round := range rounds {
		if until.Before(calendar.DateOf(round.OpensAt)) {
			late++
		}
	}
	if len(rounds) > 0 && late == len(rounds) {
		return endsBeforeOpening
	}
	return inForce
}

// writeGates prints what must be there before a round opens, and what is let pass.
func (r Report) writeGates(w io.Writer, coloured bool) {
	fmt.Fprintln(w)
	for _, enforcement := range []v1alpha1.GateEnforcement{v1alpha1.EnforcementRequired, v1alpha1.EnforcementAdvisory} {
		var names []string
		for _, g := range r.Gates {
			if g.Enforcement == string(enforcement) {
				names = append(names, g.text())
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(w, "  %s gates: %s.\n", enforcement, strings.Join(names, ", "))
		}
	}
	t := table.Table{Head: []string{"EXCEPTION", "GATE", "DISTRICT", "FOR", "GRANTED BY", "UNTIL", "EFFECT"}}
	colours := map[string]table.Colour{ended: table.Yellow, endsBeforeOpening: table.Yellow, notADate: table.Red}
	for _, e := range r.Exceptions {
		t.Row(colours[e.Effect], e.Name, e.Gate, e.District, strings.Join(e.For, ", "), e.GrantedBy, e.Until, e.Effect)
	}
	section(w, &t, len(r.Exceptions), coloured)
	r.writeLacking(w, coloured)
	t = table.Table{Head: []string{"SHUT NOW", "ROUND", "GATE", "REASON", "WHO LACKS WHAT"}}
	said := slices.DeleteFunc(slices.Clone(r.Shut), r.declared)
	for _, s := range said {
		colour := table.Plain
		if s.Holds() {
			colour = table.Red
		}
		t.Row(colour, s.District, s.Round, s.Condition, s.Reason, strings.Join(strings.Fields(s.Message), " "))
	}
	section(w, &t, len(said), coloured)
}

func (g Gate) text() string {
	switch {
	case g.WithinDays > 0:
		return fmt.Sprintf("%s (within %s)", g.Name, count(int(g.WithinDays), "day"))
	case g.HoursPerWeek > 0:
		return fmt.Sprintf("%s (%s a week)", g.Name, count(int(g.HoursPerWeek), "hour"))
	}
	return g.Name
}
