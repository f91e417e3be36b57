//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/driver"
)

// world is the cluster after the demo.
type world struct {
	*testing.T
	demo *driver.Demo
	kube client.Client
}

func (w world) in(t *testing.T) world { w.T = t; return w }

// eventually waits until check says nothing is missing.
func (w world) eventually(what string, check func(ctx context.Context) string) {
	w.Helper()
	w.within(3*time.Minute, what, check)
}

func (w world) within(patience time.Duration, what string, check func(ctx context.Context) string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	missing := ""
	for {
		now := check(ctx)
		if now == "" {
			return
		}
		if ctx.Err() == nil || missing == "" {
			missing = now // what is said after the time is up is only that it is up
		}
		select {
		case <-ctx.Done():
			w.Fatalf("%s: not within %s: %s", what, patience, missing)
		case <-ticker.C:
		}
	}
}

// consistently checks that nothing is wrong for a while.
func (w world) consistently(length time.Duration, what string, check func(ctx context.Context) string) {
	w.Helper()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); <-ticker.C {
		if wrong := check(w.Context()); wrong != "" {
			w.Fatalf("%s: %s", what, wrong)
		}
	}
}

func (w world) get(object client.Object, namespace, name string) error {
	return w.kube.Get(w.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object)
}

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// rounds of a campaign in a district.
func (w world) rounds(namespace, campaign string) []v1alpha1.ScreeningRound {
	var list v1alpha1.ScreeningRoundList
	err := w.kube.List(w.Context(), &list, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelCampaign: campaign})
	w.must(err)
	return list.Items
}

// round is the one round of a campaign in a district.
func (w world) round(namespace, campaign string) *v1alpha1.ScreeningRound {
	w.Helper()
	rounds := w.rounds(namespace, campaign)
	if len(rounds) != 1 {
		w.Fatalf("%s has %d rounds of %s, want 1", namespace, len(rounds), campaign)
	}
	return &rounds[0]
}

// suspend changes spec.suspend of a round, as a person may.
func (w world) suspend(namespace, campaign string, mode v1alpha1.SuspendMode) {
	w.Helper()
	round := w.round(namespace, campaign)
	changed := round.DeepCopy()
	changed.Spec.Suspend = mode
	w.must(w.kube.Patch(w.Context(), changed, client.MergeFrom(round)))
}

// condition of a round or district, as "Status Reason".
func condition(have []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(have, kind)
	if c == nil {
		return "absent"
	}
	return string(c.Status) + " " + c.Reason
}

func (w world) districtIs(name, kind, want string) func(context.Context) string {
	return func(ctx context.Context) string {
		var d v1alpha1.District
		if err := w.kube.Get(ctx, client.ObjectKey{Namespace: name, Name: name}, &d); err != nil {
			return err.Error()
		}
		if got := condition(d.Status.Conditions, kind); got != want {
			return name + " " + kind + " is " + got
		}
		return ""
	}
}

func (w world) roundIs(namespace, campaign, kind, want string) func(context.Context) string {
	return func(ctx context.Context) string {
		var list v1alpha1.ScreeningRoundList
		err := w.kube.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelCampaign: campaign})
		if err != nil || len(list.Items) != 1 {
			return "no single round"
		}
		if got := condition(list.Items[0].Status.Conditions, kind); got != want {
			return kind + " is " + got
		}
		return ""
	}
}

// deployments says which of a district's processes are there.
func (w world) deployments(ctx context.Context, namespace string) ([]string, error) {
	var list appsv1.DeploymentList
	err := w.kube.List(ctx, &list, client.InNamespace(namespace))
	var names []string
	for _, d := range list.Items {
		names = append(names, d.Name)
	}
	return names, err
}

func gone(err error) bool { return apierrors.IsNotFound(err) }
