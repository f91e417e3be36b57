package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func autumn(edits ...func(*v1alpha1.ScreeningCampaign)) *v1alpha1.ScreeningCampaign {
	c := &v1alpha1.ScreeningCampaign{ObjectMeta: metav1.ObjectMeta{Name: "autumn", UID: "1"}}
	for _, edit := range edits {
		edit(c)
	}
	return c
}

// autumnRound is the round of a district, with conditions written as Type/Status/Reason.
func autumnRound(namespace string, conditions ...string) *v1alpha1.ScreeningRound {
	r := &v1alpha1.ScreeningRound{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "autumn-20260915", Labels: map[string]string{v1alpha1.LabelCampaign: "autumn"}},
		Spec:       v1alpha1.ScreeningRoundSpec{Campaign: v1alpha1.CampaignReference{Name: "autumn", UID: "1"}, Slot: "2026-09-15"},
	}
	for _, text := range conditions {
		parts := strings.SplitN(text, "/", 4)
		condition := metav1.Condition{Type: parts[0], Status: metav1.ConditionStatus(parts[1]), Reason: parts[2]}
		if len(parts) > 3 {
			condition.Message = parts[3]
		}
		r.Status.Conditions = append(r.Status.Conditions, condition)
	}
	return r
}

func opened(r *v1alpha1.ScreeningRound) *v1alpha1.ScreeningRound {
	r.Status.OpenedTime = ptr.To(metav1.Date(2026, 10, 12, 1, 0, 0, 0, metav1.Now().Location()))
	return r
}

func suspended(mode v1alpha1.SuspendMode) func(*v1alpha1.ScreeningCampaign) {
	return func(c *v1alpha1.ScreeningCampaign) { c.Spec.Suspend, c.Spec.WhenSuspended = ptr.To(true), mode }
}

func heldWith(mode v1alpha1.SuspendMode, r *v1alpha1.ScreeningRound) *v1alpha1.ScreeningRound {
	r.Spec.Suspend = mode
	return r
}

