package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/plugin/ical"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

func newCalendar(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: "Exchange academic calendars with calendar programs (iCalendar)",
	}
	cmd.AddCommand(newCalendarExport(p, flags), newCalendarImport(p))
	return cmd
}

type calendarExport struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	paths   []string
}

func newCalendarExport(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &calendarExport{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "export [NAME] [-f FILE]",
		Short: "Write an AcademicCalendar of the cluster, or of a file, as iCalendar",
		Example: `  kubectl evenkeel calendar export beijing-2026-2027 > beijing.ics
  kubectl evenkeel calendar export -f calendar.yaml > beijing.ics`,
		Args: cobra.MaximumNArgs(1),
		RunE: o.run,
	}
	cmd.Flags().StringSliceVarP(&o.paths, "filename", "f", nil, "file with an AcademicCalendar, - for standard input; without it the cluster is asked")
	return cmd
}

func (o *calendarExport) run(cmd *cobra.Command, args []string) error {
	var found *v1alpha1.AcademicCalendar
	var err error
	switch {
	case len(o.paths) > 0:
		found, err = o.fromFiles(cmd, args)
	case len(args) == 1:
		found, err = o.fromCluster(cmd, args[0])
	default:
		err = errors.New("which calendar? give its name, or a file with -f")
	}
	if err != nil {
		return err
	}
	return ical.Write(o.program.Streams.Out, found.Name, found.Spec, o.program.Clock.Now().UTC())
}

func (o *calendarExport) fromFiles(cmd *cobra.Command, args []string) (*v1alpha1.AcademicCalendar, error) {
	set, findings, err := manifest.Load(cmd.Context(), manifest.Input{Paths: o.paths, Stdin: o.program.Streams.In})
	if err == nil {
		err = manifest.Err(findings)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range set.Calendars {
		if len(args) == 0 && len(set.Calendars) == 1 || len(args) == 1 && c.Name == args[0] {
			return &c.Value, nil
		}
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return nil, errors.New("the files have no AcademicCalendar; give the file of one with -f")
	}
	return nil, fmt.Errorf("the files have the calendars %s; name one of them: kubectl evenkeel calendar export %s -f FILE",
		strings.Join(names, ", "), names[0])
}

func (o *calendarExport) fromCluster(cmd *cobra.Command, name string) (*v1alpha1.AcademicCalendar, error) {
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return nil, err
	}
	var found v1alpha1.AcademicCalendar
	return &found, connection.Reader.Get(cmd.Context(), client.ObjectKey{Name: name}, &found)
}

type calendarImport struct {
	program    Program
	name       string
	schoolYear string
	zone       string
	terms      []string
}

func newCalendarImport(p Program) *cobra.Command {
	o := &calendarImport{program: p}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Make an AcademicCalendar from an iCalendar file, - for standard input",
		Long: `Make an AcademicCalendar from an iCalendar file and print it as YAML.

Events with the category TERM, CLOSURE or MAKE-UP are taken, as export writes them; in
calendars of Chinese public holidays those marked 休 are closures and those marked 班
make-up days. Public calendars have no terms: give them with --term. What is left out is
told on standard error.`,
		Example: `  kubectl evenkeel calendar import holidays.ics --name beijing-2026-2027 --school-year 2026-2027 \
    --time-zone Asia/Shanghai --term autumn=2026-09-01..2027-01-22 --term spring=2027-02-22..2027-07-09`,
		Args: cobra.ExactArgs(1),
		RunE: o.run,
	}
	cmd.Flags().StringVar(&o.name, "name", "", "name of the AcademicCalendar; the file's own when left out")
	cmd.Flags().StringVar(&o.schoolYear, "school-year", "", "such as 2026-2027; the file's own when left out")
	cmd.Flags().StringVar(&o.zone, "time-zone", "", "such as Asia/Shanghai; the file's own when left out")
	cmd.Flags().StringArrayVar(&o.terms, "term", nil, "a term, NAME=FROM..TO; may be repeated")
	return cmd
}

func (o *calendarImport) run(_ *cobra.Command, args []string) error {
	in, err := o.read(args[0])
	if err != nil {
		return err
	}
	for _, note := range in.Notes {
		fmt.Fprintln(o.program.Streams.ErrOut, "note:", note)
	}
	if err := o.complete(&in); err != nil {
		return err
	}
	if _, err := translate.CompileCalendar(in.Spec); err != nil {
		return fmt.Errorf("what the file says is no school year yet: %w", err)
	}
	out, err := yaml.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        map[string]string             `json:"metadata"`
		Spec            v1alpha1.AcademicCalendarSpec `json:"spec"`
	}{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "AcademicCalendar"},
		Metadata: map[string]string{"name": in.Name}, Spec: in.Spec,
	})
	if err != nil {
		return err
	}
	_, err = o.program.Streams.Out.Write(out)
	return err
}

func (o *calendarImport) read(path string) (ical.Imported, error) {
	if path == "-" {
		return ical.Read(o.program.Streams.In)
	}
	file, err := os.Open(path)
	if err != nil {
		return ical.Imported{}, err
	}
	in, err := ical.Read(io.Reader(file))
	return in, errors.Join(err, file.Close())
}

// complete adds what the flags say, and asks for what nobody does.
func (o *calendarImport) complete(in *ical.Imported) error {
	if o.name != "" {
		in.Name = o.name
	}
	if o.schoolYear != "" {
		in.Spec.SchoolYear = o.schoolYear
	}
	if o.zone != "" {
		in.Spec.TimeZone = v1alpha1.TimeZone(o.zone)
	}
	for _, text := range o.terms {
		term, err := parseTerm(text)
		if err != nil {
			return err
		}
		in.Spec.Terms = append(in.Spec.Terms, term)
	}
	switch {
	case in.Name == "":
		return errors.New("the file names no calendar; give --name")
	case in.Spec.SchoolYear == "":
		return errors.New("the file names no school year; give --school-year, such as 2026-2027")
	case in.Spec.TimeZone == "":
		return errors.New("the file names no time zone; give --time-zone, such as Asia/Shanghai")
	case len(in.Spec.Terms) == 0:
		return errors.New("the file has no terms; give each with --term NAME=FROM..TO")
	}
	return nil
}

func parseTerm(text string) (v1alpha1.Term, error) {
	name, days, named := strings.Cut(text, "=")
	from, to, both := strings.Cut(days, "..")
	if !named || !both || name == "" {
		return v1alpha1.Term{}, fmt.Errorf("--term %q cannot be read; write NAME=FROM..TO, such as autumn=2026-09-01..2027-01-22", text)
	}
	return v1alpha1.Term{Name: name, From: v1alpha1.Civil(from), To: v1alpha1.Civil(to)}, nil
}
