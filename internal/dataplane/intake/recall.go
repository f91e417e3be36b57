package intake

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// openForm is what never changes about an open form; a save needs nothing else, so
// that it costs one round trip.
type openForm struct {
	attempt       uuid.UUID
	publicKey     []byte
	questionnaire *questionnaire
	instruments   []*instrument.Compiled

	mu        sync.Mutex
	sealer    *seal.Envelope
	sealUntil time.Time
}

// sealFor is how long the saves of one form share an envelope. The key agreement is
// the dearest part of a save; a key that seals for longer could open for longer.
const sealFor = time.Minute

func (f *openForm) envelope(now time.Time) (*seal.Envelope, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sealer != nil && now.Before(f.sealUntil) {
		return f.sealer, nil
	}
	sealer, err := seal.NewEnvelope(f.publicKey, seal.Answers)
	if err == nil {
		f.sealer, f.sealUntil = sealer, now.Add(sealFor)
	}
	return sealer, err
}

// recall returns an open form, from memory when it was used lately.
func (s *Service) recall(ctx context.Context, key FormKey) (*openForm, error) {
	if form := s.forms.get(key, s.now()); form != nil {
		return form, nil
	}
	row, err := s.lookUp(ctx, key)
	if err != nil {
		return nil, err
	}
	q, err := s.library.questionnaire(ctx, row.MeaningDigest)
	if err != nil {
		return nil, err
	}
	return s.remember(key, row, q), nil
}

func (s *Service) remember(key FormKey, row formRow, q *questionnaire) *openForm {
	form := &openForm{attempt: row.Attempt, publicKey: row.PublicKey, questionnaire: q, instruments: q.forAge(row.Age)}
	s.forms.put(key, form, s.now())
	return form
}

// formCache remembers recent forms in two generations; the older is dropped when the
// younger is a generation old or full. So an envelope's key is out of reach two
// generations after the form's last save.
type formCache struct {
	mu           sync.Mutex
	young, older map[FormKey]*openForm
	turnAt       time.Time
}

const (
	formsPerGeneration = 20_000
	generation         = time.Minute
)

func newFormCache() *formCache { return &formCache{young: map[FormKey]*openForm{}} }

func (c *formCache) get(key FormKey, now time.Time) *openForm {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	if f, ok := c.young[key]; ok {
		return f
	}
	f := c.older[key]
	if f != nil {
		c.young[key] = f
	}
	return f
}

func (c *formCache) put(key FormKey, f *openForm, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	c.young[key] = f
}

// forget is put without a form: it lets time pass.
func (c *formCache) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
}

func (c *formCache) turn(now time.Time) {
	if len(c.young) < formsPerGeneration && now.Before(c.turnAt) {
		return
	}
	c.older, c.young, c.turnAt = c.young, map[FormKey]*openForm{}, now.Add(generation)
}
