package scorer

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// scoredAfter reads scored attempts in the order of their ids, with their answers. Those
// of shredded students are left out: there is nothing left to compare.
func scoredAfter(ctx context.Context, tx pgx.Tx, after *uuid.UUID, limit int) ([]attempt, error) {
	rows, err := tx.Query(ctx, selectAttempt+`WHERE a.scored_at IS NOT NULL AND k.wrapped IS NOT NULL AND ($1::uuid IS NULL OR a.id > $1)
		ORDER BY a.id LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	attempts, err := pgx.CollectRows(rows, scanAttempt)
	if err != nil || len(attempts) == 0 {
		return nil, err
	}
	for i := range attempts {
		attempts[i].scored = false // it is to be scored once more
	}
	return attempts, loadEvents(ctx, tx, attempts)
}

// loadStored reads what is stored of the attempts' results, by attempt, still sealed.
func loadStored(ctx context.Context, tx pgx.Tx, attempts []attempt) (map[uuid.UUID]*stored, error) {
	ids := make([]uuid.UUID, 0, len(attempts))
	for _, a := range attempts {
		ids = append(ids, a.id)
	}
	rows, err := tx.Query(ctx, `SELECT r.attempt_id, r.id, r.meaning_digest, r.tier_rank, r.undetermined, r.rule, r.obliges, r.sealed,
			coalesce(jsonb_agg(jsonb_build_object('Instrument', s.instrument, 'Scale', s.scale, 'Status', s.status, 'Band', s.band))
				FILTER (WHERE s.result_id IS NOT NULL), '[]')
		FROM ek.result r LEFT JOIN ek.result_scale s ON s.result_id = r.id WHERE r.attempt_id = ANY ($1) GROUP BY r.id`, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	results := map[uuid.UUID]*stored{}
	for rows.Next() {
		var (
			of uuid.UUID
			s  stored
		)
		if err := rows.Scan(&of, &s.id, &s.meaning, &s.rank, &s.undetermined, &s.rule, &s.obliges, &s.sealed, &s.open); err != nil {
			return nil, err
		}
		results[of] = &s
	}
	return results, rows.Err()
}

// openWith opens the sealed scores with the student's key.
func (s *stored) openWith(keys *seal.Keys, a attempt) error {
	opener, err := keys.Opener(a.student, a.wrapped)
	if err != nil {
		return fmt.Errorf("a student's key: %w", err)
	}
	s.scores, err = OpenScores(opener, s.id, s.sealed)
	if err != nil {
		return errors.New("a result's scores do not open")
	}
	return nil
}
