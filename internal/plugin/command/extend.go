package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/plugin/plan"
)

// maxExtension is the schema's bound.
const maxExtension = 60

// extendOptions are the flags of extend.
type extendOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	days    int32
	colour  string
	dryRun  bool
	year    schoolYear
}

func newExtend(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &extendOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "extend ROUND -n NAMESPACE --school-days N",
		Short: "Keep an open round open for some more school days",
		Long: `Keep an open round open for some more school days than planned: spec.extendSchoolDays is
set, and the operator adds their sessions, at the hours that the round has. The days are shown, those
that are skipped with the reason, and the make-up round where it moves. The number is of all days
beyond the plan, not of days more than now; 0 takes back what has not begun. Nothing else about an
open round can change.`,
		Example: `  kubectl evenkeel extend autumn-check-up-20260915 -n fengtai --school-days 3
  kubectl evenkeel extend autumn-check-up-20260915 -n fengtai --school-days 0`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNames(p, flags, roundNames),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().Int32Var(&o.days, "school-days", -1, fmt.Sprintf("how many school days beyond the plan, 0 to %d; must be given", maxExtension))
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	o.year.flag(cmd)
	addDryRun(cmd, &o.dryRun)
	return cmd
}

func (o *extendOptions) run(ctx context.Context, name string) error {
	if err := o.check(); err != nil {
		return err
	}
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	what := roundKind.of(connection.Namespace, strings.TrimPrefix(name, "round/"))
	var round v1alpha1.ScreeningRound
	if err := connection.read(ctx, what, &round); err != nil {
		return err
	}
	if err := o.edit(&round); err != nil {
		return o.unchanged(what, err)
	}
	if err := o.show(ctx, connection, round); err != nil {
		return err
	}
	field := []string{"spec", "extendSchoolDays"}
	owners, err := connection.change(ctx, edit{what, &round, field, o.dryRun, func() error { return o.edit(&round) }})
	if err != nil {
		return o.unchanged(what, err)
	}
	fmt.Fprintf(o.program.Streams.Out, "\n%s: %s, by spec.extendSchoolDays.\n", what, asked(o.days))
	warnOf(o.program.Streams.ErrOut, owners, field...)
	if o.dryRun {
		o.program.sayDryRun()
	}
	return nil
}

func (o *extendOptions) check() error {
	if o.days < 0 || o.days > maxExtension {
		return fmt.Errorf("--school-days says how many school days beyond the plan; write 0 to %d, such as --school-days 3", maxExtension)
	}
	return checkKnown("color", o.colour, colours)
}

// unchanged takes a round that is as asked for what it is.
func (o *extendOptions) unchanged(what target, err error) error {
	if !errors.Is(err, errNothingToDo) {
		return err
	}
	fmt.Fprintf(o.program.Streams.Out, "%s: %s: nothing to change.\n", what, asked(o.days))
	return nil
}

func asked(days int32) string {
	switch days {
	case 0:
		return "not extended"
	case 1:
		return "extended by 1 school day"
	}
	return fmt.Sprintf("extended by %d school days", days)
}

// edit asks for the days, unless that makes no sense. Whether the round is open is the
// district's word.
func (o *extendOptions) edit(r *v1alpha1.ScreeningRound) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("ScreeningRound %s/%s: %s", r.Namespace, r.Name, fmt.Sprintf(format, args...))
	}
	switch reason := over(*r); {
	case r.Status.OpenedTime == nil:
		return refuse("it has not opened; until then its dates follow its campaign: change ScreeningCampaign %s", r.Spec.Campaign.Name)
	case reason != "":
		return refuse("it is over (%s) and cannot be extended; kubectl evenkeel trigger %s makes another run", reason, r.Spec.Campaign.Name)
	case r.Spec.EndAt != nil && o.days > 0:
		return refuse("spec.endAt ends it on %s whatever is planned; take that out first", r.Spec.EndAt.UTC().Format(time.RFC3339))
	case ptr.Deref(r.Spec.ExtendSchoolDays, 0) == o.days:
		return errNothingToDo
	}
	r.Spec.ExtendSchoolDays = ptr.To(o.days)
	return nil
}

// show prints what the operator will do, and refuses what it could not.
func (o *extendOptions) show(ctx context.Context, c Connection, round v1alpha1.ScreeningRound) error {
	rule, err := o.year.rule()
	if err != nil {
		return err
	}
	w := planWorld{coverage: rule}
	if err := w.readAround(ctx, c.Reader, round); err != nil {
		return err
	}
	what := roundKind.of(round.Namespace, round.Name)
	observed, err := w.campaignOf(what)
	if err != nil {
		return err
	}
	extension, err := plan.Extend(observed, what.namespace, what.name, o.days, o.program.Clock.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(o.program.Streams.Out, "%s, %s\n", what, observed.Campaign.Spec.TimeZone)
	extension.Write(o.program.Streams.Out, o.program.coloured(o.colour))
	if extension.Days < int(o.days) {
		return fmt.Errorf("nothing was changed: AcademicCalendar %s has only %d of %d school days left; write a smaller --school-days, or complete the calendar",
			observed.Calendar.Name, extension.Days, o.days)
	}
	return nil
}

// campaignOf is what the campaign of a round is planned from.
func (w *planWorld) campaignOf(what target) (planning.Observed, error) {
	round, found := planning.Existing(w.rounds, what.namespace, what.name)
	if !found {
		return planning.Observed{}, fmt.Errorf("there is no %s any more", what)
	}
	for _, c := range w.campaigns {
		if c.Name == round.Spec.Campaign.Name && string(c.UID) == round.Spec.Campaign.UID && c.DeletionTimestamp.IsZero() {
			return w.of(c)
		}
	}
	return planning.Observed{}, fmt.Errorf("%s: its ScreeningCampaign %s is gone, and nobody adds sessions to it; create the campaign anew first", what, round.Spec.Campaign.Name)
}
