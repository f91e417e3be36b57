// Package outbox hands on what waits in the database for a partner (a gateway, a
// hospital) until the partner has taken it. One partner never waits for another.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// recordTime is how long storing what a partner said may take while we are stopped.
const recordTime = 5 * time.Second

// Item is one thing in hand.
type Item interface {
	Key() uuid.UUID
	Attempts() int // tries before this one
}

// Outbox is one kind of thing that waits. Its statements are the casework functions
// that claim, accept and fail.
type Outbox[T Item] struct {
	Pool     *pgxpool.Pool
	Partners string        // of no argument: the names of the partners, as text[]
	Claim    string        // of partner, number and lease: rows of T
	Accepted string        // of key: the partner has it
	Failed   string        // of key, pause and fault word: try again after the pause
	InFlight int           // calls to one partner at a time, per replica
	Lease    time.Duration // how long a claim lasts: longer than a call can
	MaxWait  time.Duration // bounds the pause between two tries
	// Prepare reads what every call to a partner needs and returns how to make one.
	Prepare func(ctx context.Context, partner string) (func(context.Context, T) error, error)
	// Word is one word for a failure, and nothing of the partner's.
	Word func(error) string
}

// Fleet is the outbox's workers: a loop per partner. name is what the list of partners
// is called in logs, loop what each loop is.
func (o *Outbox[T]) Fleet(name, loop string, wake worker.Signal, log *slog.Logger) worker.Fleet {
	return worker.Fleet{
		Name: name, Every: 5 * time.Second, Wake: wake, Log: log,
		List: func(ctx context.Context) ([]string, error) { return store.One[[]string](ctx, o.Pool, o.Partners) },
		Make: func(partner string, wake worker.Signal) worker.Loop {
			return worker.Loop{Name: loop + " " + partner, Every: time.Second, Wake: wake, Log: log, Work: func(ctx context.Context) (bool, error) {
				n, err := o.HandOn(ctx, partner)
				return n == o.InFlight, err
			}}
		},
	}
}

// HandOn takes what is due for one partner in hand, tries each once, and returns how
// many there were.
func (o *Outbox[T]) HandOn(ctx context.Context, partner string) (int, error) {
	batch, err := store.Rows[T](ctx, o.Pool, o.Claim, partner, o.InFlight, o.Lease)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	call, err := o.Prepare(ctx, partner)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	for _, item := range batch {
		group.Go(func() error { return o.record(ctx, item, call(ctx, item)) })
	}
	return len(batch), group.Wait()
}

// record stores what the partner said, even when we are being stopped meanwhile.
func (o *Outbox[T]) record(ctx context.Context, item T, said error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if said == nil {
		return store.Exec(ctx, o.Pool, o.Accepted, item.Key())
	}
	return store.Exec(ctx, o.Pool, o.Failed, item.Key(), webhook.Backoff(item.Attempts(), o.MaxWait), o.Word(said))
}

// FaultWord is the word for a call that failed.
func FaultWord(err error) string {
	var status *webhook.StatusError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &status):
		return "Status" + strconv.Itoa(status.Status)
	case errors.Is(err, context.Canceled):
		return "Stopped"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "Timeout"
	}
	return "Unreachable"
}
