package gating

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/channel"
)

// Weigh is the gate that lacks something: passed if exceptions cover all of it, else shut
// as strictly as the campaign asks.
func (s *Scene) Weigh(name v1alpha1.GateName, reason, what string, lacks []Lack) Gate {
	out := Gate{}
	for _, e := range s.exceptions(name) {
		lacks = s.except(&out, e, lacks)
	}
	if len(lacks) == 0 {
		return out
	}
	out.State, out.Reason, out.Message, out.Lacks = Fail, reason, what, lacks
	out.Advisory = s.Asked(name).Enforcement == v1alpha1.EnforcementAdvisory
	return out
}

// except notes what an exception does for a gate and returns what is lacking all the same.
func (s *Scene) except(g *Gate, e v1alpha1.GateException, lacks []Lack) (left []Lack) {
	var covered []string
	for _, l := range lacks {
		if covers(e, l) {
			covered = append(covered, subject(e, l))
		} else {
			left = append(left, l)
		}
	}
	if unknown := s.unknownTo(e); len(unknown) > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("exception %s names what District %s does not have: %s",
			e.Name, s.Namespace, named(unknown, NamedAtMost)))
	}
	if len(covered) == 0 {
		return lacks
	}
	if why := s.spent(e); why != "" {
		g.Notes = append(g.Notes, fmt.Sprintf("exception %s %s", e.Name, why))
		return lacks
	}
	g.Reason = v1alpha1.ReasonExceptionGranted
	g.Notes = append(g.Notes, fmt.Sprintf("exception %s, granted by %s until %s, is for %s", e.Name, e.GrantedBy, e.Until, named(covered, NamedAtMost)))
	return left
}

func covers(e v1alpha1.GateException, l Lack) bool {
	return e.Gate == v1alpha1.GateDutyDrill || slices.Contains(e.Schools, l.Name) || slices.Contains(e.Areas, l.Name)
}

func subject(e v1alpha1.GateException, l Lack) string {
	if l.Name == "" {
		return "District " + e.District
	}
	return l.Name
}

// exceptions from a gate that the campaign grants in the district.
func (s *Scene) exceptions(name v1alpha1.GateName) (out []v1alpha1.GateException) {
	if s.Campaign == nil {
		return nil
	}
	for _, e := range s.Campaign.Spec.GateExceptions {
		if e.Gate == name && e.District == s.Namespace {
			out = append(out, e)
		}
	}
	return out
}

// spent says why an exception lets nothing pass: it has ended, or would have when the
// round opens.
func (s *Scene) spent(e v1alpha1.GateException) string {
	ends, err := channel.EndOf(e.Until, s.CampaignZone)
	switch {
	case err != nil:
		return "has no effect: until " + err.Error()
	case !s.Now.Before(ends):
		return fmt.Sprintf("ended with %s", e.Until)
	case !s.Opening().Before(ends):
		return fmt.Sprintf("ends with %s, before the round opens, and has no effect", e.Until)
	}
	return ""
}

// unknownTo lists the schools and areas of an exception that the district does not have.
func (s *Scene) unknownTo(e v1alpha1.GateException) (out []string) {
	for _, school := range e.Schools {
		if _, found := s.Schools[school]; !found {
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

// ExceptionsEnd are the instants at which a campaign's exceptions in a district end; nil without
// a campaign.
func ExceptionsEnd(campaign *v1alpha1.ScreeningCampaign, namespace string, zone *time.Location) (out []time.Time) {
	if campaign == nil {
		return nil
	}
	for _, e := range campaign.Spec.GateExceptions {
		ends, err := channel.EndOf(e.Until, zone)
		if err == nil && e.District == namespace {
			out = append(out, ends)
		}
	}
	return out
}
