package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

//go:embed scoring.R
var scriptR string

//go:embed scoring.py
var scriptPython string

//go:embed scoring.mjs
var scriptNode string

// contestant is a process that scores the same answers once for every line it is sent.
type contestant struct {
	name    string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// figures are the turns of one contestant.
type figures struct {
	Name  string
	Turns []turn
}

// race starts everybody and lets them take turns.
func race(ctx context.Context, s settings) ([]figures, error) {
	everybody, err := enter(ctx, s)
	defer func() {
		for _, c := range everybody {
			c.leave()
		}
	}()
	if err != nil {
		return nil, err
	}
	out := make([]figures, len(everybody))
	for n := range s.turns {
		for i, c := range everybody {
			out[i].Name = c.name
			t, err := c.turn()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			fmt.Fprintf(os.Stderr, "turn %d of %d, %s: %.3g s for %d rows\n", n+1, s.turns, c.name, t.Seconds, t.Rows)
			out[i].Turns = append(out[i].Turns, t)
		}
	}
	return out, nil
}

// The names of the contestants.
const (
	nameColumns  = "ScoreColumns"
	nameValues   = "ScoreColumns, scores only"
	nameInto     = "ScoreInto"
	nameItems    = "psych::scoreItems"
	nameFast     = "psych::scoreFast"
	nameNumpy    = "numpy"
	nameFhirpath = "fhirpath.js"
	nameBlocks   = "everything"
	nameCounts   = "scores and missing counts"
	nameOnly     = "scores only"
	allCores     = ", all cores"         // after the name of a contestant that uses every core
	vector       = ", GOEXPERIMENT=simd" // after the name of a contestant of this program
)

// enter starts the contestants, each when the one before it is ready.
func enter(ctx context.Context, s settings) ([]*contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	scripts := map[string]string{"scoring.R": scriptR, "scoring.py": scriptPython}
	for name, text := range scripts {
		if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	node := filepath.Join(s.engine, "scoring.mjs") // beside node_modules, where Node looks for fhirpath
	if err := os.WriteFile(node, []byte(scriptNode), 0o600); err != nil {
		return nil, err
	}
	answers, rows := s.path(answersFile), strconv.Itoa(s.rows)
	worker := func(program, kind string) []string {
		return []string{program, "-worker", kind, "-rows", rows, "-many", strconv.Itoa(s.many)}
	}
	type entry struct {
		name string
		args []string
	}
	entries := []entry{
		{nameColumns, worker(self, "columns")},
		{nameValues, worker(self, "columns-values")},
		{nameInto, worker(self, "into")},
		{nameItems, []string{"Rscript", s.path("scoring.R"), "scoreItems", answers, rows}},
		{nameFast, []string{"Rscript", s.path("scoring.R"), "scoreFast", answers, rows}},
		{nameNumpy, []string{"/usr/bin/python3", s.path("scoring.py"), answers, rows}},
		{nameFhirpath, []string{"node", node, s.path(formsFile)}},
		{nameBlocks, worker(self, "blocks")},
		{nameCounts, worker(self, "blocks-counts")},
		{nameOnly, worker(self, "blocks-values")},
	}
	if s.vector != "" {
		entries = append(entries,
			entry{nameColumns + vector, worker(s.vector, "columns")}, entry{nameValues + vector, worker(s.vector, "columns-values")},
			entry{nameBlocks + vector, worker(s.vector, "blocks")}, entry{nameCounts + vector, worker(s.vector, "blocks-counts")},
			entry{nameOnly + vector, worker(s.vector, "blocks-values")},
		)
	}
	entries = append(entries, entry{nameOnly + allCores, worker(self, "blocks-values-cores")})
	if s.vector != "" {
		entries = append(entries, entry{nameOnly + vector + allCores, worker(s.vector, "blocks-values-cores")})
	}
	var out []*contestant
	for _, e := range entries {
		c, err := start(ctx, e.name, e.args)
		if err != nil {
			return out, fmt.Errorf("%s: %w", e.name, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func start(ctx context.Context, name string, args []string) (*contestant, error) {
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	c := &contestant{name: name, command: command, in: in, out: bufio.NewScanner(out)}
	if line, err := c.line(); err != nil || line != "ready" {
		c.leave()
		return nil, fmt.Errorf("is not ready: %q %w", line, err)
	}
	return c, nil
}

func (c *contestant) line() (string, error) {
	if !c.out.Scan() {
		return "", errors.Join(c.out.Err(), io.ErrUnexpectedEOF)
	}
	return c.out.Text(), nil
}

func (c *contestant) turn() (t turn, err error) {
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		return t, err
	}
	line, err := c.line()
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(line), &t)
}

// leave ends the contestant: without input it has nothing to do.
func (c *contestant) leave() {
	_ = c.in.Close()
	_ = c.command.Wait() // how it ends says nothing any more
}
