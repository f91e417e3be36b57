package exchange

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/core/suppress"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

// Releaser returns the worker that makes a closed round's figures final.
func Releaser(pool *pgxpool.Pool, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "release", Every: 2 * time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		return Release(ctx, pool)
	}}
}

// Release counts, suppresses and stores the figures of one round that is ready for
// it, and says whether there was one. They are stored once and never computed again:
// two publications of nearly the same figures would undo the suppression of both.
func Release(ctx context.Context, pool *pgxpool.Pool) (did bool, err error) {
	err = store.InTx(ctx, pool, func(tx pgx.Tx) error {
		var (
			round  *string
			floor  *int64
			counts []int64
		)
		if err := tx.QueryRow(ctx, "SELECT * FROM ek_casework.take_release()").Scan(&round, &floor, &counts); err != nil || round == nil {
			return err
		}
		least := int64(0) // suppress takes it for its own default
		if floor != nil {
			least = *floor
		}
		did = true
		_, err := tx.Exec(ctx, "SELECT ek_casework.store_release($1, $2)", *round, suppress.Release(counts, least))
		return err
	})
	return did && err == nil, err
}
