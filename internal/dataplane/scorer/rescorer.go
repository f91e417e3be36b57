package scorer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

const (
	// rescoreBatch is small, so that what was found, and how far, is soon committed.
	rescoreBatch = 20
	// rescoreShare is the part of one processor that comparing may take: after each batch
	// it rests for as long as makes that true. Forms that wait to be scored come first.
	rescoreShare = 5
	// rescorePoll is how often it looks whether a run is due or asked for, and how long it
	// gives way to forms.
	rescorePoll = 10 * time.Second
)

// Rescorer compares what is stored with what a second scorer makes of the same answers,
// every night and when asked. Any number may run at a time: one of them goes on.
type Rescorer struct {
	pool     *pgxpool.Pool
	keys     *seal.Keys // district
	meanings *meanings
	log      *slog.Logger
}

// NewRescorer returns a Rescorer that uses the scorer's own database role and keys.
func NewRescorer(pool *pgxpool.Pool, keys *seal.Keys, log *slog.Logger) *Rescorer {
	return &Rescorer{pool: pool, keys: keys, meanings: newMeanings(pool), log: log}
}

// Run compares until ctx ends. A database that is away is waited for.
func (r *Rescorer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		began := time.Now()
		more, err := r.Step(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "comparing scores failed; it goes on where it stands", "cause", err)
		}
		rest := rescorePoll
		if more {
			rest = (rescoreShare - 1) * time.Since(began)
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
	return nil
}

// Step compares one batch and says whether there is more to do at once. It does nothing
// when no run is due, when another replica has it in hand, or while a form waits.
func (r *Rescorer) Step(ctx context.Context) (more bool, err error) {
	err = postgres.InTx(ctx, r.pool, func(tx pgx.Tx) error {
		var run, after *uuid.UUID
		if err := tx.QueryRow(ctx, "SELECT run, after FROM ek_scorer.take_rescore()").Scan(&run, &after); err != nil || run == nil {
			return err
		}
		attempts, err := scoredAfter(ctx, tx, after, rescoreBatch)
		if err != nil {
			return err
		}
		if err := r.compare(ctx, tx, *run, attempts); err != nil {
			return err
		}
		if more = len(attempts) == rescoreBatch; more {
			return nil
		}
		_, err = tx.Exec(ctx, "SELECT ek_scorer.finish_rescore($1)", *run)
		return err
	})
	return more && err == nil, err
}

// compare notes what differs and how far the run has come.
func (r *Rescorer) compare(ctx context.Context, tx pgx.Tx, run uuid.UUID, attempts []attempt) error {
	if len(attempts) == 0 {
		return nil
	}
	results, err := loadStored(ctx, tx, attempts)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	compared := 0
	for _, a := range attempts {
		if results[a.id] != nil {
			compared++
		}
		found, err := r.differences(ctx, a, results[a.id])
		if err != nil {
			return err
		}
		queueDifferences(batch, run, a, found)
	}
	batch.Queue("UPDATE ek.rescore_run SET after = $2, compared = compared + $3 WHERE id = $1", run, attempts[len(attempts)-1].id, compared)
	return tx.SendBatch(ctx, batch).Close()
}

// differences returns an error only when the database gave none of what it was asked for:
// nothing has been compared then.
func (r *Rescorer) differences(ctx context.Context, a attempt, was *stored) ([]difference, error) {
	m, err := r.meanings.find(ctx, a.meaning)
	var database *postgres.Error
	if errors.As(err, &database) || ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return []difference{{kind: kindMeaning}}, nil // of a round, not of a child: nobody has to look at each
	}
	if was != nil && was.openWith(r.keys, a) != nil {
		return []difference{{kind: kindUnreadable}}, nil
	}
	return compare(a, was, second.judge(r.keys, a, m)), nil
}

// queueDifferences notes differences, and asks a person to look at a child who may have
// been misjudged.
func queueDifferences(batch *pgx.Batch, run uuid.UUID, a attempt, found []difference) {
	look := false
	for _, d := range found {
		batch.Queue(`INSERT INTO ek.score_difference (attempt_id, instrument, scale, kind, run_id) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (attempt_id, instrument, scale, kind) DO UPDATE SET run_id = excluded.run_id, gone_at = NULL,
				found_at = CASE WHEN ek.score_difference.gone_at IS NULL THEN ek.score_difference.found_at ELSE excluded.found_at END`,
			a.id, d.instrument, d.scale, d.kind, run)
		look = look || d.misjudges()
	}
	if look {
		batch.Queue("SELECT ek.make_follow_up($1, $2, 'ScoresDiffer', $3, $4, NULL)", a.student, a.round, a.id.String(), a.undeterminedRank)
	}
}
