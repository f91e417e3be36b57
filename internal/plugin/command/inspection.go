package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/draw"
	"github.com/evenkeel/evenkeel/internal/plugin/inspection"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest/definition"
)

var inspectionOutputs = []string{"table", "json"}

func newInspection(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspection",
		Short: "Draw schools for a random spot check, and verify a draw",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newInspectionDraw(p, flags), newInspectionVerify(p, flags))
	return cmd
}

// inspectionOptions are the flags of draw and verify.
type inspectionOptions struct {
	program  Program
	flags    *genericclioptions.ConfigFlags
	occasion draw.Occasion
	schools  int
	path     string
	output   string
	colour   string
}

// show adds the flags of what is printed.
func (o *inspectionOptions) show(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVarP(&o.output, "output", "o", "table", "one of "+strings.Join(inspectionOutputs, ", "))
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	fixed := cobra.FixedCompletions
	_ = cmd.RegisterFlagCompletionFunc("output", fixed(inspectionOutputs, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	_ = cmd.RegisterFlagCompletionFunc("color", fixed(colours, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func newInspectionDraw(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &inspectionOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "draw --seed SEED --district CODE --name NAME --schools N -f FILE",
		Short: "Draw schools as the operator does, without a cluster",
		Long: `Draw schools as the operator does, without a cluster: schools by ascending SHA-256 of seed, code of
the district, name of the Inspection and name of the school, a line feed between each two.

FILE has a name a line, as kubectl get schools -o name writes them, or manifests of Schools.`,
		Example: `  kubectl evenkeel inspection draw --seed "2026137 04 09 15" --district 110106 --name autumn-spot-check --schools 3 -f listed.txt
  kubectl get inspection autumn-spot-check -n fengtai -o jsonpath='{range .status.listed[*]}{@}{"\n"}{end}' |
    kubectl evenkeel inspection draw --seed "2026137 04 09 15" --district 110106 --name autumn-spot-check --schools 3 -f -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.draw(cmd.Context()) },
	}
	cmd.Flags().StringVar(&o.occasion.Seed, "seed", "", "seed as it was published")
	cmd.Flags().StringVar(&o.occasion.District, "district", "", "code of the District, such as 110106")
	cmd.Flags().StringVar(&o.occasion.Inspection, "name", "", "name of the Inspection")
	cmd.Flags().IntVar(&o.schools, "schools", 0, "how many schools are drawn")
	cmd.Flags().StringVarP(&o.path, "filename", "f", "", "file with names of schools or manifests, - for standard input")
	return o.show(cmd)
}

func (o *inspectionOptions) draw(ctx context.Context) error {
	if err := errors.Join(checkShown(o.output, inspectionOutputs, o.colour), o.check(ctx)); err != nil {
		return err
	}
	schools, err := o.read(ctx)
	if err != nil {
		return err
	}
	return o.print(inspection.Compute(o.occasion, schools, o.schools))
}

// flagOf is the flag that a field of an Inspection is given by.
var flagOf = map[string]string{"spec.seed": "--seed", "spec.schools": "--schools", "metadata.name": "--name"}

var districtCode = regexp.MustCompile(`^[a-z0-9]{2,12}$`)

// check holds the flags to what an Inspection may say: any other draw is of none.
func (o *inspectionOptions) check(ctx context.Context) error {
	var errs []error
	for _, missing := range []struct{ flag, value, such string }{
		{"--seed", o.occasion.Seed, `the numbers as they were published, such as "2026137 04 09 15"`},
		{"--district", o.occasion.District, "the code of the District, such as 110106"},
		{"--name", o.occasion.Inspection, "the name of the Inspection"},
		{"--filename", o.path, "a file with the names of the schools, or - for standard input"},
	} {
		if missing.value == "" {
			errs = append(errs, fmt.Errorf("%s is missing; write %s", missing.flag, missing.such))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if !districtCode.MatchString(o.occasion.District) {
		errs = append(errs, fmt.Errorf("--district %q is no code of a District; write one such as 110106", o.occasion.District))
	}
	kind, err := definition.Of(v1alpha1.GroupVersion.String(), "Inspection")
	if err != nil {
		return err
	}
	_, problems, err := kind.Admit(ctx, map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Inspection",
		"metadata": map[string]any{"name": o.occasion.Inspection, "namespace": "default"},
		"spec":     map[string]any{"schools": int64(o.schools), "seed": o.occasion.Seed, "seedSource": "-"},
	})
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s: %s", flagOf[p.Path], p.Message))
	}
	return errors.Join(append(errs, err)...)
}

// mostText bounds a file with schools.
const mostText = 64 << 20

// read returns the schools of the file, whichever way they are written.
func (o *inspectionOptions) read(ctx context.Context) ([]string, error) {
	file, in := o.path, o.program.Streams.In
	if o.path == manifest.Standard {
		file = "standard input"
	} else {
		opened, err := os.Open(o.path)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		in = opened
	}
	text, err := io.ReadAll(io.LimitReader(in, mostText+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case len(text) > mostText:
		return nil, fmt.Errorf("%s is larger than %d MiB; that is no list of schools", file, mostText>>20)
	case bytes.Contains(text, []byte("apiVersion")): // no name of a School has a capital
		return o.fromManifests(ctx, file, text)
	}
	return inspection.ParseList(file, string(text))
}

func (o *inspectionOptions) fromManifests(ctx context.Context, file string, text []byte) ([]string, error) {
	set, findings, err := manifest.Load(ctx, manifest.Input{
		Paths: []string{manifest.Standard}, Stdin: bytes.NewReader(text), Namespace: *o.flags.Namespace,
	})
	if err == nil {
		err = manifest.Err(inFile(findings, o.path))
	}
	if err != nil {
		return nil, err
	}
	var names, namespaces []string
	for _, school := range set.Schools {
		if wanted := *o.flags.Namespace; wanted != "" && school.Value.Namespace != wanted {
			continue
		}
		names, namespaces = append(names, school.Value.Name), append(namespaces, school.Value.Namespace)
	}
	slices.Sort(namespaces)
	if namespaces = slices.Compact(namespaces); len(namespaces) > 1 {
		return nil, fmt.Errorf("%s has schools of %s; choose one district with -n", file, strings.Join(namespaces, ", "))
	}
	return names, inspection.Check(file, names)
}

// inFile are findings in a text that was read beforehand.
func inFile(findings []manifest.Finding, path string) []manifest.Finding {
	for i := range findings {
		findings[i].File = path
	}
	return findings
}

func newInspectionVerify(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &inspectionOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "verify NAME -n NAMESPACE",
		Short: "Draw an Inspection's schools again and say whether the recorded ones are right",
		Long: `Draw an Inspection's schools again, from its list and its seed, and say whether those that are
recorded as drawn are the ones. It ends with an error when they are not.`,
		Example: `  kubectl evenkeel inspection verify autumn-spot-check -n fengtai`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.verify(cmd.Context(), args[0]) },
	}
	return o.show(cmd)
}

func (o *inspectionOptions) verify(ctx context.Context, name string) error {
	if err := checkShown(o.output, inspectionOutputs, o.colour); err != nil {
		return err
	}
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	var found v1alpha1.Inspection
	if err := connection.Reader.Get(ctx, client.ObjectKey{Namespace: connection.Namespace, Name: name}, &found); err != nil {
		return err
	}
	var district v1alpha1.District
	if err := connection.Reader.Get(ctx, client.ObjectKey{Namespace: connection.Namespace, Name: connection.Namespace}, &district); err != nil {
		return fmt.Errorf("the code of the district is part of the draw: %w", err)
	}
	report, err := inspection.Verify(found, district.Spec.Code)
	if err != nil {
		return err
	}
	if err := o.print(report); err != nil {
		return err
	}
	if !*report.Right {
		return fmt.Errorf("the draw of Inspection %s is wrong: what is recorded does not follow from list and seed", name)
	}
	return nil
}

func (o *inspectionOptions) print(report inspection.Report) error {
	if o.output == "json" {
		return o.program.printJSON(report)
	}
	report.Write(o.program.Streams.Out, o.program.coloured(o.colour))
	return nil
}
