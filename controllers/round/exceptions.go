package round

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
)

// defaults are what is asked of a gate that a campaign does not list. api/v1alpha1 documents them.
var defaults = map[v1alpha1.GateName]v1alpha1.GateRule{
	v1alpha1.GateStaffing:        {Enforcement: v1alpha1.EnforcementRequired},
	v1alpha1.GatePublicity:       {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 180},
	v1alpha1.GateTraining:        {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 365},
	v1alpha1.GateDutyDrill:       {Enforcement: v1alpha1.EnforcementAdvisory, WithinDays: 1},
	v1alpha1.GateCounsellingRoom: {Enforcement: v1alpha1.EnforcementAdvisory, HoursPerWeek: 1},
	v1alpha1.GateExpertGroup:     {Enforcement: v1alpha1.EnforcementAdvisory},
}

// asked is what the campaign asks of a gate.
func (s *scene) asked(name v1alpha1.GateName) v1alpha1.GateRule {
	out := defaults[name]
	campaign := s.o.owner()
	if campaign == nil {
		return out
	}
	for _, listed := range campaign.Spec.Gates {
		if listed.Name != name {
			continue
		}
		out.Enforcement = listed.Enforcement
		if listed.WithinDays > 0 {
			out.WithinDays = listed.WithinDays
		}
		if listed.HoursPerWeek > 0 {
			out.HoursPerWeek = listed.HoursPerWeek
		}
	}
	return out
}

// lack is what a gate finds wanting: of a school or an area by name, without one of the
// district, and why.
type lack struct{ name, why string }

func (l lack) String() string {
	switch {
	case l.name == "":
		return l.why
	case l.why == "":
		return l.name
	}
	return l.name + " (" + l.why + ")"
}

// weigh is the gate that lacks something: passed if exceptions cover all of it, else shut
// as strictly as the campaign asks.
func (s *scene) weigh(name v1alpha1.GateName, reason, what string, lacks []lack) gate {
	out := gate{}
	for _, e := range s.exceptions(name) {
		lacks = s.except(&out, e, lacks)
	}
	if len(lacks) == 0 {
		return out
	}
	out.state, out.reason, out.message = fail, reason, what
	out.advisory = s.asked(name).Enforcement == v1alpha1.EnforcementAdvisory
	for _, l := range lacks {
		out.names = append(out.names, l.String())
	}
	return out
}

// except notes what an exception does for a gate and returns what is lacking all the same.
func (s *scene) except(g *gate, e v1alpha1.GateException, lacks []lack) (left []lack) {
	var covered []string
	for _, l := range lacks {
		if covers(e, l) {
			covered = append(covered, subject(e, l))
		} else {
			left = append(left, l)
		}
	}
	if unknown := s.unknownTo(e); len(unknown) > 0 {
		g.notes = append(g.notes, fmt.Sprintf("exception %s names what District %s does not have: %s",
			e.Name, s.o.round.Namespace, named(unknown, namedAtMost)))
	}
	if len(covered) == 0 {
		return lacks
	}
	if why := s.spent(e); why != "" {
		g.notes = append(g.notes, fmt.Sprintf("exception %s %s", e.Name, why))
		return lacks
	}
	g.reason = v1alpha1.ReasonExceptionGranted
	g.notes = append(g.notes, fmt.Sprintf("exception %s, granted by %s until %s, is for %s", e.Name, e.GrantedBy, e.Until, named(covered, namedAtMost)))
	return left
}

func covers(e v1alpha1.GateException, l lack) bool {
	return e.Gate == v1alpha1.GateDutyDrill || slices.Contains(e.Schools, l.name) || slices.Contains(e.Areas, l.name)
}

func subject(e v1alpha1.GateException, l lack) string {
	if l.name == "" {
		return "District " + e.District
	}
	return l.name
}

// exceptions from a gate that the campaign grants in the district.
func (s *scene) exceptions(name v1alpha1.GateName) (out []v1alpha1.GateException) {
	campaign := s.o.owner()
	if campaign == nil {
		return nil
	}
	for _, e := range campaign.Spec.GateExceptions {
		if e.Gate == name && e.District == s.o.round.Namespace {
			out = append(out, e)
		}
	}
	return out
}

// spent says why an exception lets nothing pass: it has ended, or would have when the
// round opens.
func (s *scene) spent(e v1alpha1.GateException) string {
	ends, err := channel.EndOf(e.Until, s.o.campaignZone)
	switch {
	case err != nil:
		return "has no effect: until " + err.Error()
	case !s.now.Before(ends):
		return fmt.Sprintf("ended with %s", e.Until)
	case !s.opening().Before(ends):
		return fmt.Sprintf("ends with %s, before the round opens, and has no effect", e.Until)
	}
	return ""
}

// unknownTo lists the schools and areas of an exception that the district does not have.
func (s *scene) unknownTo(e v1alpha1.GateException) (out []string) {
	for _, school := range e.Schools {
		if _, found := s.schools[school]; !found {
			out = append(out, "School "+school)
		}
	}
	for _, area := range e.Areas {
		if !slices.ContainsFunc(s.district().Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == area }) {
			out = append(out, "area "+area)
		}
	}
	return out
}

// evidence is a gate that asks what happened before the opening: once the meaning is
// settled what was found is not asked again, and once students could answer nothing that
// is missing holds them up.
func (s *scene) evidence(condition string, look func() gate) gate {
	was := meta.FindStatusCondition(s.o.round.Status.Conditions, condition)
	if s.d.settled && was != nil && was.Status == metav1.ConditionTrue {
		return gate{settled: was}
	}
	g := look()
	g.advisory = g.state == fail && (g.advisory || s.d.opened)
	return g
}

// exceptionsEnd are the instants at which exceptions in the district end.
func (o observed) exceptionsEnd() (out []time.Time) {
	campaign := o.owner()
	if campaign == nil {
		return nil
	}
	for _, e := range campaign.Spec.GateExceptions {
		ends, err := channel.EndOf(e.Until, o.campaignZone)
		if err == nil && e.District == o.round.Namespace {
			out = append(out, ends)
		}
	}
	return out
}
