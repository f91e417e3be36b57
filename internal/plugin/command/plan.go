package command

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/plan"
)

var planOutputs = []string{"table", "wide", "json", "ical"}

type planOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	paths   []string
	output  string
	colour  string
	at      string
	diff    bool
	year    schoolYear
}

func newPlan(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &planOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "plan [CAMPAIGN] [-f FILE]",
		Short: "Show what a campaign will do: dates of every phase, what is skipped or blocked, and why",
		Long: `Show what a campaign will do, planned with the operator's own functions: the dates of every
phase by district and wave, when students answer, the days that are skipped and the districts and
schools that are blocked, each with the reason, and the cases expected of each week against what
channels take. Of each round it says which gates would be shut by what is declared, and what
schools lack. When no run is due yet, the next one is shown as it will be made. Nothing is written.

  plan -f FILE          from manifests, without a cluster: campaigns, their AcademicCalendar, and the
                        Namespaces (whose labels they select) and Districts. Schools too for what they
                        lack; for capacity also the EscalationPolicy and ReferralChannels
  plan                  what the cluster has
  plan -f FILE --diff   the files' campaigns and calendars against what the cluster has: only the
                        rounds that would be made, moved, extended, shortened, changed or given up
  plan --diff           what the operator is about to write

Several campaigns are planned beside each other; CAMPAIGN says which one is shown.`,
		Example: `  kubectl evenkeel plan -f config/samples --at 2026-09-01T08:00:00+08:00
  kubectl evenkeel plan -f campaign.yaml -f calendar.yaml -f districts/
  kubectl evenkeel plan autumn-check-up
  kubectl evenkeel plan -f campaign.yaml --diff
  kubectl evenkeel plan autumn-check-up -o ical > autumn.ics`,
		Args: cobra.MaximumNArgs(1),
		RunE: o.run,
	}
	cmd.Flags().StringSliceVarP(&o.paths, "filename", "f", nil, filenameUsage)
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(planOutputs, ", ")+"; wide adds schools, districts and days that differ from the rest")
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	cmd.Flags().StringVar(&o.at, "at", "", "plan for this time instead of now, such as 2026-09-15T08:00:00+08:00")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show only what would change in the cluster, which is read for that")
	o.year.flag(cmd)
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(planOutputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *planOptions) run(cmd *cobra.Command, args []string) error {
	now, err := o.check()
	if err != nil {
		return err
	}
	name := strings.Join(args, "")
	if strings.Contains(name, "/") || slices.Contains(manifest.Extensions, filepath.Ext(name)) {
		return fmt.Errorf("%q is no name of a campaign; give a file with -f: kubectl evenkeel plan -f %s", name, name)
	}
	observed, err := o.observe(cmd.Context(), name)
	if err != nil {
		return err
	}
	reports, err := plan.Together(observed, name, now)
	if err != nil {
		return err
	}
	for i, report := range reports {
		if i > 0 && (o.output == "table" || o.output == "wide") {
			fmt.Fprintln(o.program.Streams.Out)
		}
		if err := o.print(report); err != nil {
			return err
		}
	}
	return nil
}

func (o *planOptions) check() (time.Time, error) {
	if err := checkShown(o.output, planOutputs, o.colour); err != nil {
		return time.Time{}, err
	}
	if o.at == "" {
		return o.program.Clock.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return time.Time{}, fmt.Errorf("--at %q is not a time; write one such as 2026-09-15T08:00:00+08:00", o.at)
	}
	return at, nil
}

func (o *planOptions) print(report plan.Report) error {
	out := o.program.Streams.Out
	switch o.output {
	case "json":
		return o.program.printJSON(report)
	case "ical":
		return report.WriteICal(out, o.program.Clock.Now().UTC())
	}
	report.Write(out, plan.Style{Coloured: o.program.coloured(o.colour), Schools: o.output == "wide", Diff: o.diff})
	return nil
}

// observe reads files, the cluster, or both, and returns an entry for each campaign, that of the
// name given among them.
func (o *planOptions) observe(ctx context.Context, name string) ([]planning.Observed, error) {
	rule, err := o.year.rule()
	if err != nil {
		return nil, err
	}
	var w planWorld
	if len(o.paths) > 0 {
		files, err := o.files(ctx)
		if err != nil {
			return nil, err
		}
		w = files
	}
	if len(o.paths) == 0 || o.diff {
		if err := o.cluster(ctx, &w); err != nil {
			return nil, err
		}
	}
	w.coverage = rule
	return w.observed(name)
}

func (o *planOptions) files(ctx context.Context) (planWorld, error) {
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: o.paths, Stdin: o.program.Streams.In, Namespace: *o.flags.Namespace})
	if err == nil {
		err = manifest.Err(findings)
	}
	return planWorld{
		campaigns: values(set.Campaigns), calendars: values(set.Calendars), namespaces: values(set.Namespaces),
		districts: values(set.Districts), rounds: values(set.Rounds),
		policies: values(set.Policies), schools: values(set.Schools), channels: values(set.Channels),
	}, err
}

func values[T any](objects []manifest.Of[T]) []T {
	var out []T
	for _, o := range objects {
		out = append(out, o.Value)
	}
	return out
}

// cluster adds what the cluster has; what a file says of a campaign or a calendar goes first.
func (o *planOptions) cluster(ctx context.Context, w *planWorld) error {
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	err = w.read(ctx, connection.Reader, len(o.paths) == 0)
	if err != nil && len(o.paths) == 0 {
		return fmt.Errorf("%w; without a cluster, give manifests with -f", err)
	}
	return err
}
