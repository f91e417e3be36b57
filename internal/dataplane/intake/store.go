package intake

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// store calls the functions intake may execute. Nothing else of the database exists
// for it.
type store struct{ pool *pgxpool.Pool }

// formRow is what a form key opens, as the database tells it.
type formRow struct {
	Outcome       string
	Attempt       uuid.UUID
	Round         string
	MeaningDigest contract.Digest
	School, Label string
	Age           int
	NeedsAssent   bool
	Begun         bool
	State         string
	PublicKey     []byte
	Answered      []string // instrument/item
}

const formColumns = `coalesce(outcome, ''), coalesce(attempt_id, '00000000-0000-0000-0000-000000000000'), coalesce(round, ''),
	coalesce(meaning_digest, ''), coalesce(school, ''), coalesce(label, ''), coalesce(age, 0::smallint), coalesce(needs_assent, false),
	coalesce(begun, false), coalesce(state, ''), public_key, answered`

func (f *formRow) fields() []any {
	return []any{&f.Outcome, &f.Attempt, &f.Round, &f.MeaningDigest, &f.School, &f.Label, &f.Age, &f.NeedsAssent,
		&f.Begun, &f.State, &f.PublicKey, &f.Answered}
}

func (s store) open(ctx context.Context, code []byte, school string, missLimit int, formKey []byte) (formRow, error) {
	var f formRow
	err := postgres.Call(ctx, s.pool, "SELECT "+formColumns+" FROM ek_intake.open_form($1, $2, $3, $4, $5)",
		[]any{code, school, missLimit, formKey, uuid.New()}, f.fields()...)
	return f, away(err)
}

func (s store) form(ctx context.Context, formKey []byte) (formRow, error) {
	var f formRow
	err := s.pool.QueryRow(ctx, "SELECT "+formColumns+" FROM ek_intake.form($1)", formKey).Scan(f.fields()...)
	return f, away(postgres.Describe(err))
}

func (s store) begin(ctx context.Context, formKey []byte, assent bool) (outcome string, err error) {
	err = postgres.Call(ctx, s.pool, "SELECT coalesce(ek_intake.begin_form($1, $2), '')", []any{formKey, assent}, &outcome)
	return outcome, away(err)
}

// saveRow is a save ready to be stored.
type saveRow struct {
	FormKey     []byte
	Save        int32
	Digest      []byte
	Faulty      bool
	Instruments []string
	Items       []string
	Sealed      [][]byte
	Classes     []int16
}

type receiptRow struct {
	Status      int
	Disposition string
	Receipt     uuid.UUID
	Answered    []string
}

func (s store) record(ctx context.Context, v saveRow) (receiptRow, error) {
	var r receiptRow
	err := postgres.Call(ctx, s.pool, `SELECT coalesce(status, 0::smallint), coalesce(disposition, ''),
		coalesce(receipt, '00000000-0000-0000-0000-000000000000'), answered
		FROM ek_intake.record($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		[]any{v.FormKey, v.Save, v.Digest, uuid.New(), v.Faulty, v.Instruments, v.Items, v.Sealed, v.Classes},
		&r.Status, &r.Disposition, &r.Receipt, &r.Answered)
	return r, away(err)
}

// finish submits or declines.
func (s store) finish(ctx context.Context, function string, formKey []byte) (disposition string, receipt uuid.UUID, err error) {
	err = postgres.Call(ctx, s.pool, `SELECT coalesce(disposition, ''), coalesce(receipt, '00000000-0000-0000-0000-000000000000')
		FROM ek_intake.`+function+`($1, $2)`, []any{formKey, uuid.New()}, &disposition, &receipt)
	return disposition, receipt, away(err)
}

func (s store) talk(ctx context.Context, formKey []byte) (receipt *uuid.UUID, err error) {
	err = postgres.Call(ctx, s.pool, "SELECT ek_intake.talk($1, $2)", []any{formKey, uuid.New()}, &receipt)
	return receipt, away(err)
}

func (s store) meaning(ctx context.Context, digest contract.Digest) (contract.Meaning, error) {
	var m contract.Meaning
	return m, s.document(ctx, &m, "SELECT ek_intake.meaning($1)", digest)
}

func (s store) helpCard(ctx context.Context) (HelpCard, error) {
	var h HelpCard
	return h, s.document(ctx, &h, "SELECT ek_intake.help_card()")
}

var errNoDocument = errors.New("the district does not have this document")

func (s store) document(ctx context.Context, into any, sql string, args ...any) error {
	var raw []byte
	if err := s.pool.QueryRow(ctx, sql, args...).Scan(&raw); err != nil {
		return away(postgres.Describe(err))
	}
	if raw == nil {
		return errNoDocument
	}
	return json.Unmarshal(raw, into)
}

// CheckKey compares a key's fingerprint with the database's record; for seal.Check.
func CheckKey(pool *pgxpool.Pool) func(context.Context, string, contract.Digest) (bool, error) {
	return postgres.CheckKeyBy(pool, "ek_intake.check_key")
}

func (s store) wakeScorer(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "SELECT ek_intake.wake_scorer()")
	return err
}

func (s store) schemaVersion(ctx context.Context) (version int64, err error) {
	err = s.pool.QueryRow(ctx, "SELECT coalesce(ek_intake.ready(), 0)").Scan(&version)
	return version, postgres.Describe(err)
}

// away tells a student to try again while the database is restarting.
func away(err error) error {
	if postgres.Unreachable(err) || errors.Is(err, context.DeadlineExceeded) {
		return refusal{errAway.fault.Because(err), errAway.zh}
	}
	return err
}
