// Package ui reports progress to people: a moving line on a terminal, plain lines
// in a pipe. It writes to standard error only; data belongs on standard output.
package ui

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Output is where progress goes.
type Output struct {
	w     io.Writer
	fancy bool
	mu    sync.Mutex
}

// Stderr reports on standard error, moving and coloured if that is a terminal.
func Stderr() *Output {
	return &Output{w: os.Stderr, fancy: isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == ""}
}

// New reports plainly to w.
func New(w io.Writer) *Output { return &Output{w: w} }

// Note prints one line of information.
func (o *Output) Note(format string, args ...any) {
	o.line(colour{"\x1b[2m", "·"}, fmt.Sprintf(format, args...))
}

type colour struct{ code, mark string }

func (o *Output) line(c colour, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fancy {
		fmt.Fprintf(o.w, "\r\x1b[K%s%s\x1b[0m %s\n", c.code, c.mark, text)
		return
	}
	fmt.Fprintf(o.w, "%s %s\n", c.mark, text)
}

// Step is a piece of work that takes a while.
type Step struct {
	out    *Output
	title  string
	began  time.Time
	stop   chan struct{}
	mu     sync.Mutex
	detail string
	once   sync.Once
}

// Step announces work; the caller ends it with Done.
func (o *Output) Step(title string) *Step {
	s := &Step{out: o, title: title, began: time.Now(), stop: make(chan struct{})}
	if o.fancy {
		go s.spin()
	} else {
		o.line(colour{mark: ">"}, title)
	}
	return s
}

// Detail replaces what a terminal shows beside the step.
func (s *Step) Detail(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detail = text
}

// Done ends the step with its result and the time it took.
func (s *Step) Done(err error) {
	s.once.Do(func() {
		close(s.stop)
		took := time.Since(s.began).Round(100 * time.Millisecond)
		if err != nil {
			s.out.line(colour{"\x1b[31m", "✗"}, fmt.Sprintf("%s (%s)", s.title, took))
			return
		}
		s.out.line(colour{"\x1b[32m", "✓"}, fmt.Sprintf("%s (%s)", s.title, took))
	})
}

func (s *Step) spin() {
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.draw(frames[i%len(frames)])
		}
	}
}

func (s *Step) draw(frame rune) {
	s.mu.Lock()
	detail := s.detail
	s.mu.Unlock()
	if len(detail) > 50 {
		detail = "…" + detail[len(detail)-49:]
	}
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	select {
	case <-s.stop: // Done has written the last word
	default:
		fmt.Fprintf(s.out.w, "\r\x1b[K\x1b[36m%c\x1b[0m %s %s \x1b[2m%s\x1b[0m",
			frame, s.title, time.Since(s.began).Round(time.Second), detail)
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
