package casework

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
)

// stepsAtOnce bounds one transaction of the clock.
const stepsAtOnce = 100

// Clock returns the worker that takes due steps, once a second and when woken. It
// wakes the senders when there is something to send.
func Clock(pool *pgxpool.Pool, log *slog.Logger, wake, senders worker.Signal) worker.Loop {
	return worker.Loop{Name: "obligation clock", Every: time.Second, Wake: wake, Log: log, Work: func(ctx context.Context) (bool, error) {
		taken, err := Advance(ctx, pool)
		if taken > 0 {
			senders.Wake()
		}
		return taken == stepsAtOnce, err
	}}
}

// Advance takes the steps that are due now, up to a bound, and returns how many.
func Advance(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	return store.One[int](ctx, pool, "SELECT ek_casework.advance_due($1)", stepsAtOnce)
}

// Sweeper returns the worker that raises what obliges and has no obligation. It is
// apart from the clock, so that neither can hold the other up.
func Sweeper(pool *pgxpool.Pool, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "sweeper", Every: time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		found, err := Sweep(ctx, pool)
		if found > 0 {
			log.Error("sources had no obligation; raised late", "found", true)
		}
		return false, err
	}}
}

// Sweep raises missing obligations, leaves a sign of life and returns how many it found.
func Sweep(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	return store.One[int](ctx, pool, "SELECT ek_casework.sweep()")
}

// Forgetter returns the worker that forgets message ids no timestamp can bring back.
func Forgetter(pool *pgxpool.Pool, log *slog.Logger) worker.Loop {
	return worker.Loop{Name: "forget messages", Every: time.Hour, Log: log, Work: func(ctx context.Context) (bool, error) {
		return false, store.Exec(ctx, pool, "SELECT ek_casework.forget_messages()")
	}}
}

// Listen wakes signals on notifications of the database, by channel. It is a
// courtesy: while the connection is away the intervals do.
func Listen(pool *pgxpool.Pool, log *slog.Logger, wake map[string]worker.Signal) worker.Loop {
	return worker.Loop{Name: "listen", Every: time.Second, Log: log, Work: func(ctx context.Context) (bool, error) {
		conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
		if err != nil {
			return false, store.Refusal(err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		return false, listen(ctx, conn, wake)
	}}
}

func listen(ctx context.Context, conn *pgx.Conn, wake map[string]worker.Signal) error {
	for channel := range wake { // each is listened to before any is waited for
		if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
			return store.Refusal(err)
		}
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return store.Refusal(err)
		}
		wake[n.Channel].Wake()
	}
}
