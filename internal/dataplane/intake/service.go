package intake

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// missLimit is how many wrong codes a school may enter in a minute. A class of fifty
// mistyping once each stays under it.
const missLimit = 60

// Service is intake without HTTP.
type Service struct {
	store   store
	keys    *seal.Keys // code and content
	library *library
	forms   *formCache
	wake    chan struct{}
	now     func() time.Time // for caches only; every deadline is the database's
}

// New returns a Service that uses intake's own database role and keys.
func New(pool *pgxpool.Pool, keys *seal.Keys) *Service {
	s := store{pool}
	return &Service{store: s, keys: keys, library: newLibrary(s), forms: newFormCache(),
		wake: make(chan struct{}, 1), now: time.Now}
}

// Run does, until ctx ends, what no request waits for: it wakes the scorer after
// submissions, a few times a second at most (a notification inside the submitting
// transaction would make all commits wait for each other), and lets forms be forgotten.
func (s *Service) Run(ctx context.Context) error {
	forget := time.NewTicker(generation / 2)
	defer forget.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-forget.C:
			s.forms.forget(s.now())
			continue
		case <-s.wake:
		}
		_ = s.store.wakeScorer(ctx) // only a wake-up: the scorer also looks every second
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var errOutcome = errors.New("the database answered with an outcome this program does not know")

// Ready reports whether students can be served.
func (s *Service) Ready(ctx context.Context) error {
	version, err := s.store.schemaVersion(ctx)
	if err == nil && version < postgres.SchemaVersion() {
		err = postgres.ErrOldSchema
	}
	return err
}

// FormKey is the secret that stands for an open form; the database knows its hash.
type FormKey string

func newFormKey() FormKey {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return FormKey(base64.RawURLEncoding.EncodeToString(raw))
}

func (k FormKey) hash() []byte {
	sum := sha256.Sum256([]byte(k))
	return sum[:]
}

// Form is an open form as its student may see it.
type Form struct {
	School, Label string
	NeedsAssent   bool
	Begun         bool
	State         string // Draft, Submitted, Finalised or Declined
	Instruments   []*instrument.Compiled
	Answered      []string
}

// Remaining lists the items without an answer.
func (f Form) Remaining() []ItemRef { return remaining(f.Instruments, f.Answered) }

// schoolName is what a School can be called.
var schoolName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// Open opens a form with an access code as it was typed.
func (s *Service) Open(ctx context.Context, typed, school string) (FormKey, Form, error) {
	code, err := seal.ParseCode(typed)
	if err != nil {
		return "", Form{}, errCodeTyped
	}
	if !schoolName.MatchString(school) {
		school = "" // counted with those who named none
	}
	key := newFormKey()
	row, err := s.store.open(ctx, s.keys.CodeHMAC(code), school, missLimit, key.hash())
	if err != nil {
		return "", Form{}, err
	}
	if refused, ok := openRefusals[row.Outcome]; ok {
		return "", Form{}, refused
	}
	form, err := s.view(ctx, key, row)
	if err == nil && len(form.Instruments) == 0 {
		err = errNotForAge
	}
	return key, form, err
}

// Look shows an open form.
func (s *Service) Look(ctx context.Context, key FormKey) (Form, error) {
	row, err := s.lookUp(ctx, key)
	if err != nil {
		return Form{}, err
	}
	return s.view(ctx, key, row)
}

func (s *Service) lookUp(ctx context.Context, key FormKey) (formRow, error) {
	row, err := s.store.form(ctx, key.hash())
	if err == nil && row.Outcome == "" {
		err = errNoForm
	}
	return row, err
}

func (s *Service) view(ctx context.Context, key FormKey, row formRow) (Form, error) {
	q, err := s.library.questionnaire(ctx, row.MeaningDigest)
	if err != nil {
		return Form{}, err
	}
	instruments := s.remember(key, row, q).instruments
	return Form{
		School: row.School, Label: row.Label, NeedsAssent: row.NeedsAssent, Begun: row.Begun,
		State: row.State, Instruments: instruments, Answered: row.Answered,
	}, nil
}

// Begin records "this is me" and, from 14, the student's own agreement.
func (s *Service) Begin(ctx context.Context, key FormKey, confirm, assent bool) error {
	if !confirm {
		return errNotConfirmed
	}
	outcome, err := s.store.begin(ctx, key.hash(), assent)
	return outcomeError(outcome, err)
}

// Submit hands the form in; blanks are allowed. Again: the first receipt.
func (s *Service) Submit(ctx context.Context, key FormKey) (uuid.UUID, error) {
	disposition, receipt, err := s.store.finish(ctx, "submit", key.hash())
	if err := outcomeError(disposition, err); err != nil {
		return uuid.Nil, err
	}
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is under way
	}
	return receipt, nil
}

// Decline ends the form by the student's will not to take part.
func (s *Service) Decline(ctx context.Context, key FormKey) (uuid.UUID, error) {
	disposition, receipt, err := s.store.finish(ctx, "decline", key.hash())
	return receipt, outcomeError(disposition, err)
}

// Talk asks for someone to come; whatever the state of the form.
func (s *Service) Talk(ctx context.Context, key FormKey) (uuid.UUID, error) {
	receipt, err := s.store.talk(ctx, key.hash())
	switch {
	case err != nil:
		return uuid.Nil, err
	case receipt == nil:
		return uuid.Nil, errNoForm
	}
	return *receipt, nil
}

func outcomeError(outcome string, err error) error {
	switch {
	case err != nil:
		return err
	case outcome == "Accepted":
		return nil
	case outcome == "":
		return errNoForm
	}
	return formRefusal(outcome)
}

func formRefusal(outcome string) error {
	if r, ok := formRefusals[outcome]; ok {
		return r
	}
	return errOutcome
}
