package scorer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// attempt is what is claimed to be scored.
type attempt struct {
	id, student      uuid.UUID
	round, state     string
	meaning          contract.Digest
	person           instrument.Person
	seconds          float64 // from the first page to the submission; 0: not known
	duplicate        bool
	scored           bool // has been before: only its late answers are looked at
	undeterminedRank *int16
	retestDays       int
	publicKey        []byte
	wrapped          []byte // nil: the student was shredded
	events           []event
}

// event is one stored answer, accepted or not.
type event struct {
	id       int64
	context  seal.AnswerContext
	sealed   []byte
	class    int // under which intake stored it, by rank
	accepted bool
}

// selectAttempt is followed by a WHERE clause. A form that its session ended has no
// duration: nobody knows when the student stopped.
const selectAttempt = `SELECT a.id, a.student_id, a.round, a.state, coalesce(r.meaning_digest, ''), a.sex, a.age, a.school_years,
		CASE WHEN a.state = 'Submitted' THEN coalesce(extract(epoch FROM a.finished_at - a.confirmed_at), 0) ELSE 0 END::float8,
		a.duplicate, a.scored_at IS NOT NULL, r.undetermined_rank, coalesce(r.retest_within_days, 0), s.public_key, k.wrapped
	FROM ek.attempt a JOIN ek.round r ON r.round = a.round JOIN ek.student s ON s.id = a.student_id
	LEFT JOIN ek.student_key k ON k.student_id = a.student_id
	`

func scanAttempt(row pgx.CollectableRow) (attempt, error) {
	var a attempt
	err := row.Scan(&a.id, &a.student, &a.round, &a.state, &a.meaning, &a.person.Sex, &a.person.Age, &a.person.Grade,
		&a.seconds, &a.duplicate, &a.scored, &a.undeterminedRank, &a.retestDays, &a.publicKey, &a.wrapped)
	return a, err
}

// claim locks attempts that wait, or the one named if it still waits. They come in the
// order of their students, which is the order in which raising locks those.
func claim(ctx context.Context, tx pgx.Tx, only *uuid.UUID) ([]attempt, error) {
	rows, err := tx.Query(ctx, selectAttempt+`WHERE a.id IN (
			SELECT w.id FROM ek.attempt w
			WHERE w.state <> 'Draft' AND NOT w.failed AND (w.scored_at IS NULL OR w.recheck)
			  AND (w.id = $1 OR ($1 IS NULL AND w.scoring_next_at <= clock_timestamp()))
			ORDER BY w.scoring_next_at, w.finished_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
		ORDER BY a.student_id, a.id`, only, batchSize)
	if err != nil {
		return nil, err
	}
	claimed, err := pgx.CollectRows(rows, scanAttempt)
	if err != nil || len(claimed) == 0 {
		return nil, err
	}
	return claimed, loadEvents(ctx, tx, claimed)
}

func loadEvents(ctx context.Context, tx pgx.Tx, claimed []attempt) error {
	index, ids := map[uuid.UUID]int{}, make([]uuid.UUID, 0, len(claimed))
	for i, a := range claimed {
		index[a.id] = i
		ids = append(ids, a.id)
	}
	rows, err := tx.Query(ctx, `SELECT id, attempt_id, form_key_hash, save_no, instrument, item, sealed, class, disposition = 'Accepted'
		FROM ek.answer_event WHERE attempt_id = ANY ($1) ORDER BY id`, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e event
		c := &e.context
		if err := rows.Scan(&e.id, &c.Attempt, &c.FormKeyHash, &c.Save, &c.Instrument, &c.Item, &e.sealed, &e.class, &e.accepted); err != nil {
			return err
		}
		a := &claimed[index[c.Attempt]]
		a.events = append(a.events, e)
	}
	return rows.Err()
}

// meaning is a round's meaning, ready to score with.
type meaning struct {
	instruments []*instrument.Compiled
	byCode      map[string]*instrument.Compiled
	policy      *escalation.Compiled
}

// meanings remembers compiled meanings; they never change.
type meanings struct {
	pool *pgxpool.Pool
	mu   sync.Mutex
	all  map[contract.Digest]*meaning
}

func newMeanings(pool *pgxpool.Pool) *meanings {
	return &meanings{pool: pool, all: map[contract.Digest]*meaning{}}
}

var errNoMeaning = errors.New("the round has no meaning")

func (m *meanings) find(ctx context.Context, digest contract.Digest) (*meaning, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.all[digest]; ok {
		return known, nil
	}
	var raw []byte
	err := m.pool.QueryRow(ctx, "SELECT body FROM ek.meaning WHERE digest = $1", digest).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoMeaning
	}
	if err != nil {
		return nil, postgres.Describe(err)
	}
	var document contract.Meaning
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, fmt.Errorf("reading a pinned meaning: %w", err)
	}
	compiled, err := compile(document)
	if err == nil {
		m.all[digest] = compiled
	}
	return compiled, err
}

func compile(document contract.Meaning) (*meaning, error) {
	m := &meaning{byCode: map[string]*instrument.Compiled{}}
	for _, in := range document.Instruments {
		c, err := instrument.Compile(in)
		if err != nil {
			return nil, fmt.Errorf("instrument %s of a pinned meaning: %w", in.Code, err)
		}
		m.instruments = append(m.instruments, c)
		m.byCode[in.Code] = c
	}
	var err error
	m.policy, err = escalation.Compile(document.Policy, m.instruments)
	return m, err
}
