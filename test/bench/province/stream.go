package main

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// stream reads, scores, bands, decides and counts every block and returns the report.
// What it holds in memory is one block a worker and the counts: it does not grow with
// the students.
func stream(f io.ReaderAt, blocks []block, districts, workers int, c compiled) (report, error) {
	hands := make([]*hand, workers)
	err := share(blocks, workers, func(w int) func(block) error {
		hands[w] = &hand{file: f, compiled: c, districts: make([]tally, districts)}
		return hands[w].block
	})
	all := make([]tally, districts)
	for _, h := range hands {
		for d := range h.districts {
			all[d].add(h.districts[d])
		}
	}
	return publish(all), err
}

// readOnly reads every block and does nothing with it: what reading alone takes.
func readOnly(f io.ReaderAt, blocks []block, workers int) error {
	return share(blocks, workers, func(int) func(block) error {
		h := &hand{file: f}
		return h.read
	})
}

// share hands the blocks out to workers, each with its own function; the first error of
// a worker stops it.
func share(blocks []block, workers int, newWorker func(int) func(block) error) error {
	var next atomic.Int64
	var running sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		work := newWorker(w)
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(blocks)) && errs[w] == nil; i = next.Add(1) - 1 {
				errs[w] = work(blocks[i])
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// hand is what one worker works with.
type hand struct {
	compiled
	file      io.ReaderAt
	districts []tally
	buffer    []int8
	answers   instrument.Columns
	scores    instrument.ColumnScores
	decisions escalation.ColumnDecisions
}

func (h *hand) read(b block) (err error) {
	h.buffer, err = b.read(h.file, h.buffer, &h.answers)
	return err
}

func (h *hand) block(b block) error {
	if err := h.read(b); err != nil {
		return err
	}
	h.survey.ScoreColumns(&h.answers, &h.scores)
	h.policy.DecideColumns([]*instrument.ColumnScores{&h.scores}, &h.decisions)
	h.districts[b.district].count(&h.scores, &h.decisions)
	return nil
}
