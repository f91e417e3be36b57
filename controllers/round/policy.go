package round

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/gating"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// policyGate also works out which policy the later gates go by: the pinned one once the
// meaning is settled, and until then the stricter of the province's and the district's.
// What a district asks for in vain is said and shuts no gate: the province's own holds.
func policyGate(s *scene) gating.Gate {
	if s.d.settled {
		if s.o.record != nil {
			s.policy = &s.o.record.Policy
		}
		return gating.Gate{}
	}
	name := s.o.round.Spec.EscalationPolicyRef.Name
	if s.o.policy == nil {
		return gating.Shut(v1alpha1.ReasonPolicyInvalid, "there is no EscalationPolicy %s", name)
	}
	policy := translate.Policy(name, s.o.policy.Spec)
	s.policy = &policy
	if err := escalation.Check(policy); err != nil {
		return gating.Shut(v1alpha1.ReasonPolicyInvalid, "EscalationPolicy %s: %s", name, err)
	}
	if s.o.district == nil {
		return s.compiles(policy)
	}
	tightened, notes := translate.Tighten(policy, s.o.district.Spec)
	s.policy = &tightened
	if g := s.compiles(tightened); g.State != pass || len(notes) == 0 {
		return g
	}
	return gating.Gate{Reason: v1alpha1.ReasonNotStricter, Message: fmt.Sprintf(
		"of what District %s asks for, this is not stricter than the province's policy and has no effect: %s", s.o.district.Name, listed(notes))}
}

func listed(notes []*fault.Error) string {
	texts := make([]string, 0, len(notes))
	for _, note := range notes {
		texts = append(texts, note.Error())
	}
	return strings.Join(texts, "; ")
}

func (s *scene) compiles(policy contract.Policy) gating.Gate {
	if s.documents == nil {
		return gating.Unclear("the policy is not compiled while an instrument is at fault")
	}
	compiled, err := translate.CompileAll(s.o.instruments, s.o.round.Spec.Instruments)
	if err == nil {
		_, err = escalation.Compile(policy, compiled)
	}
	if err != nil {
		return gating.Shut(v1alpha1.ReasonPolicyInvalid, "EscalationPolicy %s: %s", policy.Name, err)
	}
	return gating.Gate{}
}

// recordGate refuses a meaning that a ConfigMap cannot hold: there would be no record of
// what was pinned.
func recordGate(s *scene) gating.Gate {
	meaning := s.meaning()
	if s.d.settled || meaning == nil {
		return gating.Gate{}
	}
	raw, err := json.Marshal(meaning)
	switch {
	case err != nil:
		return gating.Shut(v1alpha1.ReasonInstrumentNotUsable, "the meaning cannot be written: %s", err)
	case len(raw) > corev1.MaxSecretSize:
		return gating.Shut(v1alpha1.ReasonInstrumentNotUsable,
			"the instruments and the policy make a document of %d bytes, and a record holds %d; ask fewer instruments or leave out norm tables that the cohort does not need",
			len(raw), corev1.MaxSecretSize)
	}
	return gating.Gate{}
}
