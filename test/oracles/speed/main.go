// Command speed measures how fast scores are made, beside others doing the same work in
// the same run: 60 items, 6 scales of ten with reverse items, means and missing counts.
// Each contestant is a process of its own that holds the same answers; they take turns,
// so that all meet the same weather. hack/bench-scoring.sh installs what it needs.
//
// A contestant prints a line when it is ready and one line of JSON, a turn, for every
// line it is sent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

type settings struct {
	out    string
	engine string
	work   string
	rows   int
	many   int
	forms  int
	turns  int
	vector string
}

func main() {
	var s settings
	worker := flag.String("worker", "", "be this contestant: "+contestants)
	flag.StringVar(&s.out, "out", "docs/bench", "directory for scoring.md and scoring.json")
	flag.StringVar(&s.engine, "engine", "dist/oracles", "directory in which npm installed fhirpath")
	flag.StringVar(&s.work, "work", "", "directory for the answers; a temporary one if empty")
	flag.IntVar(&s.rows, "rows", 200_000, "responses for everybody")
	flag.IntVar(&s.many, "many", 8_000_000, "responses for the comparison with reading them")
	flag.IntVar(&s.forms, "forms", 200, "responses for fhirpath")
	flag.IntVar(&s.turns, "turns", 5, "turns of everybody")
	flag.StringVar(&s.vector, "vector", "", "this program built with GOEXPERIMENT=simd; none if empty")
	flag.Parse()
	if err := run(context.Background(), *worker, s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, worker string, s settings) error {
	if worker != "" {
		return serve(worker, s)
	}
	if s.work == "" {
		dir, err := os.MkdirTemp("", "bench-scoring-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.work = dir
	}
	if err := writeAnswers(s); err != nil {
		return err
	}
	r := result{Facts: readFacts(s), Rows: s.rows, Many: s.many, Forms: s.forms, Turns: s.turns}
	var err error
	if r.Figures, err = race(ctx, s); err != nil {
		return err
	}
	r.Facts.LoadAfter = about.Load()
	return errors.Join(r.check(), r.write(s.out))
}

// The files that contestants read.
const (
	answersFile = "answers.i8" // a column of rows bytes for each item; -1: no answer
	formsFile   = "forms.json" // the Questionnaire and complete forms
)

func (s settings) path(name string) string { return filepath.Join(s.work, name) }
