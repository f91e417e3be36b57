package round

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// state is how a gate stands. Until the round opens a gate passes only when it is known
// to; afterwards it is lost only when it is known to be. So a report that is late
// never interrupts children who are answering.
type state int

const (
	pass state = iota
	unknown
	fail
)

// gate is the standing of one gate. When it passes, reason and message are empty unless
// there is something to say all the same.
type gate struct {
	state    state
	advisory bool // of one that is shut: the round opens all the same
	reason   string
	message  string
	names    []string          // that the message is about
	notes    []string          // of exceptions
	settled  *metav1.Condition // what was found before the opening and is not asked again; nil: all the above
}

// How many names a condition of a gate has, and how many of each gate GatesPassed has.
// Fewer if they are long: a message has at most 1,024 characters, and how many more there
// are comes last. Of notes there are as many as leave room for what the gate counts for.
const (
	namedAtMost = 20
	summedUp    = 5
	namesLength = 600
	notesEnd    = 880
)

// text is the message with at most so many names.
func (g gate) text(names int) string {
	var parts []string
	if g.message != "" {
		parts = append(parts, g.message)
	}
	if len(g.names) > 0 {
		parts = []string{g.message + ": " + named(g.names, names)}
	}
	text := strings.Join(noted(parts, g.notes), "; ")
	if g.advisory {
		text += " (advisory)"
	}
	return text
}

// noted adds the notes that there is room for.
func noted(parts, notes []string) []string {
	length := utf8.RuneCountInString(strings.Join(parts, ""))
	for i, note := range notes {
		if length += utf8.RuneCountInString(note); length > notesEnd {
			return append(parts, fmt.Sprintf("and %d more about exceptions", len(notes)-i))
		}
		parts = append(parts, note)
	}
	return parts
}

func named(names []string, most int) string {
	n, length := 0, 0
	for n < min(most, len(names)) && (n == 0 || length+len(names[n]) <= namesLength) {
		length += len(names[n])
		n++
	}
	text := strings.Join(names[:n], ", ")
	if more := len(names) - n; more > 0 {
		text = fmt.Sprintf("%s and %d more", text, more)
	}
	return text
}

// check is a gate: the condition that it has of its own, if any, and what that says when
// the gate passes and there is nothing else to say.
type check struct {
	condition string
	holds     string
	look      func(*scene) gate
}

// checks in order: the first that is shut gives GatesPassed its reason.
var checks = []check{
	{look: campaignGate}, {look: claimGate}, {look: districtGate},
	{v1alpha1.ConditionInstrumentsUsable, "Every instrument may be used for the cohort", instrumentGate},
	{v1alpha1.ConditionPolicyCompiles, "The policy compiles with the instruments", policyGate},
	{look: recordGate},
	{v1alpha1.ConditionChannelsUsable, "Every tier that drafts referrals has a usable ReferralChannel", channelGate},
	{v1alpha1.ConditionDutyChainReachable, "The chain of duty can be reached", dutyGate},
	{v1alpha1.ConditionSchoolsStaffed, "Every school has somebody to answer a child until the round closes", staffingGate},
	{v1alpha1.ConditionDutyDrillHeld, "A drill of the chain of duty was acknowledged for the opening", drillGate},
	{v1alpha1.ConditionPublicityHeld, "Every school has held publicity", publicityGate},
	{v1alpha1.ConditionSchoolsTrained, "Every school's staff is trained", trainingGate},
	{v1alpha1.ConditionCounsellingRoomsOpen, "Every school has an open counselling room", roomGate},
	{v1alpha1.ConditionAreasCovered, "Every area with schools of the cohort has an expert group", areaGate},
}

// is the condition of a gate.
func (c check) is(g gate) metav1.Condition {
	text := g.text(namedAtMost)
	switch {
	case g.settled != nil:
		return *g.settled
	case g.state == fail:
		return conditions.False(c.condition, g.reason, text)
	case g.state == unknown:
		return conditions.Unknown(c.condition, v1alpha1.ReasonNoReport, text)
	case g.reason == v1alpha1.ReasonExceptionGranted:
		return conditions.True(c.condition, g.reason, text)
	case text != "":
		return conditions.True(c.condition, v1alpha1.ReasonPassed, c.holds+"; "+text)
	}
	return conditions.True(c.condition, v1alpha1.ReasonPassed, c.holds)
}

// verdict is the standing of all gates together: the worst, with the reason of the
// first that stands so and the messages of all that do not pass.
type verdict struct {
	state      state
	reason     string
	message    string
	onlyDrill  bool               // shut, and all that lacks is a drill
	conditions []metav1.Condition // of the gates that have one
	meaning    *contract.Meaning  // what the round would mean by the objects of now; nil when they do not fit
}

// scene is what a gate looks at: what was observed, what was decided before the gates,
// and what earlier gates worked out.
type scene struct {
	o         observed
	d         decision
	now       time.Time
	schools   map[string]v1alpha1.School // of the district, by name
	documents []contract.Instrument
	policy    *contract.Policy
}

func newScene(o observed, d decision, now time.Time) *scene {
	s := &scene{o: o, d: d, now: now, schools: make(map[string]v1alpha1.School, len(o.schools))}
	for _, school := range o.schools {
		s.schools[school.Name] = school
	}
	return s
}

func judge(o observed, d decision, now time.Time) verdict {
	s := newScene(o, d, now)
	var v verdict
	var messages []string
	var shut []string
	for _, c := range checks {
		g := c.look(s)
		state, reason := g.weight()
		if state > v.state || v.reason == "" {
			v.state, v.reason = state, reason
		}
		if state != pass {
			shut = append(shut, reason)
		}
		if text := g.text(summedUp); text != "" {
			messages = append(messages, text)
		}
		if c.condition != "" {
			v.conditions = append(v.conditions, c.is(g))
		}
	}
	v.message = strings.Join(messages, "; ")
	v.onlyDrill = slices.Equal(shut, []string{v1alpha1.ReasonDrillNotAcknowledged})
	v.meaning = s.meaning()
	return v
}

// weight is what a gate counts for in the sum.
func (g gate) weight() (state, string) {
	switch {
	case g.advisory:
		return pass, v1alpha1.ReasonAdvisoryNotMet
	case g.reason == v1alpha1.ReasonExceptionGranted:
		return pass, ""
	}
	return g.state, g.reason
}

// meaning is nil unless the instruments and the policy are worked out, and both fit.
func (s *scene) meaning() *contract.Meaning {
	if len(s.documents) == 0 || s.policy == nil {
		return nil
	}
	meaning := translate.Meaning(s.o.round.Name, s.documents, *s.policy)
	return &meaning
}

func failing(reason, format string, args ...any) gate {
	return gate{state: fail, reason: reason, message: fmt.Sprintf(format, args...)}
}

func unclear(format string, args ...any) gate {
	return gate{state: unknown, reason: v1alpha1.ReasonNoReport, message: fmt.Sprintf(format, args...)}
}

// unheard is a gate of which nothing is known: it fails until the gates have let the round through.
func (s *scene) unheard(reason, message string) gate {
	if s.d.cleared {
		return unclear("%s", message)
	}
	return failing(reason, "%s", message)
}

// opening is when students can answer first: as planned, or now if the round is late.
func (s *scene) opening() time.Time {
	if !s.d.opened && s.now.After(s.d.opens) {
		return s.now
	}
	return s.d.opens
}

func isFalse(list []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionFalse(list, kind)
}
