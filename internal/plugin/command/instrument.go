package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/fhir"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

func newInstrument(p Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "instrument",
		Short: "Exchange instruments as FHIR R4 Questionnaires, without a cluster",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newInstrumentExport(p), newInstrumentImport(p))
	return cmd
}

// instrumentOptions are the flags of export and import.
type instrumentOptions struct {
	program Program
	path    string
	code    string
}

func newInstrumentExport(p Program) *cobra.Command {
	o := &instrumentOptions{program: p}
	cmd := &cobra.Command{
		Use:   "export -f FILE",
		Short: "Write an Instrument as a FHIR R4 Questionnaire",
		Long: `Write an Instrument as a FHIR R4 Questionnaire, in JSON on standard output.

Each scale is a calculated item with a FHIRPath expression, which gives the scale's value for
complete forms; with norms, the raw one. What FHIR has no place for is in extensions, from
which import restores it. What other programs will not find is named on standard error.`,
		Example: `  kubectl evenkeel instrument export -f config/instruments/phq-9.yaml > phq-9.json
  kubectl evenkeel instrument export -f config/instruments --code mht > mht.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.export(cmd.Context()) },
	}
	cmd.Flags().StringVarP(&o.path, "filename", "f", "", "file or directory with the Instrument, - for standard input")
	cmd.Flags().StringVar(&o.code, "code", "", "code of the Instrument, where there are several")
	return cmd
}

func newInstrumentImport(p Program) *cobra.Command {
	o := &instrumentOptions{program: p}
	cmd := &cobra.Command{
		Use:   "import -f FILE",
		Short: "Write a FHIR R4 Questionnaire as a Draft of an Instrument",
		Long: `Write a FHIR R4 Questionnaire as a Draft of an Instrument, in YAML on standard output.

A Questionnaire that export made comes back the same. Of any other, questions with options are
taken and, when every option has an ordinalValue, their sum. Everything that was not understood,
had to be chosen, or is still to be written before the Draft can be applied is named on standard
error.`,
		Example: `  kubectl evenkeel instrument import -f phq-9.json > phq-9.yaml`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.importDraft(cmd.Context()) },
	}
	cmd.Flags().StringVarP(&o.path, "filename", "f", "", "file with the Questionnaire, - for standard input")
	return cmd
}

func (o *instrumentOptions) export(ctx context.Context) error {
	in, err := o.instrument(ctx)
	if err != nil {
		return err
	}
	questionnaire, notes, err := fhir.Export(in.Spec)
	if err != nil {
		return err
	}
	raw, err := questionnaire.JSON()
	if err != nil {
		return err
	}
	o.tell(notes)
	_, err = o.program.Streams.Out.Write(raw)
	return err
}

// instrument is the one in the files, or the one of the code asked for.
func (o *instrumentOptions) instrument(ctx context.Context) (v1alpha1.Instrument, error) {
	if o.path == "" {
		return v1alpha1.Instrument{}, errors.New("nothing to export; give the file of an Instrument with -f")
	}
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: []string{o.path}, Stdin: o.program.Streams.In})
	if err != nil {
		return v1alpha1.Instrument{}, err
	}
	if err := manifest.Err(findings); err != nil {
		return v1alpha1.Instrument{}, err
	}
	var found []v1alpha1.Instrument
	for _, in := range set.Instruments {
		if o.code == "" || in.Value.Spec.Code == o.code {
			found = append(found, in.Value)
		}
	}
	switch {
	case len(found) == 0 && o.code != "":
		return v1alpha1.Instrument{}, fmt.Errorf("no Instrument with the code %q in %s", o.code, o.path)
	case len(found) == 0:
		return v1alpha1.Instrument{}, fmt.Errorf("no Instrument in %s", o.path)
	case len(found) > 1:
		return v1alpha1.Instrument{}, fmt.Errorf("%d Instruments in %s: a Questionnaire holds one; choose with --code, or give the file of one", len(found), o.path)
	}
	return found[0], nil
}

func (o *instrumentOptions) importDraft(ctx context.Context) error {
	raw, err := o.document()
	if err != nil {
		return err
	}
	in, notes, err := fhir.Import(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", o.path, err)
	}
	draft, err := draftYAML(in)
	if err != nil {
		return err
	}
	o.tell(notes)
	if err := o.tellUnfinished(ctx, draft); err != nil {
		return err
	}
	_, err = o.program.Streams.Out.Write(draft)
	return err
}

func (o *instrumentOptions) document() ([]byte, error) {
	switch o.path {
	case "":
		return nil, errors.New("nothing to import; give the file of a Questionnaire with -f")
	case manifest.Standard:
		return io.ReadAll(io.LimitReader(o.program.Streams.In, fhir.MaxBytes+1))
	}
	file, err := os.Open(o.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, fhir.MaxBytes+1))
}

// draftYAML is the object without what the cluster fills in.
func draftYAML(in v1alpha1.Instrument) ([]byte, error) {
	raw, err := yaml.Marshal(struct {
		APIVersion string                  `json:"apiVersion"`
		Kind       string                  `json:"kind"`
		Metadata   map[string]string       `json:"metadata"`
		Spec       v1alpha1.InstrumentSpec `json:"spec"`
	}{in.APIVersion, in.Kind, map[string]string{"name": in.Name}, in.Spec})
	if err != nil {
		return nil, fmt.Errorf("writing the draft: %w", err)
	}
	return raw, nil
}

func (o *instrumentOptions) tell(notes []fhir.Note) {
	for _, note := range notes {
		fmt.Fprintln(o.program.Streams.ErrOut, "note:", note)
	}
}

// tellUnfinished names what the API server would refuse in the draft. That is no error
// of the import: FHIR does not say it.
func (o *instrumentOptions) tellUnfinished(ctx context.Context, draft []byte) error {
	_, findings, err := manifest.Load(ctx, manifest.Input{Paths: []string{manifest.Standard}, Stdin: bytes.NewReader(draft)})
	if err != nil {
		return err
	}
	for _, finding := range findings {
		fmt.Fprintf(o.program.Streams.ErrOut, "to do: %s: %s\n", finding.Field, finding.Message)
	}
	return nil
}
