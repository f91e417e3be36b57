package round

import (
	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
)

// policyGate also works out which policy the later gates go by: the pinned one once the
// meaning is settled, and until then the province's with the district's stricter
// deadlines and floors in it.
func policyGate(s *scene) gate {
	if s.d.settled {
		if s.o.record != nil {
			s.policy = &s.o.record.Policy
		}
		return gate{}
	}
	name := s.o.round.Spec.EscalationPolicyRef.Name
	if s.o.policy == nil {
		return failing(v1alpha1.ReasonPolicyInvalid, "there is no EscalationPolicy %s", name)
	}
	policy := translate.Policy(name, s.o.policy.Spec)
	s.policy = &policy
	if err := escalation.Check(policy); err != nil {
		return failing(v1alpha1.ReasonPolicyInvalid, "EscalationPolicy %s: %s", name, err)
	}
	if s.o.district == nil {
		return gate{} // the district is what is wrong
	}
	tightened, err := translate.Tighten(policy, s.o.district.Spec)
	if err != nil {
		return failing(v1alpha1.ReasonNotStricter, "District %s loosens or misses the province's policy: %s", s.o.district.Name, err)
	}
	s.policy = &tightened
	return s.compiles(tightened)
}

func (s *scene) compiles(policy contract.Policy) gate {
	if s.documents == nil {
		return gate{} // the instruments are what is wrong
	}
	compiled, err := translate.CompileAll(s.o.instruments, s.o.round.Spec.Instruments)
	if err == nil {
		_, err = escalation.Compile(policy, compiled)
	}
	if err != nil {
		return failing(v1alpha1.ReasonPolicyInvalid, "EscalationPolicy %s: %s", policy.Name, err)
	}
	return gate{}
}