// Each verb does one thing, says what it did and what it means, and what is in the way still.
func TestHold(t *testing.T) {
	const (
		open   = "Open/True/Open"
		closed = "Open/False/Closed"
		shut   = "GatesPassed/False/TrainingMissing/not trained: lotus-pond"
	)
	tests := map[string]struct {
		objects []client.Object
		args    []string
		want    string // of standard output, trimmed
		warning string
		err     string
	}{
		"a campaign with open rounds": {
			objects: []client.Object{autumn(), autumnRound("fengtai", open), autumnRound("kaizhou", "Open/False/Scheduled")},
			args:    []string{"suspend", "campaign/autumn"},
			want: `ScreeningCampaign autumn is suspended with Hold.
  No new rounds are made. No form is opened; forms that are being filled in may be finished.
  Danger signals are acted on in any case.
  Open now: fengtai/autumn-20260915.
  To go on: kubectl evenkeel resume campaign/autumn`,
		},
		"a campaign, drained": {
			objects: []client.Object{autumn()},
			args:    []string{"suspend", "camp", "autumn", "--drain"},
			want: `ScreeningCampaign autumn is suspended with HoldAndDrain.
  No new rounds are made. No form is opened, and forms that are being filled in are refused.
  Danger signals are acted on in any case.
  None of its rounds is open now.
  To go on: kubectl evenkeel resume campaign/autumn`,
		},
		"as its author wishes": {
			objects: []client.Object{autumn(func(c *v1alpha1.ScreeningCampaign) { c.Spec.WhenSuspended = v1alpha1.SuspendHoldAndDrain })},
			args:    []string{"suspend", "campaign/autumn"},
			want: `ScreeningCampaign autumn is suspended with HoldAndDrain.
  No new rounds are made. No form is opened, and forms that are being filled in are refused.
  Danger signals are acted on in any case.
  None of its rounds is open now.
  To go on: kubectl evenkeel resume campaign/autumn`,
		},
		"suspended already": {
			objects: []client.Object{autumn(suspended(v1alpha1.SuspendHold))},
			args:    []string{"suspend", "campaign/autumn"},
			want: `ScreeningCampaign autumn is suspended with Hold: nothing to change.
  No new rounds are made. No form is opened; forms that are being filled in may be finished.
  Danger signals are acted on in any case.
  None of its rounds is open now.
  To go on: kubectl evenkeel resume campaign/autumn`,
		},
		"not suspended": {
			objects: []client.Object{autumn()},
			args:    []string{"resume", "campaign/autumn"},
			want:    "ScreeningCampaign autumn is not suspended: nothing to change.\n  Nothing else holds its rounds.",
		},
		"a campaign goes on, rounds of it do not": {
			objects: []client.Object{
				autumn(suspended(v1alpha1.SuspendHold)), heldWith(v1alpha1.SuspendHold, autumnRound("fengtai", "GatesPassed/False/Suspended")),
				autumnRound("kaizhou", shut, "SchoolsTrained/False/TrainingMissing/not trained: lotus-pond",
					"PublicityHeld/False/AdvisoryNotMet/no publicity: lotus-pond (advisory)"),
				heldWith(v1alpha1.SuspendHold, autumnRound("yanqing", closed)),
			},
			args: []string{"resume", "campaign/autumn"},
			want: `ScreeningCampaign autumn is not suspended.
  Its rounds are still held by:
    fengtai/autumn-20260915: spec.suspend is Hold: kubectl evenkeel resume round/autumn-20260915 -n fengtai
    kaizhou/autumn-20260915: SchoolsTrained: TrainingMissing: not trained: lotus-pond`,
		},
		"an open round": {
			objects: []client.Object{autumn(), opened(autumnRound("fengtai", open))},
			args:    []string{"suspend", "round/autumn-20260915", "-n", "fengtai", "--drain"},
			want: `ScreeningRound fengtai/autumn-20260915 is held with HoldAndDrain.
  No form is opened, and forms that are being filled in are refused.
  Danger signals are acted on in any case.
  To go on: kubectl evenkeel resume round/autumn-20260915 -n fengtai`,
		},
		"a round to come": {
			objects: []client.Object{autumn(), autumnRound("fengtai")},
			args:    []string{"suspend", "round/autumn-20260915", "-n", "fengtai"},
			want: `ScreeningRound fengtai/autumn-20260915 is held with Hold.
  It has not opened, and does not open until it is resumed.
  To go on: kubectl evenkeel resume round/autumn-20260915 -n fengtai`,
		},
		"only tried": {
			objects: []client.Object{autumn(), autumnRound("fengtai")},
			args:    []string{"suspend", "round/autumn-20260915", "-n", "fengtai", "--dry-run"},
			want: `ScreeningRound fengtai/autumn-20260915 is held with Hold.
  It has not opened, and does not open until it is resumed.
  To go on: kubectl evenkeel resume round/autumn-20260915 -n fengtai
Dry run: the API server would take this; nothing was changed.`,
		},
		"a round whose campaign is suspended": {
			objects: []client.Object{autumn(suspended(v1alpha1.SuspendHold)), heldWith(v1alpha1.SuspendHold, autumnRound("fengtai", shut))},
			args:    []string{"resume", "round/autumn-20260915", "-n", "fengtai"},
			want: `ScreeningRound fengtai/autumn-20260915 is not held by itself.
  It is still held by:
    its campaign, which is suspended: kubectl evenkeel resume campaign/autumn
    GatesPassed: TrainingMissing: not trained: lotus-pond`,
		},
		"a round whose campaign is gone": {
			objects: []client.Object{heldWith(v1alpha1.SuspendHold, autumnRound("fengtai", "GatesPassed/False/CampaignNotFound"))},
			args:    []string{"resume", "round/autumn-20260915", "-n", "fengtai"},
			want: `ScreeningRound fengtai/autumn-20260915 is not held by itself.
  It is still held by:
    its campaign autumn, which is gone: the round never opens`,
		},
		"what a repository writes": {
			objects: []client.Object{autumn(func(c *v1alpha1.ScreeningCampaign) {
				c.Annotations = map[string]string{lastApplied: `{"spec":{"suspend":false}}`}
			})},
			args:    []string{"suspend", "campaign/autumn", "--drain=false"},
			want:    "ScreeningCampaign autumn is suspended with Hold.",
			warning: "warning: spec.suspend is applied by kubectl apply too",
		},
		"a round that has closed": {
			objects: []client.Object{autumn(), opened(autumnRound("fengtai", closed))},
			args:    []string{"suspend", "round/autumn-20260915", "-n", "fengtai"},
			err:     "ScreeningRound fengtai/autumn-20260915 is over (Closed)",
		},
		"a round that is not there": {
			args: []string{"suspend", "round/autumn-20260916", "-n", "fengtai"},
			err:  "there is no ScreeningRound fengtai/autumn-20260916; see kubectl get screeningrounds -n fengtai",
		},
		"a campaign that is not there": {args: []string{"resume", "campaign/spring"}, err: "there is no ScreeningCampaign spring; see kubectl get screeningcampaigns"},
		"no kind":                      {args: []string{"suspend", "autumn"}, err: `"autumn" names nothing that can be changed; write campaign/NAME, or round/NAME with -n`},
		"another kind":                 {args: []string{"suspend", "district/fengtai"}, err: `"district" is no kind that can be changed; write campaign/fengtai or round/fengtai`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := world{objects: tt.objects}.run(t, tt.args...)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimSpace(stdout)
			if tt.warning != "" { // the rest is another case's
				got = got[:min(len(got), len(tt.want))]
			}
			if got != tt.want {
				t.Error(cmp.Diff(tt.want, got))
			}
			if !strings.Contains(stderr, tt.warning) || tt.warning == "" && stderr != "" {
				t.Errorf("standard error %q, want %q", stderr, tt.warning)
			}
		})
	}
}

