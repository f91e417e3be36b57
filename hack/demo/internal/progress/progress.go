// Package progress reports to people on standard error: a moving line on a terminal,
// plain lines in a pipe.
package progress

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
	began time.Time

	mu    sync.Mutex
	title string // of the step that moves
	state string
	since time.Time
}

// Stderr reports on standard error.
func Stderr() *Output {
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Output{w: os.Stderr, fancy: terminal && os.Getenv("NO_COLOR") == "", began: time.Now()}
}

// New reports plainly to w.
func New(w io.Writer) *Output { return &Output{w: w, began: time.Now()} }

// Writer passes on what a child process reports.
func (o *Output) Writer() io.Writer { return o.w }

// Note prints one line.
func (o *Output) Note(format string, args ...any) {
	o.line("\x1b[2m", "·", fmt.Sprintf(format, args...))
}

// Warn prints one line that deserves attention.
func (o *Output) Warn(format string, args ...any) {
	o.line("\x1b[33m", "!", fmt.Sprintf(format, args...))
}

// Step runs a piece of work and says how long it took. The work may call State.
func (o *Output) Step(title string, work func() error) error {
	began := time.Now()
	o.begin(title, began)
	err := work()
	o.end()
	took := time.Since(began).Round(100 * time.Millisecond)
	if err != nil {
		o.line("\x1b[31m", "✗", fmt.Sprintf("%s (%s)", title, took))
		return fmt.Errorf("%s: %w", title, err)
	}
	o.line("\x1b[32m", "✓", fmt.Sprintf("%s (%s)", title, took))
	return nil
}

// State says how far the step is: on a terminal at once, in a pipe only when it
// changes.
func (o *Output) State(format string, args ...any) {
	state := fmt.Sprintf(format, args...)
	o.mu.Lock()
	changed := state != o.state
	o.state = state
	o.draw()
	o.mu.Unlock()
	if changed && !o.fancy {
		o.line("", "·", state)
	}
}

func (o *Output) begin(title string, began time.Time) {
	o.mu.Lock()
	o.title, o.state, o.since = title, "", began
	o.draw()
	o.mu.Unlock()
	if !o.fancy {
		o.line("", ">", title)
	}
}

func (o *Output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.title = ""
}

// draw repaints the moving line; the caller holds the lock.
func (o *Output) draw() {
	if !o.fancy || o.title == "" {
		return
	}
	fmt.Fprintf(o.w, "\r\x1b[K\x1b[36m…\x1b[0m %s %s \x1b[2m%s\x1b[0m", o.title, time.Since(o.since).Round(time.Second), o.state)
}

func (o *Output) line(colour, mark, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.fancy {
		fmt.Fprintf(o.w, "%6.1fs %s %s\n", time.Since(o.began).Seconds(), mark, text)
		return
	}
	fmt.Fprintf(o.w, "\r\x1b[K%s%s\x1b[0m %s\n", colour, mark, text)
	o.draw()
}
