package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// holdOptions are the flags of suspend and resume.
type holdOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	resume  bool
	drain   *bool // nil: not said
	dryRun  bool
}

var suspendField = []string{"spec", "suspend"}

const whatHoldMeans = `A campaign that is suspended makes no new rounds, and its open rounds are held. A round that is
held opens no form; forms that are being filled in may be finished. With --drain they are
refused too. Danger signals are acted on in any case.`

func newSuspend(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &holdOptions{program: p, flags: flags}
	drain := false
	cmd := &cobra.Command{
		Use:   "suspend campaign/NAME | round/NAME -n NAMESPACE",
		Short: "Hold a campaign, or one round",
		Long: "Hold a campaign, or one round.\n\n" + whatHoldMeans + `

Without --drain a campaign is held as its spec.whenSuspended says, a round with Hold.`,
		Example: `  kubectl evenkeel suspend campaign/autumn-check-up
  kubectl evenkeel suspend round/autumn-check-up-20260915 -n fengtai --drain`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeTargets(p, flags),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("drain") {
				o.drain = &drain
			}
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().BoolVar(&drain, "drain", false, "refuse forms that are being filled in too; --drain=false lets them be finished")
	addDryRun(cmd, &o.dryRun)
	return cmd
}

func newResume(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &holdOptions{program: p, flags: flags, resume: true}
	cmd := &cobra.Command{
		Use:   "resume campaign/NAME | round/NAME -n NAMESPACE",
		Short: "Let a campaign or a round that was suspended go on, and say what still holds it",
		Long: "Let a campaign or a round that was suspended go on, and say what still holds it.\n\n" + whatHoldMeans + `

A round that was held by itself and by its campaign is resumed twice. Gates that are shut hold it
too; what cures them is said.`,
		Example: `  kubectl evenkeel resume campaign/autumn-check-up
  kubectl evenkeel resume round/autumn-check-up-20260915 -n fengtai`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: completeTargets(p, flags),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	addDryRun(cmd, &o.dryRun)
	return cmd
}

func addDryRun(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "dry-run", false, "have the API server check the change, and change nothing")
}

func (o *holdOptions) run(ctx context.Context, args []string) error {
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	what, err := parseTarget(args, connection.Namespace)
	if err != nil {
		return err
	}
	if what.kind.namespaced {
		err = o.round(ctx, connection, what)
	} else {
		err = o.campaign(ctx, connection, what)
	}
	if err == nil && o.dryRun {
		o.program.sayDryRun()
	}
	return err
}

// sayDryRun ends the output of a change that was only tried.
func (p Program) sayDryRun() {
	fmt.Fprintln(p.Streams.Out, "Dry run: the API server would take this; nothing was changed.")
}

func (o *holdOptions) campaign(ctx context.Context, c Connection, what target) error {
	var campaign v1alpha1.ScreeningCampaign
	owners, err := c.change(ctx, edit{what, &campaign, suspendField, o.dryRun, func() error { return o.holdCampaign(&campaign) }})
	out := o.program.Streams.Out
	switch {
	case errors.Is(err, errNothingToDo):
		fmt.Fprintf(out, "%s %s: nothing to change.\n", what, standing(campaign))
	case err != nil:
		return err
	default:
		fmt.Fprintf(out, "%s %s.\n", what, standing(campaign))
		warnOf(o.program.Streams.ErrOut, owners, suspendField...)
	}
	rounds, err := roundsOf(ctx, c, campaign.Name)
	if err != nil {
		fmt.Fprintf(o.program.Streams.ErrOut, "warning: its rounds are not shown: %s\n", err)
		return nil
	}
	if o.resume {
		writeHeld(out, rounds)
		return nil
	}
	writeMeaning(out, translate.Suspension(campaign.Spec), "  No new rounds are made. ")
	writeOpen(out, rounds)
	fmt.Fprintf(out, "  To go on: kubectl evenkeel resume %s\n", what.argument())
	return nil
}

func (o *holdOptions) holdCampaign(c *v1alpha1.ScreeningCampaign) error {
	if !c.DeletionTimestamp.IsZero() {
		return fmt.Errorf("ScreeningCampaign %s is being deleted; its rounds are held one by one: kubectl evenkeel suspend round/NAME -n NAMESPACE", c.Name)
	}
	was := c.DeepCopy()
	c.Spec.Suspend = ptr.To(!o.resume)
	if o.drain != nil {
		c.Spec.WhenSuspended = o.mode()
	}
	if translate.Suspension(was.Spec) == translate.Suspension(c.Spec) {
		return errNothingToDo
	}
	return nil
}

// mode is how suspend holds a round.
func (o *holdOptions) mode() v1alpha1.SuspendMode {
	switch {
	case o.resume:
		return v1alpha1.SuspendNone
	case o.drain != nil && *o.drain:
		return v1alpha1.SuspendHoldAndDrain
	}
	return v1alpha1.SuspendHold
}

func isSuspended(c v1alpha1.ScreeningCampaign) bool {
	return translate.Suspension(c.Spec) != v1alpha1.SuspendNone
}

func standing(c v1alpha1.ScreeningCampaign) string {
	if !isSuspended(c) {
		return "is not suspended"
	}
	return fmt.Sprintf("is suspended with %s", translate.Suspension(c.Spec))
}

func (o *holdOptions) round(ctx context.Context, c Connection, what target) error {
	var round v1alpha1.ScreeningRound
	owners, err := c.change(ctx, edit{what, &round, suspendField, o.dryRun, func() error { return o.holdRound(&round) }})
	out := o.program.Streams.Out
	switch {
	case errors.Is(err, errNothingToDo):
		fmt.Fprintf(out, "%s %s: nothing to change.\n", what, held(round))
	case err != nil:
		return err
	default:
		fmt.Fprintf(out, "%s %s.\n", what, held(round))
		warnOf(o.program.Streams.ErrOut, owners, suspendField...)
	}
	if o.resume {
		o.writeRest(ctx, c, round)
		return nil
	}
	if round.Status.OpenedTime == nil {
		fmt.Fprintln(out, "  It has not opened, and does not open until it is resumed.")
	} else {
		writeMeaning(out, round.Spec.Suspend, "  ")
	}
	fmt.Fprintf(out, "  To go on: kubectl evenkeel resume %s\n", what.argument())
	return nil
}

// holdRound does not look at this machine's clock: whether a round is over is the district's
// word, and somebody whose clock is wrong must be able to hold one that is open.
func (o *holdOptions) holdRound(r *v1alpha1.ScreeningRound) error {
	if reason := over(*r); reason != "" {
		return fmt.Errorf("ScreeningRound %s/%s is over (%s): nobody answers any more, and there is nothing to hold or to resume", r.Namespace, r.Name, reason)
	}
	mode := o.mode()
	if r.Spec.Suspend == mode || o.resume && r.Spec.Suspend == "" {
		return errNothingToDo
	}
	r.Spec.Suspend = mode
	return nil
}

// over is why a round opens no more; empty while it may.
func over(r v1alpha1.ScreeningRound) string {
	open := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionOpen)
	released := meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ConditionReleased)
	switch {
	case released != nil && released.Status == metav1.ConditionTrue:
		return v1alpha1.ReasonReleased
	case open != nil && (open.Reason == v1alpha1.ReasonClosed || open.Reason == v1alpha1.ReasonReleased):
		return open.Reason
	}
	return ""
}

