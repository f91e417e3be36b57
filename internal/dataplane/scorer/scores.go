package scorer

import (
	"encoding/json"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// Scores is what a result keeps sealed.
type Scores struct {
	Scales   []ScaleScore
	Findings []Finding `json:",omitempty"`
	Void     []string  `json:",omitempty"` // instruments whose response is void
	Reasons  []escalation.Reason
}

// ScaleScore is one scale's value.
type ScaleScore struct {
	Instrument string
	instrument.ScaleResult
}

// Finding is a quality rule that a response did not pass.
type Finding struct {
	Instrument string
	instrument.Finding
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

// kept is what is kept of a result, in the order asked.
func (r *result) kept() Scores {
	scores := Scores{Reasons: r.decision.Reasons}
	for _, code := range r.order {
		of := r.scores[code]
		for _, scale := range of.Scales {
			scores.Scales = append(scores.Scales, ScaleScore{code, scale})
		}
		for _, finding := range of.Findings {
			scores.Findings = append(scores.Findings, Finding{code, finding})
		}
		if of.Void {
			scores.Void = append(scores.Void, code)
		}
	}
	return scores
}
