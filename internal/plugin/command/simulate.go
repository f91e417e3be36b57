package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/internal/plugin/score"
	"github.com/evenkeel/evenkeel/internal/plugin/simulate"
)

var simulateOutputs = []string{"table", "json"}

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	program  Program
	answers  score.Flags
	policy   string
	set      []string
	with     []string
	gates    []string
	capacity []string
	weeks    float64
	students int
	output   string
	colour   string
}

func newSimulate(p Program) *cobra.Command {
	o := &simulateOptions{program: p}
	cmd := &cobra.Command{
		Use:   "simulate --policy FILE -i INSTRUMENT [-f FILE]",
		Short: "Try a policy on answers that there are, offline",
		Long: `Try an EscalationPolicy on a table of answers, offline, with the code that the districts run:
how many students reach each tier and why, what a week asks of each level and class of channel
against what there is, what a changed rule or another policy would move, and how many critical
answers would be lost if only students with a raised score were asked about danger.

The table is read as by score; try that with score --dry-run. Rows that cannot be read are left
out, counted and listed. The output is counts, but small ones: it is as confidential as its input.`,
		Example: `  kubectl evenkeel simulate --policy policy.yaml -i phq-9 -f answers.csv
  kubectl evenkeel simulate --policy policy.yaml -i phq-9 -f answers.csv --set "moderate=scores['phq-9'].total >= 12"
  kubectl evenkeel simulate --policy policy.yaml -i phq-9 -f answers.csv --gate 'phq-9:q1+q2 >= 3'
  kubectl evenkeel simulate --policy policy.yaml -i phq-9 -f sample.csv --capacity fengtai.yaml --weeks 3 --students 20000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.answers.Bind(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.policy, "policy", "", "manifest of the EscalationPolicy")
	flags.StringArrayVar(&o.set, "set", nil, "RULE=EXPRESSION: compare with the policy with another condition of a rule; all --set are one change")
	flags.StringArrayVar(&o.with, "with", nil, "manifest of another EscalationPolicy to compare with")
	flags.StringArrayVar(&o.gates, "gate", nil, "CODE:SCALE >= NUMBER or CODE:ITEM+ITEM >= NUMBER, besides the edges of all bands")
	flags.StringSliceVar(&o.capacity, "capacity", nil, "manifests of schools, channels and a campaign: who is there, and for how long students answer")
	flags.Float64Var(&o.weeks, "weeks", 0, "in how many weeks the students answer; a campaign's Stage1 without it")
	flags.IntVar(&o.students, "students", 0, "how many students will answer, if the table is a sample; as many as in it without")
	flags.StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(simulateOutputs, ", "))
	flags.StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(simulateOutputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *simulateOptions) run(ctx context.Context) error {
	if err := o.validate(); err != nil {
		return err
	}
	in, err := o.answers.Input(ctx, o.program.Streams.In)
	if err != nil {
		return err
	}
	setup, err := o.setup(ctx, in.Instruments)
	if err != nil {
		return err
	}
	source, err := score.Open(in)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	source.Describe(o.program.Streams.ErrOut)
	simulation := simulate.New(setup)
	rows, rejected, err := o.feed(ctx, simulation, source)
	if err != nil {
		return err
	}
	report := simulation.Report()
	report.Rejected = rejected
	if err := o.print(report); err != nil {
		return err
	}
	suspicions := source.Suspicions(rows)
	for _, suspicion := range suspicions {
		fmt.Fprintln(o.program.Streams.ErrOut, "SUSPICION: "+suspicion)
	}
	return verdict(rows, rejected == 0, len(suspicions) > 0)
}

func (o *simulateOptions) validate() error {
	switch {
	case o.policy == "":
		return errors.New("no policy is named; give the manifest of an EscalationPolicy with --policy")
	case o.weeks < 0:
		return fmt.Errorf("--weeks %g is below 0; write in how many weeks the students answer", o.weeks)
	case o.students < 0:
		return fmt.Errorf("--students %d is below 0; write how many will answer", o.students)
	case o.students > 0 && o.weeks == 0 && len(o.capacity) == 0:
		return errors.New("--students says how many answer, and nothing in how many weeks; give --weeks, or a campaign with --capacity")
	}
	return checkShown(o.output, simulateOutputs, o.colour)
}

// feed adds every row that can be read, and lists the first of those that cannot.
func (o *simulateOptions) feed(ctx context.Context, simulation *simulate.Simulation, source *score.Source) (rows, rejected int, err error) {
	const listed = 20
	for ; ; rows++ {
		if rows%1024 == 0 && ctx.Err() != nil {
			return rows, rejected, ctx.Err()
		}
		row, err := source.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, rejected, fmt.Errorf("%s: %w", source.Name(), err)
		}
		if !slices.Contains(row.Rejected, true) {
			simulation.Add(row.Responses)
			continue
		}
		if rejected++; rejected <= listed {
			for _, issue := range row.Issues {
				fmt.Fprintln(o.program.Streams.ErrOut, &score.StopError{Row: row.Number, Issue: issue})
			}
		}
	}
	if rejected > listed {
		fmt.Fprintf(o.program.Streams.ErrOut, "and %d more rows\n", rejected-listed)
	}
	return rows, rejected, nil
}

func (o *simulateOptions) print(report simulate.Report) error {
	if o.output == "json" {
		return o.program.printJSON(report)
	}
	report.Write(o.program.Streams.Out, o.program.coloured(o.colour))
	return nil
}