// Who applies a field, and who does not: the operator writes the hold of a round made anew once.
func TestAppliers(t *testing.T) {
	by := func(manager string, operation metav1.ManagedFieldsOperationType, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: operation, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	const suspend = `{"f:spec":{"f:suspend":{}}}`
	round := autumnRound("fengtai")
	round.ManagedFields = []metav1.ManagedFieldsEntry{
		by("repository", "Apply", suspend), by("another", "Apply", `{"f:spec":{"f:endAt":{}}}`), by("somebody", "Update", suspend),
		by("evenkeel-hold", "Apply", suspend), by("kubectl-evenkeel", "Apply", suspend),
	}
	if diff := cmp.Diff([]string{"repository"}, appliers(round, suspendField)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What was said is what was written, and nothing is written that was only tried.
func TestHoldWrites(t *testing.T) {
	w := world{objects: []client.Object{autumn(), autumnRound("fengtai")}}.lasting(t)
	said := func() string {
		var c v1alpha1.ScreeningCampaign
		var r v1alpha1.ScreeningRound
		for _, err := range []error{
			w.cluster.Get(t.Context(), client.ObjectKey{Name: "autumn"}, &c),
			w.cluster.Get(t.Context(), client.ObjectKey{Namespace: "fengtai", Name: "autumn-20260915"}, &r),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprintf("%v %s %s", isSuspended(c), c.Spec.WhenSuspended, r.Spec.Suspend)
	}
	for _, step := range []struct {
		args string
		want string
	}{
		{"suspend campaign/autumn --drain --dry-run", "false  "},
		{"suspend campaign/autumn --drain", "true HoldAndDrain "},
		{"suspend campaign/autumn --drain=false", "true Hold "},
		{"suspend round/autumn-20260915 -n fengtai", "true Hold Hold"},
		{"suspend round/autumn-20260915 -n fengtai --drain", "true Hold HoldAndDrain"},
		{"resume campaign/autumn", "false Hold HoldAndDrain"},
		{"resume round/autumn-20260915 -n fengtai", "false Hold None"},
	} {
		if _, _, err := w.run(t, strings.Fields(step.args)...); err != nil {
			t.Fatalf("%s: %v", step.args, err)
		}
		if got := said(); got != step.want {
			t.Errorf("after %s: %q, want %q", step.args, got, step.want)
		}
	}
}

// refusing is a cluster that answers a number of writes with an error.
func refusing(t *testing.T, w world, times int, answer error) world {
	t.Helper()
	w.cluster = interceptor.NewClient(w.build(t), interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, options ...client.PatchOption) error {
			if times--; times >= 0 {
				return answer
			}
			return c.Patch(ctx, obj, patch, options...)
		},
	})
	return w
}

// Somebody else's edit in between is read and kept, and the change tried once more: here another
// extra date, written after the list of them was read.
func TestAnotherWriterInBetween(t *testing.T) {
	w, times := sampled(t), 0
	lasting := w.build(t)
	w.cluster = interceptor.NewClient(lasting, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, obj client.Object, patch client.Patch, options ...client.PatchOption) error {
			if times--; times >= 0 {
				var theirs v1alpha1.ScreeningCampaign
				if err := c.Get(ctx, client.ObjectKeyFromObject(obj), &theirs); err != nil {
					return err
				}
				theirs.Spec.Schedule.ExtraDates = append(theirs.Spec.Schedule.ExtraDates, v1alpha1.Civil(fmt.Sprintf("2027-03-0%d", times+1)))
				if err := c.Update(ctx, &theirs); err != nil {
					return err
				}
			}
			return c.Patch(ctx, obj, patch, options...)
		},
	})
	times = 1
	if _, _, err := w.run(t, "trigger", "autumn-check-up", "--on", "2026-11-25", "--yes"); err != nil {
		t.Errorf("one write in between: %v", err)
	}
	if got, want := extraDates(t, w), []v1alpha1.Civil{"2027-03-01", "2026-11-25"}; !slices.Equal(got, want) {
		t.Errorf("extra dates %v, want %v", got, want)
	}
	times = 2
	_, _, err := w.run(t, "trigger", "autumn-check-up", "--on", "2026-11-26", "--yes")
	if err == nil || !strings.Contains(err.Error(), "ScreeningCampaign autumn-check-up changes while it is being changed here") {
		t.Errorf("two: %v", err)
	}
}

