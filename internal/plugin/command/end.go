package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// endOptions are the flags of end.
type endOptions struct {
	program  Program
	flags    *genericclioptions.ConfigFlags
	at       string
	takeBack bool
	dryRun   bool
	consent  consent
}

var endField = []string{"spec", "endAt"}

func newEnd(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &endOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "end ROUND -n NAMESPACE",
		Short: "End the answering of a round that is open earlier than planned",
		Long: `End the answering of a round that is open earlier than planned: spec.endAt is set, to now when --at
is left out. Forms that are being filled in then are finalised, as at the end of any session, and what
follows Stage1 stays as it is planned. Once the instant has passed it cannot be taken back; to pause a
round, suspend it.`,
		Example: `  kubectl evenkeel end autumn-check-up-20260915 -n fengtai --at 2026-10-23T16:30:00+08:00
  kubectl evenkeel end autumn-check-up-20260915 -n fengtai --take-back`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNames(p, flags, roundNames),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&o.at, "at", "", "when, such as 2026-10-23T16:30:00+08:00; now when left out")
	cmd.Flags().BoolVar(&o.takeBack, "take-back", false, "end as planned after all, if the instant has not passed")
	cmd.MarkFlagsMutuallyExclusive("at", "take-back")
	o.consent.flag(cmd)
	addDryRun(cmd, &o.dryRun)
	return cmd
}

func (o *endOptions) run(ctx context.Context, name string) error {
	at, err := o.instant()
	if err != nil {
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
	err = o.edit(&round, at)
	if err == nil && !o.takeBack && !o.dryRun {
		err = o.consent.ask(o.program, fmt.Sprintf("End the answering of %s at %s? Once that has passed it cannot be taken back.", what, at.Format(time.RFC3339)))
	}
	var owners []string
	if err == nil {
		owners, err = connection.change(ctx, edit{what, &round, endField, o.dryRun, func() error { return o.edit(&round, at) }})
	}
	if errors.Is(err, errNothingToDo) {
		fmt.Fprintf(o.program.Streams.Out, "%s %s: nothing to change.\n", what, ending(round))
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(o.program.Streams.Out, "%s %s.\n", what, ending(round))
	warnOf(o.program.Streams.ErrOut, owners, endField...)
	if o.dryRun {
		o.program.sayDryRun()
	}
	return nil
}

// instant is when, to the second, as the API has it.
func (o *endOptions) instant() (time.Time, error) {
	if o.at == "" {
		return o.program.Clock.Now().UTC().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return time.Time{}, fmt.Errorf("--at %q is not a time; write one such as 2026-10-23T16:30:00+08:00", o.at)
	}
	return at, nil
}

// edit sets or takes back the end, unless that makes no sense.
func (o *endOptions) edit(r *v1alpha1.ScreeningRound, at time.Time) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("ScreeningRound %s/%s: %s", r.Namespace, r.Name, fmt.Sprintf(format, args...))
	}
	planned := r.Spec
	planned.EndAt = nil
	opens, closes := translate.Window(planned)
	switch reason := over(*r); {
	case reason != "":
		return refuse("it is over already (%s)", reason)
	case o.takeBack && r.Spec.EndAt == nil, !o.takeBack && r.Spec.EndAt != nil && r.Spec.EndAt.Time.Equal(at):
		return errNothingToDo
	case o.takeBack:
		r.Spec.EndAt = nil
		return nil
	case r.Status.OpenedTime == nil:
		return refuse("it has not opened; hold it with kubectl evenkeel suspend %s, or change ScreeningCampaign %s", roundKind.of(r.Namespace, r.Name).argument(), r.Spec.Campaign.Name)
	case !at.Before(closes):
		return refuse("it closes at %s as planned, before that; kubectl evenkeel extend keeps it open longer", closes.Format(time.RFC3339))
	case at.Before(opens):
		return refuse("it opened at %s; give --at a later time", opens.Format(time.RFC3339))
	}
	r.Spec.EndAt = &metav1.Time{Time: at}
	return nil
}

func ending(r v1alpha1.ScreeningRound) string {
	if r.Spec.EndAt == nil {
		return "ends as planned"
	}
	return "ends at " + r.Spec.EndAt.UTC().Format(time.RFC3339)
}
