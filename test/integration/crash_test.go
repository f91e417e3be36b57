package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// course is a round from its plan to the release of its figures.
var course = []step{at(onSlot), at(pinDay), at(opening), do(answered(70)), at(closing), do(figuresOut)}

// TestCrashAtEveryWrite lets the operator crash before each of its writes, and after each
// that is not of a status, and wants the state that an undisturbed course reaches. After
// a status was written nothing else is to be done, so that crash is the next one's.
func TestCrashAtEveryWrite(t *testing.T) {
	reference := newWorld(t, "undisturbed")
	reference.lean = true
	walk(reference)
	want := stateOf(reference)
	for i, write := range reference.writes.since(0) {
		for _, after := range []bool{false, true} {
			if after && strings.HasSuffix(write, "/status") {
				continue
			}
			name := fmt.Sprintf("crash-%02d-after-%v", i, after)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, name)
				w.lean, w.writes.fault = true, &fault{at: i, after: after}
				walk(w)
				if !w.writes.fault.fired {
					t.Fatal("the crash never came")
				}
				if diff := cmp.Diff(want, stateOf(w)); diff != "" {
					t.Errorf("after a crash at %s (-undisturbed +crashed):\n%s", write, diff)
				}
			})
		}
	}
}

func walk(w *world) {
	for _, s := range course {
		s(w)
	}
	w.clock.SetTime(instant(closing).AddDate(0, 0, 10))
	w.settle()
}

// stateOf is all that matters of the end of a course, without names, times and digests.
func stateOf(w *world) []string {
	w.t.Helper()
	round, campaign := w.round(), w.campaign()
	var records corev1.ConfigMapList
	if err := admin.List(ctx, &records, client.InNamespace(w.name), client.HasLabels{v1alpha1.LabelCampaign}); err != nil {
		w.t.Fatal(err)
	}
	out := []string{
		"suspend " + string(round.Spec.Suspend), fmt.Sprint("sessions ", round.Spec.Sessions), fmt.Sprint("phases ", round.Spec.Phases),
		"participation " + round.Status.Participation, "release " + releaseText(round.Status),
		fmt.Sprint("cohort ", round.Status.CohortSchools), fmt.Sprint("opened ", stamp(round.Status.OpenedTime)),
		fmt.Sprint("control revision ", round.Status.ControlRevision), fmt.Sprint("records ", len(records.Items)),
		"rounds " + campaign.Status.Rounds, fmt.Sprint("skipped ", campaign.Status.LastSkipped),
	}
	for _, c := range slices.Concat(round.Status.Conditions, campaign.Status.Conditions) {
		out = append(out, strings.ReplaceAll(fmt.Sprintf("%s=%s/%s %s", c.Type, c.Status, c.Reason, c.Message), w.name, "W"))
	}
	return out
}