func held(r v1alpha1.ScreeningRound) string {
	if r.Spec.Suspend == v1alpha1.SuspendNone || r.Spec.Suspend == "" {
		return "is not held by itself"
	}
	return fmt.Sprintf("is held with %s", r.Spec.Suspend)
}

// writeMeaning says what students notice.
func writeMeaning(w io.Writer, mode v1alpha1.SuspendMode, before string) {
	forms := "No form is opened; forms that are being filled in may be finished."
	if mode == v1alpha1.SuspendHoldAndDrain {
		forms = "No form is opened, and forms that are being filled in are refused."
	}
	fmt.Fprintf(w, "%s%s\n  Danger signals are acted on in any case.\n", before, forms)
}

// shown is how many objects a list names.
const shown = 20

// writeOpen names the rounds that are open.
func writeOpen(w io.Writer, rounds []v1alpha1.ScreeningRound) {
	var open []string
	for _, r := range rounds {
		if meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ConditionOpen) {
			open = append(open, r.Namespace+"/"+r.Name)
		}
	}
	slices.Sort(open)
	switch {
	case len(open) == 0:
		fmt.Fprintln(w, "  None of its rounds is open now.")
	case len(open) > shown:
		fmt.Fprintf(w, "  Open now: %s and %d more.\n", strings.Join(open[:shown], ", "), len(open)-shown)
	default:
		fmt.Fprintf(w, "  Open now: %s.\n", strings.Join(open, ", "))
	}
}

func roundsOf(ctx context.Context, c Connection, campaign string) ([]v1alpha1.ScreeningRound, error) {
	var list v1alpha1.ScreeningRoundList
	err := c.Reader.List(ctx, &list, client.MatchingLabels{v1alpha1.LabelCampaign: campaign})
	return list.Items, roundKind.of("", "").explain("list", err)
}
