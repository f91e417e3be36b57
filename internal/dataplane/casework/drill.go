package casework

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

// Drills returns the worker that begins the drills that are due, calls who comes on duty
// while one is under way, and ends those whose time is up.
func Drills(pool *pgxpool.Pool, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "drills", Every: 10 * time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		return false, AdvanceDrills(ctx, pool)
	}}
}

// AdvanceDrills looks once.
func AdvanceDrills(ctx context.Context, pool *pgxpool.Pool) error {
	return store.Exec(ctx, pool, "SELECT ek_casework.advance_drills()")
}
