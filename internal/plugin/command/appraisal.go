package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/appraisal"
	"github.com/evenkeel/evenkeel/internal/plugin/gather"
)

var appraisalOutputs = []string{"table", "csv", "json"}

// appraisalOptions are the flags of appraisal.
type appraisalOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	output  string
	colour  string
	all     bool
	year    schoolYear
}

func newAppraisal(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &appraisalOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "appraisal [-n NAMESPACE | -A]",
		Short: "Show what districts and schools are appraised by: coverage and timeliness, never results",
		Long: `Show what districts and schools are appraised by in the present school year: students screened,
rounds opened on their day, obligations answered in time, findings of inspections rectified in time.

No tier, result or released figure is read: whoever is appraised by how many children need help
will find fewer of them.`,
		Example: `  kubectl evenkeel appraisal -n fengtai
  kubectl evenkeel appraisal -A -o csv > appraisal.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(appraisalOutputs, ", "))
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	cmd.Flags().BoolVarP(&o.all, "all-namespaces", "A", false, "all districts, which is the default without -n")
	o.year.flag(cmd)
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(appraisalOutputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *appraisalOptions) run(ctx context.Context) error {
	if err := checkShown(o.output, appraisalOutputs, o.colour); err != nil {
		return err
	}
	rule, err := o.year.rule()
	if err != nil {
		return err
	}
	report, err := o.compute(ctx, rule)
	if err != nil {
		return err
	}
	switch o.output {
	case "json":
		return o.program.printJSON(report)
	case "csv":
		return report.WriteCSV(o.program.Streams.Out)
	}
	report.Write(o.program.Streams.Out, o.program.coloured(o.colour))
	return nil
}

// appraised are the kinds that figures come from: without one of them some would be too good, or missing.
var appraised = []string{"districts", "schools", "screeningrounds", "inspections"}

func (o *appraisalOptions) compute(ctx context.Context, rule coverage.Rule) (appraisal.Report, error) {
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return appraisal.Report{}, err
	}
	scope := gather.Scope{}
	if connection.Chosen && !o.all {
		scope.Namespace = connection.Namespace
	}
	objects, err := gather.Gather(ctx, connection.Reader, scope)
	if err != nil {
		return appraisal.Report{}, err
	}
	for _, unread := range objects.Unread {
		if slices.Contains(appraised, unread.Resource) {
			return appraisal.Report{}, fmt.Errorf("%s, so that figures would be missing: choose your district with -n, or ask for the role evenkeel-viewer", unread.Reason)
		}
	}
	if scope.Namespace != "" && len(objects.Districts) == 0 {
		return appraisal.Report{}, fmt.Errorf("no district in the namespace %s: a district is in the namespace of its own name; see kubectl get districts -A", scope.Namespace)
	}
	return appraisal.Compute(objects, o.program.Clock.Now(), rule), nil
}
