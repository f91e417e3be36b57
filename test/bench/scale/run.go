package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"slices"
	"time"
)

// run brings one province from nothing to rest, and has a bare client write the same.
func (p plan) run(ctx context.Context, declared province, dir string) (one run, err error) {
	c, err := startCluster(ctx, dir, declared.tuned)
	if err != nil {
		return one, err
	}
	one = run{Schools: declared.schools, Districts: declared.districts, Required: declared.required, Tuned: declared.tuned}
	content, err := p.converge(ctx, c, declared, dir, &one)
	if err := errors.Join(err, c.stop()); err != nil || !p.bare || declared.required { // the content is nearly the same by capacity
		return one, err
	}
	if c, err = startCluster(ctx, dir, declared.tuned); err != nil {
		return one, err
	}
	one.Bare, err = p.writeBare(ctx, c, declared, content)
	return one, errors.Join(err, c.stop())
}

// converge runs the operator: from nothing, at rest, and after a restart.
func (p plan) converge(ctx context.Context, c *cluster, declared province, dir string, one *run) (content []written, err error) {
	above, districts, err := declared.made()
	if err != nil {
		return nil, err
	}
	o, err := startOperator(ctx, p, c, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.stop()) }()
	if _, err := c.journal.read(); err != nil {
		return nil, err
	}
	c.journal.writes = nil
	before := processors()
	declaring := make(chan error, 1)
	began := time.Now()
	go func() {
		declaring <- p.declare(ctx, c.admin, above, districts)
		log.Printf("%d schools declared after %.1f s", declared.schools, time.Since(began).Seconds())
	}()
	if err := p.await(ctx, c, declared, declaring); err != nil {
		return nil, err
	}
	one.Processors = spent(before, processors())
	one.account(c.journal.writes)
	one.PeakMB = o.peak()
	if one.Reconciliations, err = o.reconciliations(ctx); err != nil {
		return nil, err
	}
	c.journal.writes = nil
	if err := p.awaitRest(ctx, c, one); err != nil {
		return nil, err
	}
	one.RestPeakMB = o.peak()
	if err := p.restart(ctx, c, declared, dir, &o, one); err != nil {
		return nil, err
	}
	return c.content(ctx)
}

func spent(before, after map[string]float64) map[string]float64 {
	out := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if s := after[name] - before[name]; s >= 0.05 {
			out[name] = s
		}
	}
	return out
}

// quiet is how long nothing is written before it is looked whether everything is settled.
const quiet = 2 * time.Second

// await waits until everything is declared, nothing is written any more and everything is as it should be.
func (p plan) await(ctx context.Context, c *cluster, declared province, declaring <-chan error) error {
	deadline := time.Now().Add(p.patience)
	var last error
	all := false
	for looked := (time.Time{}); ; {
		ended, err := pause(ctx, declaring)
		if err != nil {
			return err
		}
		if ended {
			all, declaring = true, nil
		}
		added, err := c.journal.read()
		if err != nil {
			return err
		}
		if added > 0 || looked.IsZero() {
			looked = time.Now()
		}
		if all && time.Since(looked) > quiet {
			err := declared.settled(ctx, c.admin)
			if err == nil {
				if added, err = c.journal.read(); err != nil || added == 0 {
					return err
				}
				looked = time.Now() // somebody wrote while it was looked
				continue
			}
			if last == nil || last.Error() != err.Error() {
				log.Print("quiet, but not settled: ", err)
			}
			last, looked = err, time.Now()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not settled after %s: %w", p.patience, last)
		}
	}
}

// pause waits a little, and reports whether declaring has ended meanwhile.
func pause(ctx context.Context, declaring <-chan error) (ended bool, err error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case err := <-declaring:
		return true, err
	case <-time.After(200 * time.Millisecond):
		return false, nil
	}
}

// awaitRest counts writes when there is nothing left to do.
func (p plan) awaitRest(ctx context.Context, c *cluster, one *run) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.rest):
	}
	if _, err := c.journal.read(); err != nil {
		return err
	}
	one.RestSeconds, one.RestWrites = p.rest.Seconds(), count(c.journal.writes)
	return nil
}

// restart runs a new manager on what is there: it has everything to read and nothing to change.
func (p plan) restart(ctx context.Context, c *cluster, declared province, dir string, o **operator, one *run) error {
	if err := (*o).stop(); err != nil {
		return err
	}
	again, err := startOperator(ctx, p, c, dir)
	if err != nil {
		return err
	}
	*o = again
	done := make(chan error, 1)
	done <- nil
	if err := p.await(ctx, c, declared, done); err != nil {
		return err
	}
	one.RestartPeakMB, one.RestartWrites = again.peak(), count(c.journal.writes)
	return nil
}
