// Command province re-scores a province on this machine: it makes up the answers of
// 20 million students to 60 items once, into a file, and then streams the file in
// blocks of columns through scoring, bands, the policy and the suppressed report of
// every district. It writes docs/bench/province.md and .json and asserts nothing:
// figures of a shared machine are for people to read.
//
//	go run ./test/bench/province                      # about a minute, and 1.2 GB under -tmp
//	go run ./test/bench/province -students 200000 -out ""
package main

import (
	"errors"
	"flag"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

// plan is what one run measures.
type plan struct {
	students, districts, blockRows, workers, runs int
	tmp, out                                      string
}

func main() {
	var p plan
	flag.IntVar(&p.students, "students", 20_000_000, "students in the province")
	flag.IntVar(&p.districts, "districts", 150, "districts, of unequal size")
	flag.IntVar(&p.blockRows, "block", 8192, "students in a block")
	flag.IntVar(&p.workers, "workers", 2, "blocks worked on at the same time")
	flag.IntVar(&p.runs, "runs", 5, "runs, one after the other")
	flag.StringVar(&p.tmp, "tmp", os.TempDir(), "directory of the answers while the command runs")
	flag.StringVar(&p.out, "out", "docs/bench", "directory of the results; empty: none are kept")
	flag.Parse()
	if err := p.measure(); err != nil {
		log.Fatal(err)
	}
}

func (p plan) check() error {
	switch {
	case p.students < 1000 || p.districts < 2 || p.students < 10*p.districts:
		return errors.New("-students must be at least 1000 and ten times -districts, which must be at least 2")
	case p.blockRows < 1 || p.workers < 1 || p.runs < 1:
		return errors.New("-block, -workers and -runs must be at least 1")
	}
	return nil
}

func (p plan) measure() error {
	if err := p.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(p.tmp, "province-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, blocks := filepath.Join(dir, "answers"), layOut(p.students, p.districts, p.blockRows)
	began := time.Now()
	if err := generate(path, blocks, 1); err != nil {
		return err
	}
	r := result{Facts: readFacts(p), GenerateSeconds: time.Since(began).Seconds()}
	if err := p.runAll(path, blocks, &r); err != nil {
		return err
	}
	r.Facts.LoadAfter = about.Load()
	return r.write(p.out)
}

// runAll measures the runs: a pass that only reads, one that scores and decides, and one
// that looks for careless answers too.
func (p plan) runAll(path string, blocks []block, r *result) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := compile(false)
	if err != nil {
		return err
	}
	careful, err := compile(true)
	if err != nil {
		return err
	}
	if _, err := stream(f, blocks[:len(blocks)/10], p.districts, p.workers, plain); err != nil {
		return err
	}
	r.TenthPeakMB = peakMemory()
	for i := range p.runs {
		one := run{}
		for _, pass := range []struct {
			seconds *float64
			run     func() error
		}{
			{&one.ReadSeconds, func() error { return readOnly(f, blocks, p.workers) }},
			{&one.QualitySeconds, func() error { _, err := stream(f, blocks, p.districts, p.workers, careful); return err }},
			{&one.Seconds, func() (err error) {
				r.report, err = stream(f, blocks, p.districts, p.workers, plain)
				return err
			}},
		} {
			began := time.Now()
			if err := pass.run(); err != nil {
				return err
			}
			*pass.seconds = time.Since(began).Seconds()
		}
		one.PeakMB = peakMemory()
		r.Runs = append(r.Runs, one)
		log.Printf("run %d: %.2f s, with quality rules %.2f s, reading alone %.2f s, at most %.0f MB",
			i+1, one.Seconds, one.QualitySeconds, one.ReadSeconds, one.PeakMB)
	}
	return nil
}
