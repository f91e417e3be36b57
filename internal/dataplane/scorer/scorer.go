package scorer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

const (
	batchSize = 50
	// pollEvery is the longest a finished form waits when no notification came.
	pollEvery = time.Second
	// maxTries is after how many failures a person is asked to look.
	maxTries = 3
)

// Scorer scores one district. Any number may run at a time: each claims what no
// other holds.
type Scorer struct {
	pool     *pgxpool.Pool
	keys     *seal.Keys // district
	meanings *meanings
	log      *slog.Logger
	metrics  metrics
}

// metrics say how the work goes and nothing of its content: not even how much.
type metrics struct {
	passes  *prometheus.CounterVec
	seconds prometheus.Histogram
	last    prometheus.Gauge
}

// New returns a Scorer that uses the scorer's own database role and keys.
func New(pool *pgxpool.Pool, keys *seal.Keys, log *slog.Logger, registry prometheus.Registerer) *Scorer {
	s := &Scorer{pool: pool, keys: keys, meanings: newMeanings(pool), log: log, metrics: metrics{
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "evenkeel_scorer_passes_total", Help: "Passes over what waits, by outcome."}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "evenkeel_scorer_batch_seconds", Help: "Time to score a batch.", Buckets: prometheus.DefBuckets}),
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "evenkeel_scorer_last_success_timestamp_seconds", Help: "When a pass last found nothing left to do."}),
	}}
	registry.MustRegister(s.metrics.passes, s.metrics.seconds, s.metrics.last)
	return s
}

// Run scores until ctx ends. A database that is away is waited for.
func (s *Scorer) Run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.listen(ctx, wake)
	}()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		s.pass(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-wake:
		}
	}
	<-done
	return nil
}

func (s *Scorer) pass(ctx context.Context) {
	_, err := s.Pass(ctx)
	switch {
	case err == nil:
		s.metrics.passes.WithLabelValues("done").Inc()
		s.metrics.last.SetToCurrentTime()
	case ctx.Err() == nil:
		s.metrics.passes.WithLabelValues("failed").Inc()
		s.log.WarnContext(ctx, "a pass failed; it is repeated", "cause", err)
	}
}

// Pass finishes the drafts that are due and scores until nothing waits; it returns
// how many attempts it dealt with.
func (s *Scorer) Pass(ctx context.Context) (int, error) {
	if err := s.beat(ctx); err != nil {
		return 0, err
	}
	if err := s.finalise(ctx); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := s.batch(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func (s *Scorer) beat(ctx context.Context) error {
	return s.exec(ctx, `INSERT INTO ek.heartbeat (process, at) VALUES ('scorer', clock_timestamp())
		ON CONFLICT (process) DO UPDATE SET at = excluded.at WHERE ek.heartbeat.at < excluded.at - interval '10 seconds'`)
}

// finalise ends drafts whose session or round is over. A save that is under way holds
// its attempt's lock; such an attempt is left to the next pass.
func (s *Scorer) finalise(ctx context.Context) error {
	return s.exec(ctx, `UPDATE ek.attempt SET state = 'Finalised', finished_at = clock_timestamp() WHERE id IN (
		SELECT a.id FROM ek.attempt a JOIN ek.round r ON r.round = a.round
		WHERE a.state = 'Draft' AND (a.finalise_at <= clock_timestamp() OR r.closes_at <= clock_timestamp())
		ORDER BY a.finalise_at LIMIT 1000 FOR NO KEY UPDATE OF a SKIP LOCKED)`)
}

func (s *Scorer) exec(ctx context.Context, sql string) error {
	return postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	})
}

// batch claims and scores some attempts. When the transaction fails as a whole each is
// tried by itself, so that one cannot hold up the others.
func (s *Scorer) batch(ctx context.Context) (int, error) {
	timer := prometheus.NewTimer(s.metrics.seconds)
	defer timer.ObserveDuration()
	var claimed []attempt
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var err error
		if claimed, err = claim(ctx, tx, nil); err != nil {
			return err
		}
		return s.score(ctx, tx, claimed)
	})
	if err == nil || postgres.Unreachable(err) || ctx.Err() != nil || len(claimed) == 0 {
		return len(claimed), err // without a claim there is no attempt to try: a failure, not the end of work
	}
	for _, a := range claimed {
		if err := s.alone(ctx, a); err != nil {
			return 0, err
		}
	}
	return len(claimed), nil
}

func (s *Scorer) alone(ctx context.Context, a attempt) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		claimed, err := claim(ctx, tx, &a.id)
		if err != nil {
			return err
		}
		return s.score(ctx, tx, claimed)
	})
	if err == nil || postgres.Unreachable(err) || ctx.Err() != nil {
		return err
	}
	return postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		return s.recordFailure(ctx, tx, a, err)
	})
}

// recordFailure puts an attempt off; after the third time a person is asked.
func (s *Scorer) recordFailure(ctx context.Context, tx pgx.Tx, a attempt, cause error) error {
	var tries int
	err := tx.QueryRow(ctx, `UPDATE ek.attempt SET scoring_tries = scoring_tries + 1, failed = scoring_tries + 1 >= $2,
		scoring_next_at = clock_timestamp() + interval '2 seconds' * power(5, scoring_tries)
		WHERE id = $1 RETURNING scoring_tries`, a.id, maxTries).Scan(&tries)
	if err != nil {
		return err
	}
	s.log.WarnContext(ctx, "an attempt could not be scored", "try", tries, "cause", cause)
	if tries < maxTries {
		return nil
	}
	_, err = tx.Exec(ctx, "SELECT ek.make_follow_up($1, $2, 'ScoringFailed', $3, $4, NULL)",
		a.student, a.round, a.id.String(), a.undeterminedRank)
	return err
}

// listen turns notifications into wake-ups until ctx ends. They only save time.
func (s *Scorer) listen(ctx context.Context, wake chan<- struct{}) {
	for ctx.Err() == nil {
		err := s.listenOnce(ctx, wake)
		if err != nil && !errors.Is(err, context.Canceled) {
			select {
			case <-ctx.Done():
			case <-time.After(pollEvery):
			}
		}
	}
}

func (s *Scorer) listenOnce(ctx context.Context, wake chan<- struct{}) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// A listening connection does not go back among the others.
	raw := conn.Hijack()
	defer raw.Close(context.WithoutCancel(ctx))
	if _, err := raw.Exec(ctx, "LISTEN ek_attempt"); err != nil {
		return err
	}
	for {
		if _, err := raw.WaitForNotification(ctx); err != nil {
			return err
		}
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}
