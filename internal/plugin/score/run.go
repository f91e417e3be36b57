package score

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/utils/clock"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Output says where results go.
type Output struct {
	Writer    io.Writer
	Format    string  // one of Formats
	Tolerance float64 // up to which totals count as equal
	Progress  func(Progress)
	Clock     clock.PassiveClock
}

// Progress is how far a run has come.
type Progress struct {
	Rows       int
	Elapsed    time.Duration
	Read, Size int64 // bytes; Size 0: not known
}

// Every so many rows the clock is looked at, and after so long progress is shown.
const (
	rowsPerLook   = 4096
	progressEvery = 2 * time.Second
)

// Run scores every row of the source and writes one row of results for each. What was
// written before an error stays written.
func Run(ctx context.Context, s *Source, o Output) (Summary, error) {
	out, err := newWriter(o.Writer, o.Format, s.plan)
	if err != nil {
		return Summary{}, err
	}
	tally := &tallier{Summary: newSummary(s.plan), plan: s.plan, tolerance: o.Tolerance, issues: map[Issue]*IssueCount{}}
	err = run(ctx, s, o, out, tally)
	if flushed := out.flush(); err == nil && flushed != nil {
		err = fmt.Errorf("writing the results: %w", flushed)
	}
	return tally.finish(s), err
}

func run(ctx context.Context, s *Source, o Output, out writer, tally *tallier) error {
	results := make([]instrument.Result, len(s.plan.targets))
	started := o.Clock.Now()
	shown := started
	for {
		row, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name(), err)
		}
		for i := range results {
			s.plan.targets[i].ScoreInto(row.Responses[i], &results[i])
		}
		tally.add(row, results)
		if err := out.row(row, results); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
		if tally.Rows%rowsPerLook != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d rows: %w", tally.Rows, err)
		}
		if now := o.Clock.Now(); now.Sub(shown) >= progressEvery && o.Progress != nil {
			read, size := s.Progress()
			o.Progress(Progress{Rows: tally.Rows, Elapsed: now.Sub(started), Read: read, Size: size})
			shown = now
		}
	}
}

// String is progress in a line: "1,200,000 rows, 310,000 rows/s, 43 %".
func (p Progress) String() string {
	text := counted(p.Rows, "row")
	if seconds := p.Elapsed.Seconds(); seconds > 0 {
		text += fmt.Sprintf(", %s rows/s", thousands(int(float64(p.Rows)/seconds)))
	}
	if p.Size > 0 {
		text += fmt.Sprintf(", %d %%", min(100, p.Read*100/p.Size))
	}
	return text
}
