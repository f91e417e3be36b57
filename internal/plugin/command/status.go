package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/internal/plugin/gather"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

var (
	outputs = []string{"table", "json", "yaml"}
	colours = []string{"auto", "always", "never"}
)

// statusOptions are the flags of status.
type statusOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	output  string
	colour  string
	all     bool
}

func newStatus(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &statusOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "status [district]",
		Short: "Show the province, or one district: what is ready, what is open, what to look at",
		Long: `Show the province, or one district: districts, campaigns, rounds, channels, a summary of
schools, policies and instruments, and what a person should look at, with the reason.

A district is named after its namespace, so "status fengtai" and "status -n fengtai" are the same.
What you may not read is left out, with a warning on standard error.`,
		Example: `  kubectl evenkeel status
  kubectl evenkeel status fengtai
  kubectl evenkeel status -o json | jq '.findings'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return o.complete(cmd.Context(), args), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(outputs, ", "))
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	cmd.Flags().BoolVarP(&o.all, "all-namespaces", "A", false, "all districts, which is the default without -n")
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(outputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *statusOptions) run(ctx context.Context, args []string) error {
	if err := checkShown(o.output, outputs, o.colour); err != nil {
		return err
	}
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	namespace, err := o.namespace(connection, args)
	if err != nil {
		return err
	}
	objects, err := o.gather(ctx, connection, namespace)
	if err != nil {
		return err
	}
	if len(objects.Unread) == gather.Kinds {
		return errors.New("you may read nothing of screening.evenkeel.dev here: ask for the role evenkeel-viewer, or evenkeel-district-staff in your district's namespace")
	}
	if len(args) == 1 && len(objects.Districts) == 0 && len(objects.Unread) == 0 {
		return fmt.Errorf("no district %q: a district is in the namespace of its own name; see kubectl get districts -A", args[0])
	}
	for _, unread := range objects.Unread {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: %s; the answer is partial\n", unread.Reason)
	}
	return o.print(o.program.Streams.Out, status.Compute(objects, o.program.Clock.Now()))
}

// namespace is where to look: the argument, -n, or everywhere.
func (o *statusOptions) namespace(c Connection, args []string) (string, error) {
	switch {
	case len(args) == 1 && (o.all || c.Chosen && c.Namespace != args[0]):
		return "", fmt.Errorf("district %q and -n or -A contradict each other; give one", args[0])
	case len(args) == 1:
		return args[0], nil
	case o.all || !c.Chosen:
		return "", nil
	default:
		return c.Namespace, nil
	}
}

// gather reads everywhere, and when that is not allowed at all, the namespace of the context.
func (o *statusOptions) gather(ctx context.Context, c Connection, namespace string) (status.Objects, error) {
	objects, err := gather.Gather(ctx, c.Reader, gather.Scope{Namespace: namespace})
	if err != nil || namespace != "" || o.all || c.Namespace == "" || !lacks(objects, "districts") {
		return objects, err
	}
	fmt.Fprintf(o.program.Streams.ErrOut, "warning: you may not list districts everywhere; showing the namespace %s\n", c.Namespace)
	return gather.Gather(ctx, c.Reader, gather.Scope{Namespace: c.Namespace})
}

func lacks(objects status.Objects, resource string) bool {
	return slices.ContainsFunc(objects.Unread, func(u status.Unread) bool { return u.Resource == resource })
}

func (o *statusOptions) print(w io.Writer, report status.Report) error {
	switch o.output {
	case "json":
		return o.program.printJSON(report)
	case "yaml":
		text, err := yaml.Marshal(report)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	default:
		report.Write(w, status.Style{Colour: o.program.coloured(o.colour)})
		return nil
	}
}

func (o *statusOptions) complete(ctx context.Context, args []string) []string {
	if len(args) > 0 {
		return nil
	}
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return nil
	}
	return districtNames(ctx, connection.Reader)
}
