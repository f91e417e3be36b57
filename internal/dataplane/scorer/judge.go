package scorer

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// verdict is all that follows from one attempt. What is critical is known even when
// scoring failed: err says that it did.
type verdict struct {
	critical []criticalEvent
	result   *result // nil: nothing to score
	err      error
}

type criticalEvent struct {
	event int64
	class contract.Class
}

// result is a scored attempt.
type result struct {
	id       uuid.UUID
	decision escalation.Decision
	tier     contract.Tier // zero for none
	scores   map[string]instrument.Result
	order    []string // instruments as asked
	sealed   []byte
}

// engine is a scorer: the one that decides, or the second one that checks it.
type engine struct {
	class func(c *instrument.Compiled, item string, value int) (contract.Class, bool)
	score func(c *instrument.Compiled, r *instrument.Response) instrument.Result
}

var first = engine{class: (*instrument.Compiled).Class, score: (*instrument.Compiled).Score}

// judge opens an attempt's answers and works out what follows. It does no I/O.
func (e engine) judge(keys *seal.Keys, a attempt, m *meaning) verdict {
	if a.wrapped == nil {
		return verdict{} // shredded: there is nothing left to know
	}
	opener, err := keys.Opener(a.student, a.wrapped)
	if err != nil {
		return verdict{err: fmt.Errorf("a student's key: %w", err)}
	}
	var v verdict
	given := responses{}
	for _, ev := range a.events {
		if err := e.read(opener, m, ev, &v, given); err != nil {
			v.err = errors.Join(v.err, err)
		}
	}
	if v.err != nil || !a.toScore(len(given) > 0) {
		return v
	}
	v.result, v.err = e.decided(a, m, given)
	return v
}

var errPanic = errors.New("a response on which the scoring itself is at fault")

// decided keeps a fault of the program to the one response: that goes to a person after
// three tries, and all others are scored. What the panic says may hold an answer.
func (e engine) decided(a attempt, m *meaning, given responses) (r *result, err error) {
	defer func() {
		if recover() != nil {
			r, err = nil, errPanic
		}
	}()
	return e.decide(a, m, given), nil
}

// toScore says whether the attempt gets a result: not when it has one, nor after
// declining, nor when a form was opened and left without a single answer.
func (a attempt) toScore(answered bool) bool {
	return !a.scored && (a.state == "Submitted" || a.state == "Finalised" && answered)
}

// read opens one event: whatever its disposition it may be critical; only accepted
// ones count for the score, the latest of each item.
func (e engine) read(opener *seal.Opener, m *meaning, ev event, v *verdict, given responses) error {
	value, err := opener.OpenAnswer(ev.context, ev.sealed)
	if err != nil {
		return err
	}
	c, ok := m.byCode[ev.context.Instrument]
	if !ok {
		return errors.New("an answer to an instrument that is not in the round's meaning")
	}
	if class, critical := e.class(c, ev.context.Item, int(value)); critical {
		v.critical = append(v.critical, criticalEvent{ev.id, class})
	}
	if !ev.accepted {
		return nil
	}
	return given.put(c, ev.context.Item, int(value))
}

// decide scores every instrument that the student's age is in the range of, and decides.
func (e engine) decide(a attempt, m *meaning, given responses) *result {
	given.describe(a)
	r := &result{id: uuid.New(), scores: map[string]instrument.Result{}}
	for _, c := range m.instruments {
		if in := c.Source(); a.person.Age >= in.MinAge && (in.MaxAge == 0 || a.person.Age <= in.MaxAge) {
			r.scores[c.Code()] = e.score(c, given.of(c))
			r.order = append(r.order, c.Code())
		}
	}
	r.decision = m.policy.Decide(escalation.Input{Results: r.scores})
	r.tier, _ = m.policy.Tier(r.decision.Tier)
	return r
}

// seal seals what the result keeps of its scores to the student's key.
func (r *result) seal(publicKey []byte) error {
	raw, err := json.Marshal(r.kept())
	if err != nil {
		return fmt.Errorf("writing scores: %w", err)
	}
	envelope, err := seal.NewEnvelope(publicKey, seal.Scores)
	if err != nil {
		return err
	}
	r.sealed = envelope.Seal(r.id[:], raw)
	return nil
}

// rank is the tier's rank, or nil for none.
func (r *result) rank() *int16 {
	if r.decision.Tier == contract.NoTier {
		return nil
	}
	rank := int16(r.decision.Rank)
	return &rank
}

func (r *result) obliges() bool { return r.tier.Does(contract.Notify) }
