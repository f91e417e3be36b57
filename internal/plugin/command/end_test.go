package command

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func endAt(t *testing.T, w world) string {
	t.Helper()
	var r v1alpha1.ScreeningRound
	if err := w.cluster.Get(t.Context(), client.ObjectKey{Namespace: "kaizhou", Name: openName}, &r); err != nil {
		t.Fatal(err)
	}
	if r.Spec.EndAt == nil {
		return ""
	}
	return r.Spec.EndAt.UTC().Format(time.RFC3339)
}

// A round ends at an instant that a person has agreed to, and as planned again until then.
func TestEnd(t *testing.T) {
	w := midStage1(t, nil).lasting(t)
	for _, step := range []struct {
		args, typed string
		says, is    string
		err         string
	}{
		{args: "--at 2026-11-25T16:30:00+08:00", err: "add --yes"},
		{args: "--at 2026-11-25T16:30:00+08:00", typed: "\n", err: "nothing was changed"},
		{args: "--at 2026-11-25T16:30:00+08:00 --dry-run", says: "nothing was changed"},
		{args: "--at 2026-11-25T16:30:00+08:00", typed: "yes\n", says: "ends at 2026-11-25T08:30:00Z.", is: "2026-11-25T08:30:00Z"},
		{args: "--at 2026-11-25T08:30:00Z --yes", says: "nothing to change", is: "2026-11-25T08:30:00Z"},
		{args: "--take-back", says: "ends as planned."},
		{args: "--take-back", says: "ends as planned: nothing to change."},
		{args: "--yes", says: "ends at 2026-11-21T04:00:00Z.", is: "2026-11-21T04:00:00Z"},
	} {
		w.typed = step.typed
		stdout, _, err := w.run(t, append([]string{"end", openName, "-n", "kaizhou"}, strings.Fields(step.args)...)...)
		if step.err == "" && err != nil || step.err != "" && (err == nil || !strings.Contains(err.Error(), step.err)) {
			t.Errorf("%s: %v, want %q", step.args, err, step.err)
		}
		if !strings.Contains(stdout, step.says) || endAt(t, w) != step.is {
			t.Errorf("%s: ends at %q, says\n%s", step.args, endAt(t, w), stdout)
		}
	}
}

func TestEndRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		edit       func(*v1alpha1.ScreeningRound)
		args, want string
	}{
		"no time":          {nil, "--at tomorrow", `--at "tomorrow" is not a time`},
		"both":             {nil, "--at 2026-11-25T16:30:00+08:00 --take-back", "none of the others can be"},
		"after the plan":   {nil, "--at 2026-11-27T17:00:00+08:00 --yes", "it closes at 2026-11-27T08:30:00Z as planned"},
		"before it opened": {nil, "--at 2026-11-08T17:00:00+08:00 --yes", "it opened at 2026-11-09T01:00:00Z"},
		"not opened":       {func(r *v1alpha1.ScreeningRound) { r.Status.OpenedTime = nil }, "--yes", "it has not opened; hold it with kubectl evenkeel suspend round/" + openName},
		"over, taken back": {func(r *v1alpha1.ScreeningRound) {
			r.Spec.EndAt = ptr.To(metav1.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
			r.Status.Conditions = autumnRound("x", "Open/False/Closed").Status.Conditions
		}, "--take-back", "it is over already (Closed)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := midStage1(t, tt.edit).lasting(t)
			was := endAt(t, w)
			_, _, err := w.run(t, append([]string{"end", openName, "-n", "kaizhou"}, strings.Fields(tt.args)...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || endAt(t, w) != was {
				t.Errorf("got %v, want %q; ends at %q", err, tt.want, endAt(t, w))
			}
		})
	}
}
