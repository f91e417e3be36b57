// Package command is the command line of kubectl evenkeel: it reads flags, gathers and prints.
package command

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/evenkeel/evenkeel/internal/version"
)

// Program is what the commands need from the outside.
type Program struct {
	Streams genericiooptions.IOStreams
	Clock   clock.PassiveClock
	// Getenv reads the environment.
	Getenv func(string) string
	// Terminal tells whether standard output is one.
	Terminal bool
	// Interactive tells whether standard input is a terminal, so that a person can be asked.
	Interactive bool
	// Connect makes a connection from the flags; the real one when nil.
	Connect func(*genericclioptions.ConfigFlags) (Connection, error)
}

// coloured follows --color, then NO_COLOR (https://no-color.org), then whether a person is looking.
func (p Program) coloured(flag string) bool {
	switch flag {
	case "always":
		return true
	case "never":
		return false
	default:
		return p.Terminal && p.Getenv("NO_COLOR") == ""
	}
}

// printJSON prints a value for programs.
func (p Program) printJSON(value any) error {
	encoder := json.NewEncoder(p.Streams.Out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// filenameUsage is of -f where it takes manifests.
const filenameUsage = "file or directory with manifests (.yaml, .yml, .json), - for standard input; may be repeated"

// checkShown checks --output and --color.
func checkShown(output string, outputs []string, colour string) error {
	if err := checkKnown("output", output, outputs); err != nil {
		return err
	}
	return checkKnown("color", colour, colours)
}

func checkKnown(flag, value string, values []string) error {
	if slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("--%s %q is not known; write one of %s", flag, value, strings.Join(values, ", "))
}

// New is the root command.
func New(p Program) *cobra.Command {
	if p.Connect == nil {
		p.Connect = connect
	}
	flags := genericclioptions.NewConfigFlags(true)
	root := &cobra.Command{
		Use:   "kubectl-evenkeel",
		Short: "See how a province's check-ups are doing; try instruments and policies on answers",
		Long: `kubectl evenkeel shows how a province's check-ups are doing: districts, rounds, channels,
schools, policies and instruments. Of a cluster it reads Kubernetes objects only; no student, answer
or live count of a tier is among them. suspend, resume, trigger, extend and end change one field of one
object. What scores answers reads files on this machine and reaches no cluster.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl evenkeel"},
	}
	root.SetOut(p.Streams.Out)
	root.SetErr(p.Streams.ErrOut)
	flags.AddFlags(root.PersistentFlags())
	root.AddCommand(newStatus(p, flags), newCalendar(p, flags), newPlan(p, flags),
		newSuspend(p, flags), newResume(p, flags), newTrigger(p, flags), newExtend(p, flags), newEnd(p, flags), newValidate(p, flags), newInstrument(p), newScore(p), newSimulate(p), newVersion(p))
	root.AddCommand(newInspection(p, flags), newAppraisal(p, flags))
	guide(root)
	return root
}

func newVersion(p Program) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			fmt.Fprintln(p.Streams.Out, version.Line("kubectl-evenkeel"))
		},
	}
}
