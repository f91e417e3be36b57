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

// Scores is what a result keeps sealed.
type Scores struct {
	Scales  []ScaleScore
	Reasons []escalation.Reason
}

// ScaleScore is one scale's value.
type ScaleScore struct {
	Instrument string
	instrument.ScaleResult
}

// OpenScores opens the sealed values of a result.
func OpenScores(o *seal.Opener, resultID uuid.UUID, sealed []byte) (Scores, error) {
	var scores Scores
	raw, err := o.Open(seal.Scores, resultID[:], sealed)
	if err != nil {
		return scores, err
	}
	return scores, json.Unmarshal(raw, &scores)
}

// judge opens an attempt's answers and works out what follows. It does no I/O.
func judge(keys *seal.Keys, a attempt, m *meaning) verdict {
	if a.wrapped == nil {
		return verdict{} // shredded: there is nothing left to know
	}
	opener, err := keys.Opener(a.student, a.wrapped)
	if err != nil {
		return verdict{err: fmt.Errorf("a student's key: %w", err)}
	}
	var v verdict
	answers := map[string]map[string]instrument.Answer{}
	for _, e := range a.events {
		if err := v.read(opener, m, e, answers); err != nil {
			v.err = errors.Join(v.err, err)
		}
	}
	if v.err != nil || !a.toScore(len(answers) > 0) {
		return v
	}
	v.result, v.err = decide(a, m, answers)
	return v
}

// toScore says whether the attempt gets a result: not when it has one, nor after
// declining, nor when a form was opened and left without a single answer.
func (a attempt) toScore(answered bool) bool {
	return !a.scored && (a.state == "Submitted" || a.state == "Finalised" && answered)
}

// read opens one event: whatever its disposition it may be critical; only accepted
// ones count for the score, the latest of each item.
func (v *verdict) read(opener *seal.Opener, m *meaning, e event, answers map[string]map[string]instrument.Answer) error {
	value, err := opener.OpenAnswer(e.context, e.sealed)
	if err != nil {
		return err
	}
	c, ok := m.byCode[e.context.Instrument]
	if !ok {
		return errors.New("an answer to an instrument that is not in the round's meaning")
	}
	if class, critical := c.Class(e.context.Item, int(value)); critical {
		v.critical = append(v.critical, criticalEvent{e.id, class})
	}
	if !e.accepted {
		return nil
	}
	if answers[c.Code()] == nil {
		answers[c.Code()] = map[string]instrument.Answer{}
	}
	answers[c.Code()][e.context.Item] = instrument.Answer{Value: int(value)}
	return nil
}

func decide(a attempt, m *meaning, answers map[string]map[string]instrument.Answer) (*result, error) {
	r := &result{id: uuid.New(), scores: map[string]instrument.Result{}}
	for _, c := range m.instruments {
		if in := c.Source(); a.age >= in.MinAge && (in.MaxAge == 0 || a.age <= in.MaxAge) {
			r.scores[c.Code()] = c.Score(answers[c.Code()])
			r.order = append(r.order, c.Code())
		}
	}
	r.decision = m.policy.Decide(escalation.Input{Results: r.scores})
	r.tier, _ = m.policy.Tier(r.decision.Tier)
	scores := Scores{Reasons: r.decision.Reasons}
	for _, code := range r.order {
		for _, scale := range r.scores[code].Scales {
			scores.Scales = append(scores.Scales, ScaleScore{code, scale})
		}
	}
	raw, err := json.Marshal(scores)
	if err != nil {
		return nil, err
	}
	envelope, err := seal.NewEnvelope(a.publicKey, seal.Scores)
	if err != nil {
		return nil, err
	}
	r.sealed = envelope.Seal(r.id[:], raw)
	return r, nil
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
