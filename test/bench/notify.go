package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/test/district"
)

// between is the pause between two critical answers that are timed.
const between = 40 * time.Millisecond

func (b *bench) notifyAtRest(ctx context.Context) (err error) {
	b.result.NotifyAtRest, err = b.timeNotifications(ctx)
	return err
}

// notifyUnderLoad times notifications while sixteen students keep saving.
func (b *bench) notifyUnderLoad(ctx context.Context) error {
	length := time.Duration(b.plan.probes)*between*2 + 2*time.Second
	if err := b.usher(ctx, int(length.Seconds()*formsPerSecond)+b.plan.probes); err != nil {
		return err
	}
	probes := b.forms[:b.plan.probes]
	b.forms = b.forms[b.plan.probes:]
	loaded := make(chan error, 1)
	go func() {
		_, _, _, err := b.crowd(ctx, 16, length)
		loaded <- err
	}()
	var err error
	if b.result.NotifyUnderLoad, err = b.probe(ctx, probes); err != nil {
		return err
	}
	return <-loaded
}

func (b *bench) timeNotifications(ctx context.Context) (run, error) {
	if err := b.usher(ctx, b.plan.probes); err != nil {
		return run{}, err
	}
	probes := b.forms[:b.plan.probes]
	b.forms = b.forms[b.plan.probes:]
	return b.probe(ctx, probes)
}

// probe sends a critical answer in each form and waits until all of them have
// reached a gateway.
func (b *bench) probe(ctx context.Context, forms []string) (run, error) {
	client := district.NewClient(b.district.IntakeURL(), 1)
	defer client.HTTP.CloseIdleConnections()
	began, acknowledged := time.Now(), map[[32]byte]time.Time{}
	for _, form := range forms {
		reply, err := client.Call(ctx, "answers", district.Save{
			FormKey: form, Save: 1, Answers: []district.Item{{Instrument: instrumenttest.PHQ9Code, Item: instrumenttest.PHQ9Critical, Value: 3}},
		})
		if err != nil {
			return run{}, err
		}
		if reply.Status != http.StatusCreated {
			return run{}, fmt.Errorf("a critical answer was answered with %d: %s", reply.Status, reply.Body)
		}
		acknowledged[sha256.Sum256([]byte(form))] = time.Now()
		time.Sleep(between)
	}
	took, err := b.arrivals(ctx, acknowledged)
	return summarise(took, time.Since(began)), err
}

// arrivals is how long after its acknowledgement each answer's first notification
// reached a gateway; 0 when it was there first.
func (b *bench) arrivals(ctx context.Context, acknowledged map[[32]byte]time.Time) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		numbers, err := b.numbers(ctx)
		if err != nil {
			return nil, err
		}
		var took []time.Duration
		arrived := b.district.Partners.FirstArrivals()
		for hash, at := range acknowledged {
			if first, there := arrived[numbers[hash]]; there {
				took = append(took, max(0, first.Sub(at)))
			}
		}
		if len(took) == len(acknowledged) {
			return took, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d notifications arrived: %w", len(took), len(acknowledged), ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// numbers maps form keys to the numbers of their obligations.
func (b *bench) numbers(ctx context.Context) (map[[32]byte]string, error) {
	rows, err := b.district.Owner.Query(ctx, "SELECT k.hash, o.number FROM ek.obligation o JOIN ek.form_key k ON k.attempt_id = o.source_id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbers := map[[32]byte]string{}
	for rows.Next() {
		var hash []byte
		var number string
		if err := rows.Scan(&hash, &number); err != nil {
			return nil, err
		}
		numbers[[32]byte(hash)] = number
	}
	return numbers, rows.Err()
}
