package command

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// writeHeld names the rounds of a campaign that something but the campaign holds.
func writeHeld(w io.Writer, rounds []v1alpha1.ScreeningRound) {
	var lines []string
	for _, r := range rounds {
		if over(r) != "" {
			continue
		}
		for _, reason := range holds(r) {
			lines = append(lines, fmt.Sprintf("    %s/%s: %s", r.Namespace, r.Name, reason))
		}
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		fmt.Fprintln(w, "  Nothing else holds its rounds.")
		return
	}
	more := len(lines) - shown
	fmt.Fprintf(w, "  Its rounds are still held by:\n%s\n", strings.Join(lines[:min(shown, len(lines))], "\n"))
	if more > 0 {
		fmt.Fprintf(w, "    and %d more; see kubectl evenkeel status\n", more)
	}
}

// writeRest says what still holds a round that is not held by itself any more.
func (o *holdOptions) writeRest(ctx context.Context, c Connection, round v1alpha1.ScreeningRound) {
	lines := append(o.ofCampaign(ctx, c, round), ofGates(round)...)
	if len(lines) == 0 {
		fmt.Fprintln(o.program.Streams.Out, "  Nothing else holds it.")
		return
	}
	fmt.Fprintln(o.program.Streams.Out, "  It is still held by:")
	for _, line := range lines {
		fmt.Fprintln(o.program.Streams.Out, "    "+line)
	}
}

// ofCampaign says how the campaign of a round holds it. Who may not read campaigns gets the
// operator's word, which is in the round.
func (o *holdOptions) ofCampaign(ctx context.Context, c Connection, round v1alpha1.ScreeningRound) []string {
	var campaign v1alpha1.ScreeningCampaign
	what := campaignKind.of("", round.Spec.Campaign.Name)
	err := c.Reader.Get(ctx, client.ObjectKey{Name: what.name}, &campaign)
	said := meta.FindStatusCondition(round.Status.Conditions, v1alpha1.ConditionGatesPassed)
	switch {
	case err == nil && isSuspended(campaign):
		return []string{fmt.Sprintf("its campaign, which is suspended: kubectl evenkeel resume %s", what.argument())}
	case apierrors.IsNotFound(err) && round.Status.OpenedTime == nil:
		return []string{fmt.Sprintf("its campaign %s, which is gone: the round never opens", what.name)}
	case err != nil && said != nil && said.Reason == v1alpha1.ReasonSuspended:
		return []string{"its campaign, which is suspended; a platform engineer resumes it"}
	}
	return nil
}

// holds lists what holds a round besides its campaign.
func holds(round v1alpha1.ScreeningRound) []string {
	var out []string
	if mode := round.Spec.Suspend; mode != "" && mode != v1alpha1.SuspendNone {
		out = append(out, fmt.Sprintf("spec.suspend is %s: kubectl evenkeel resume %s", mode, roundKind.of(round.Namespace, round.Name).argument()))
	}
	return append(out, ofGates(round)...)
}

// ofGates lists the gates of a round that are shut, each with the operator's words. What has no
// condition of its own is in the sum of all.
func ofGates(round v1alpha1.ScreeningRound) (out []string) {
	for _, gate := range status.ShutGates(round.Status.Conditions) {
		if gate.Holds() {
			out = append(out, fmt.Sprintf("%s: %s: %s", gate.Condition, gate.Reason, gate.Message))
		}
	}
	sum := meta.FindStatusCondition(round.Status.Conditions, v1alpha1.ConditionGatesPassed)
	if len(out) == 0 && sum != nil && sum.Status == "False" && !ofItsCampaign(sum.Reason) {
		out = append(out, fmt.Sprintf("%s: %s: %s", sum.Type, sum.Reason, sum.Message))
	}
	return out
}

// ofItsCampaign reports whether a reason of GatesPassed is about the campaign.
func ofItsCampaign(reason string) bool {
	return reason == v1alpha1.ReasonSuspended || reason == v1alpha1.ReasonCampaignNotFound
}
