package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/plugin/plan"
)

// triggerOptions are the flags of trigger.
type triggerOptions struct {
	program Program
	flags   *genericclioptions.ConfigFlags
	on      string
	colour  string
	dryRun  bool
	consent consent
	year    schoolYear
}

func newTrigger(p Program, flags *genericclioptions.ConfigFlags) *cobra.Command {
	o := &triggerOptions{program: p, flags: flags}
	cmd := &cobra.Command{
		Use:   "trigger CAMPAIGN",
		Short: "Have a campaign run once more, beside its schedule",
		Long: `Have a campaign run once more, beside its schedule: a date is added to its spec.schedule.extraDates
and is the first day of the first phase. First the plan of that run is shown, made with the operator's
own functions: when each district opens, and which districts and schools are blocked, with the reason.
When nothing could open, nothing is changed.`,
		Example: `  kubectl evenkeel trigger autumn-check-up --on 2026-11-25
  kubectl evenkeel trigger autumn-check-up --yes`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: completeNames(p, flags, func(ctx context.Context, c Connection) []string {
			return campaignNames(ctx, c.Reader)
		}),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&o.on, "on", "", "first day of the first phase, such as 2026-11-25; today in the campaign's time zone when left out")
	cmd.Flags().StringVar(&o.colour, "color", "auto", "one of "+strings.Join(colours, ", ")+"; auto heeds NO_COLOR")
	o.consent.flag(cmd)
	o.year.flag(cmd)
	addDryRun(cmd, &o.dryRun)
	return cmd
}

func (o *triggerOptions) run(ctx context.Context, name string) error {
	if err := checkKnown("color", o.colour, colours); err != nil {
		return err
	}
	if _, err := o.date(calendar.Date{}); err != nil {
		return err
	}
	connection, err := o.program.Connect(o.flags)
	if err != nil {
		return err
	}
	what := campaignKind.of("", name)
	var campaign v1alpha1.ScreeningCampaign
	if err := connection.read(ctx, what, &campaign); err != nil {
		return err
	}
	today, err := o.today(campaign)
	if err != nil {
		return err
	}
	date, err := o.date(today)
	if err != nil {
		return err
	}
	if err := addDate(&campaign, date, today); err != nil {
		return err
	}
	if err := o.show(ctx, connection, campaign, date); err != nil {
		return err
	}
	if !o.dryRun {
		if err := o.consent.ask(o.program, fmt.Sprintf("Have %s run on %s?", name, date)); err != nil {
			return err
		}
	}
	field := []string{"spec", "schedule", "extraDates"}
	owners, err := connection.change(ctx, edit{what, &campaign, field, o.dryRun, func() error { return addDate(&campaign, date, today) }})
	if err != nil {
		return err
	}
	fmt.Fprintf(o.program.Streams.Out, "\n%s runs on %s too, by spec.schedule.extraDates. To take that back before its rounds open, take the date out again.\n", what, date)
	warnOf(o.program.Streams.ErrOut, owners, field...)
	if o.dryRun {
		o.program.sayDryRun()
	}
	return nil
}

// today is the day by the campaign's clocks.
func (o *triggerOptions) today(c v1alpha1.ScreeningCampaign) (calendar.Date, error) {
	location, err := time.LoadLocation(string(c.Spec.TimeZone))
	if err != nil {
		return calendar.Date{}, fmt.Errorf("ScreeningCampaign %s: spec.timeZone: %w", c.Name, err)
	}
	return calendar.DateOf(o.program.Clock.Now().In(location)), nil
}

func (o *triggerOptions) date(today calendar.Date) (calendar.Date, error) {
	if o.on == "" {
		return today, nil
	}
	date, err := calendar.ParseDate(o.on)
	if err != nil {
		return date, fmt.Errorf("--on: %w", err)
	}
	return date, nil
}

// maxExtraDates is the schema's bound.
const maxExtraDates = 20

// addDate adds a run to a campaign's schedule, unless it makes no sense.
func addDate(c *v1alpha1.ScreeningCampaign, date, today calendar.Date) error {
	schedule := &c.Spec.Schedule
	dated := func(p v1alpha1.Phase) bool { return p.Dates != v1alpha1.DateRange{} }
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("ScreeningCampaign %s: %s", c.Name, fmt.Sprintf(format, args...))
	}
	switch {
	case !c.DeletionTimestamp.IsZero():
		return refuse("it is being deleted and makes no rounds any more")
	case isSuspended(*c):
		return refuse("it is suspended and makes no rounds; resume it first: kubectl evenkeel resume campaign/%s", c.Name)
	case slices.ContainsFunc(c.Spec.Template.Spec.Phases, dated):
		return refuse("its phases have dates, which cannot be shifted to another run; give them schoolDays, or make another campaign")
	case date.Before(today):
		return refuse("%s has passed, today is %s; give --on a day from today on", date, today)
	case translate.Scheduled(*schedule, v1alpha1.Civil(date.String())):
		return refuse("it runs on %s already; give --on another day", date)
	case len(schedule.ExtraDates) >= maxExtraDates:
		return refuse("it has %d extra dates, which is the most; take some that have passed out of spec.schedule.extraDates", maxExtraDates)
	}
	schedule.ExtraDates = append(slices.Clone(schedule.ExtraDates), v1alpha1.Civil(date.String()))
	return nil
}

// show prints the plan of the run, and refuses one in which nothing opens.
func (o *triggerOptions) show(ctx context.Context, c Connection, campaign v1alpha1.ScreeningCampaign, date calendar.Date) error {
	rule, err := o.year.rule()
	if err != nil {
		return err
	}
	w := planWorld{coverage: rule}
	if err := w.read(ctx, c.Reader, false); err != nil {
		return err
	}
	w.campaigns = []v1alpha1.ScreeningCampaign{campaign}
	observed, err := w.of(campaign)
	if err != nil {
		return err
	}
	report, err := plan.OfRun(observed, date, o.program.Clock.Now())
	if err != nil {
		return err
	}
	report.Write(o.program.Streams.Out, plan.Style{Coloured: o.program.coloured(o.colour)})
	if len(report.Rounds) == 0 {
		return errors.New("nothing was changed, for nothing could open: " + report.Obstacles())
	}
	return nil
}
