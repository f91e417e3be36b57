package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/internal/plugin/score"
)

// Runs that did their work and found what a person must look at.
var (
	// ErrIncomplete is of rows: cells that are no answers, or totals that differ.
	ErrIncomplete = errors.New("some rows want a look; they are listed above")
	// ErrSuspicious is of the table as a whole: it seems not to count as the instrument does.
	ErrSuspicious = errors.New("the table seems to count from another number than the instrument; find out before you use any of the results, and give --offset or --values")
	// ErrNoRows is a table without anything to score.
	ErrNoRows = errors.New("the table has a header and no rows of answers")
)

// exitIncomplete tells scripts such a run from a command that failed.
const exitIncomplete = 3

// ExitCode is what the program exits with after an error of a command.
func ExitCode(err error) int {
	if errors.Is(err, ErrIncomplete) || errors.Is(err, ErrSuspicious) || errors.Is(err, ErrNoRows) {
		return exitIncomplete
	}
	return 1
}

// verdict is the error of a run that a person must look at.
func verdict(rows int, clean, suspicious bool) error {
	switch {
	case rows == 0:
		return ErrNoRows
	case suspicious:
		return ErrSuspicious
	case !clean:
		return ErrIncomplete
	}
	return nil
}

// scoreOptions are the flags of score.
type scoreOptions struct {
	program   Program
	answers   score.Flags
	output    string
	to        string
	checks    []string
	tolerance float64
	dryRun    bool
	quiet     bool
}

func newScore(p Program) *cobra.Command {
	o := &scoreOptions{program: p}
	cmd := &cobra.Command{
		Use:   "score -i INSTRUMENT [-f FILE]",
		Short: "Score a table of answers, offline",
		Long: `Score a table of answers (CSV or XLSX), offline: one row of results for each row of answers,
with value, band and status of every scale, critical answers, findings on the response's quality, and
whatever is wrong with the row. What the table was taken for is reported on standard error; look at it.

Columns that are called like items, or by their wording, are found by themselves. Nothing is guessed
beyond that: say the rest with --map, --columns or a file (--columns-from), and try it with --dry-run.
With several instruments, begin with the code of one: --map phq-9:q1..q9=D1..D9.

A cell that is no answer takes the scores of its row and is listed by row and column, never by what is in
it; other rows are scored. Critical answers stand whatever else is in the row. The exit code is 3 when
there is such a cell, a total differs, the table seems to count from another number than the instrument,
or it has no rows. The results are as confidential as the answers.`,
		Example: `  kubectl evenkeel score -i phq-9 -f answers.csv --dry-run
  kubectl evenkeel score -i phq-9 -i gad-7 -f answers.xlsx --map phq-9:q1..q9=D1..D9 --map gad-7:q1..q7=A1..A7
  kubectl evenkeel score -i phq-9 --map q1..q9=DPQ010..DPQ090 --missing 7=Refused,9=DontKnow --id SEQN < dpq.csv
  kubectl evenkeel score -i my-form.yaml -f study.csv --check-total TOTAL=total > scores.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.answers.Bind(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "csv", "one of "+strings.Join(score.Formats, ", ")+"; json is a line for each row")
	flags.StringVar(&o.to, "to", "", "file to write to, readable by its owner only; standard output without it")
	flags.StringSliceVar(&o.checks, "check-total", nil, "COLUMN=SCALE: compare with a total that the table has; SCALE.raw is the value before norms")
	flags.Float64Var(&o.tolerance, "tolerance", 1e-9, "of --check-total: up to which difference totals are equal, for totals that were rounded")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what the table is taken for and how the first rows are read, and score nothing")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no report and no progress on standard error")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(score.Formats, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	return cmd
}

func (o *scoreOptions) run(ctx context.Context) error {
	in, err := o.answers.Input(ctx, o.program.Streams.In)
	if err != nil {
		return err
	}
	in.Checks = o.checks
	source, err := score.Open(in)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	if o.dryRun {
		source.Describe(o.program.Streams.Out)
		return source.Preview(o.program.Streams.Out, 5)
	}
	report := o.program.Streams.ErrOut
	if o.quiet {
		report = io.Discard
	}
	source.Describe(report)
	summary, err := o.score(ctx, source, in.Path, report)
	if err != nil {
		return err
	}
	summary.Write(report)
	return verdict(summary.Rows, summary.Clean(), len(summary.Suspicions) > 0)
}

func (o *scoreOptions) score(ctx context.Context, source *score.Source, input string, report io.Writer) (summary score.Summary, err error) {
	out := score.Output{
		Writer: o.program.Streams.Out, Format: o.output, Tolerance: o.tolerance, Clock: o.program.Clock,
		Progress: func(p score.Progress) { fmt.Fprintln(report, p) },
	}
	if o.to != "" {
		file, err := create(o.to, input)
		if err != nil {
			return summary, err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out.Writer = file
	}
	return score.Run(ctx, source, out)
}

// create makes the file of the results. It is not the file of the answers.
func create(path, input string) (*os.File, error) {
	target, err := os.Stat(path)
	if err == nil && input != "-" {
		if source, err := os.Stat(input); err == nil && os.SameFile(source, target) {
			return nil, fmt.Errorf("--to %s is the table of answers; write another name", path)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil || target == nil || !target.Mode().IsRegular() {
		return file, err
	}
	if err := file.Chmod(0o600); err != nil { // it was there before, perhaps for everybody to read
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
