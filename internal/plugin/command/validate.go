package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/validate"
)

var validateOutputs = []string{"table", "json"}

// validateOptions are the flags of validate.
type validateOptions struct {
	program   Program
	flags     *genericclioptions.ConfigFlags
	paths     []string
	recursive bool
	output    string
	colour    string
}

func newValidate(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &validateOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Check manifests as the API server and the operator would, without a cluster",
		Long: `Check manifests as the API server and the operator would, without a cluster: unknown fields,
schema, CEL rules, whether instruments, policies, calendars and campaigns compile, whether
a policy fits the instruments it is used with, and what is referred to and not there.

Every finding has its file and line, and says what to write. An error is what the API server would
refuse or the operator could not carry out; then the exit code is 1. A warning is of what may be in the
cluster already, or is probably not meant. Left to the cluster are rules about a change, which need the
object of before, and rights.

No cluster is reached: of kubectl's flags only -n counts, the namespace of objects that name none.`,
		Example: `  kubectl evenkeel validate -f config/instruments -f config/samples
  helm template fengtai charts/district -f values.yaml | kubectl evenkeel validate -f - -n fengtai
  kubectl evenkeel validate -f . -R -o json | jq '.findings[]'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	cmd.Flags().StringSliceVarP(&o.paths, "filename", "f", nil, filenameUsage)
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "R", false, "look into directories of directories too")
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(validateOutputs, ", "))
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(validateOutputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *validateOptions) run(cmd *cobra.Command) error {
	if len(o.paths) == 0 {
		return errors.New("nothing to validate; give files or directories with -f, such as -f config/samples, or -f - for standard input")
	}
	if err := checkShown(o.output, validateOutputs, o.colour); err != nil {
		return err
	}
	set, reading, err := manifest.Load(cmd.Context(), manifest.Input{
		Paths: o.paths, Stdin: o.program.Streams.In, Recursive: o.recursive, Namespace: *o.flags.Namespace,
	})
	if err != nil {
		return err
	}
	report := validate.Compute(set, reading, o.program.Clock.Now())
	if err := o.print(report); err != nil {
		return err
	}
	if report.Errors > 0 {
		return fmt.Errorf("the manifests are not valid: %d to correct", report.Errors)
	}
	return nil
}

func (o *validateOptions) print(report validate.Report) error {
	if o.output == "json" {
		return o.program.printJSON(report)
	}
	report.Write(o.program.Streams.Out, o.program.coloured(o.colour))
	return nil
}
