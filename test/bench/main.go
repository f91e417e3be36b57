// Command bench measures a district on this machine: durable acknowledgements a
// second over HTTP against plain inserts by pgbench into the same PostgreSQL, in
// alternating runs; the time from a critical answer to its notification; memory.
// It writes docs/bench/<date>.md and .json and asserts nothing: figures of a shared
// machine are for people to read.
//
//	go run ./test/bench                 # about 4 minutes
//	go run ./test/bench -seconds 2 -rounds 1 -out ""
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
	"github.com/evenkeel/evenkeel/test/district"
)

// plan is what one run measures.
type plan struct {
	clients []int
	rounds  int
	run     time.Duration
	probes  int
	out     string
}

func main() {
	var p plan
	seconds := flag.Int("seconds", 8, "length of one run")
	flag.IntVar(&p.rounds, "rounds", 3, "pairs of runs for each number of clients")
	flag.IntVar(&p.probes, "probes", 200, "critical answers to time, at rest and again under load")
	flag.StringVar(&p.out, "out", "docs/bench", "directory of the results; empty: none are kept")
	flag.Parse()
	p.run, p.clients = time.Duration(*seconds)*time.Second, []int{32, 64}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := p.measure(ctx); err != nil {
		log.Fatal(err) //nolint:gocritic // nothing but the signal handler is left to stop
	}
}

// settings are a small server's: memory as for the demo, durability as shipped.
var settings = []string{"shared_buffers=256MB", "max_wal_size=2GB"}

func (p plan) measure(ctx context.Context) (err error) {
	defer district.RemoveBuild()
	d, err := district.Start(ctx, district.Options{Settings: settings})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Run(ctx, d.Intake(), d.Scorer(), d.Clerk()); err != nil {
		return err
	}
	r := result{Facts: readFacts(ctx, d), Plan: fmt.Sprintf("%d rounds of %s, clients %v", p.rounds, p.run, p.clients)}
	b := &bench{district: d, plan: p, result: &r}
	for _, part := range []func(context.Context) error{b.rest, b.notifyAtRest, b.throughput, b.notifyUnderLoad} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	r.Facts.LoadAfter = about.Load()
	return r.write(p.out, time.Now())
}

// bench is one run in progress.
type bench struct {
	district *district.District
	plan     plan
	result   *result
	forms    []string // opened and begun, not yet answered
}

// rest notes what the processes need when nothing happens.
func (b *bench) rest(context.Context) error {
	time.Sleep(3 * time.Second)
	memory, err := readMemory(b.district)
	b.result.MemoryAtRest = memory
	return err
}

// throughput alternates between pgbench and students, so that both meet the same
// weather on a shared machine.
func (b *bench) throughput(ctx context.Context) error {
	payload, err := b.prepareInserts()
	if err != nil {
		return err
	}
	b.result.PayloadBytes = payload
	for _, clients := range b.plan.clients {
		for round := range b.plan.rounds {
			pair := pair{Clients: clients}
			if pair.Inserts, err = b.inserts(ctx, clients); err != nil {
				return err
			}
			if pair.Acknowledgements, err = b.students(ctx, clients); err != nil {
				return err
			}
			pair.Ratio = pair.Acknowledgements.PerSecond / pair.Inserts.PerSecond
			b.result.Pairs = append(b.result.Pairs, pair)
			log.Printf("%d clients, round %d: inserts %.0f/s p99 %.1f ms; acknowledgements %.0f/s p50 %.1f p99 %.1f ms; ratio %.2f", clients, round+1,
				pair.Inserts.PerSecond, pair.Inserts.P99, pair.Acknowledgements.PerSecond, pair.Acknowledgements.P50, pair.Acknowledgements.P99, pair.Ratio)
		}
	}
	return nil
}
