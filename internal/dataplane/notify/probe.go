package notify

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// ProbeEvery is how often a transport or channel is asked for a sign of life.
const ProbeEvery = 15 * time.Second

type target struct{ Kind, Name, URL string }

// Prober returns the worker that probes. Replicas share the probes.
func Prober(pool *pgxpool.Pool, client *http.Client, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "probe", Every: 3 * time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		return false, ProbeDue(ctx, pool, client, ProbeEvery)
	}}
}

// ProbeDue probes what has not been probed for the interval.
func ProbeDue(ctx context.Context, pool *pgxpool.Pool, client *http.Client, every time.Duration) error {
	targets, err := store.Rows[target](ctx, pool, "SELECT kind, name, url FROM ek_casework.claim_probes($1)", every)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for _, t := range targets {
		group.Go(func() error {
			answered := webhook.Probe(ctx, client, t.URL)
			if ctx.Err() != nil {
				return nil // being stopped says nothing about the partner
			}
			return store.Exec(ctx, pool, "SELECT ek_casework.store_probe($1, $2, $3)", t.Kind, t.Name, answered)
		})
	}
	return group.Wait()
}
