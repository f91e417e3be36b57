// Package worker runs what casework does by itself: at once, when woken, and at the
// latest after an interval. Waking is a courtesy; the rows are the truth, so a lost
// wake-up costs an interval and nothing else.
package worker

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Signal wakes a loop; waking an awake one costs nothing.
type Signal chan struct{}

// NewSignal returns a signal nobody has given yet.
func NewSignal() Signal { return make(Signal, 1) }

// Wake gives the signal.
func (s Signal) Wake() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Loop repeats one piece of work.
type Loop struct {
	Name  string
	Every time.Duration // the longest pause; it is shortened by up to a tenth at random
	Wake  Signal        // nil: only the interval
	Log   *slog.Logger
	// Work does one round and says whether there may be more to do at once.
	Work func(context.Context) (more bool, err error)
}

// Run works until the context ends. A round that fails is logged, once for as long
// as it keeps failing alike, and tried again after the interval.
func (l Loop) Run(ctx context.Context) error {
	failing := ""
	for ctx.Err() == nil {
		more, err := l.Work(ctx)
		failing = l.report(ctx, failing, err)
		if more && err == nil {
			continue
		}
		l.pause(ctx)
	}
	return nil
}

func (l Loop) report(ctx context.Context, failing string, err error) string {
	switch {
	case err == nil && failing != "":
		l.Log.Info("works again", "worker", l.Name)
		return ""
	case err == nil, ctx.Err() != nil, errors.Is(err, context.Canceled):
		return failing
	case err.Error() != failing:
		l.Log.Error("does not work", "worker", l.Name, "error", err.Error())
	}
	return err.Error()
}

func (l Loop) pause(ctx context.Context) {
	timer := time.NewTimer(l.Every - rand.N(l.Every/10+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-l.Wake:
	}
}