// A missing right is named; an admission policy's refusal says itself what it is about.
func TestHoldWithoutTheRight(t *testing.T) {
	rounds := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "screeningrounds"}
	w := world{objects: []client.Object{autumn(), autumnRound("fengtai")}}
	for answer, want := range map[string]string{
		`User "li" cannot patch resource "screeningrounds"`: "you may not patch screeningrounds in the namespace fengtai: ask for the role evenkeel-platform-engineer",
		"denied request: of a round only":                   "denied request: of a round only",
	} {
		_, _, err := refusing(t, w, 1, apierrors.NewForbidden(rounds, "autumn-20260915", errors.New(answer))).
			run(t, "suspend", "round/autumn-20260915", "-n", "fengtai")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTargetsAreCompleted(t *testing.T) {
	w := world{namespace: "fengtai", objects: []client.Object{autumn(), autumnRound("fengtai"), autumnRound("kaizhou")}}
	stdout, _, err := w.run(t, "__complete", "suspend", "")
	if err != nil || strings.Count(stdout, "round/autumn-20260915") != 1 || !strings.Contains(stdout, "campaign/autumn\n") {
		t.Errorf("%v\n%s", err, stdout)
	}
	for args, want := range map[string]string{"trigger": "autumn\n", "extend": "autumn-20260915\n", "end": "autumn-20260915\n"} {
		stdout, _, err := w.run(t, "__complete", args, "")
		if err != nil || !strings.HasPrefix(stdout, want) {
			t.Errorf("%s: %v\n%s", args, err, stdout)
		}
	}
}
