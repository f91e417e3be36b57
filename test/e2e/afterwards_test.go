//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/driver"
)

const (
	first  = "fengtai"
	second = "kaizhou"
	open   = driver.OpenCampaign
)

// afterwards does to a cluster that was screened what the design says it must bear. The
// order matters: later tests take more away.
func afterwards(t *testing.T, demo *driver.Demo) {
	w := world{T: t, demo: demo, kube: demo.Cluster.Kube}
	for _, test := range []struct {
		name string
		do   func(world)
	}{
		{"a second scorer agrees with every stored result", rescored},
		{"a round that is suspended opens no form until it goes on", suspended},
		{"an open round is kept open longer", extended},
		{"an inspection draws its schools by a seed that comes later", inspected},
		{"a campaign that is made again makes no second round", campaignMadeAgain},
		{"a round that is made again starts suspended", roundMadeAgain},
		{"a round that nobody owns any more is ended by endAt", endedEarly},
		{"a granted namespace is not deleted by a slip", namespaceDenied},
		{"a lost key is noticed and never made anew", keyLost},
		{"a district with an open obligation is not taken down", districtWaits},
		{"uninstalling charts keeps districts and their work", uninstalled},
		{"a namespace that is meant to go goes, and one made again serves nothing with new keys", namespaceGone},
	} {
		if !t.Run(test.name, func(t *testing.T) { test.do(w.in(t)) }) {
			return // what comes next stands on what failed
		}
	}
}

func rescored(w world) {
	var district v1alpha1.District
	w.must(w.get(&district, first, first))
	before := district.DeepCopy()
	metav1.SetMetaDataAnnotation(&district.ObjectMeta, v1alpha1.AnnotationRescore, "after the screening")
	w.must(w.kube.Patch(w.Context(), &district, client.MergeFrom(before)))
	w.eventually("the request is answered", func(ctx context.Context) string {
		var now v1alpha1.District
		if err := w.kube.Get(ctx, client.ObjectKey{Namespace: first, Name: first}, &now); err != nil {
			return err.Error()
		}
		if got := now.Status.Rescore; got.LastHandled != "after the screening" || *got.Compared < 10 {
			return fmt.Sprintf("status.rescore is %+v", got)
		}
		return ""
	})
	w.eventually("the scorers agree", w.districtIs(first, v1alpha1.ConditionScoresVerified, "True ScoresAgree"))
}

func suspended(w world) {
	w.must(w.demo.Knock(w.Context(), first, 0))
	w.suspend(first, open, v1alpha1.SuspendHold)
	w.eventually("the round is held", w.roundIs(first, open, v1alpha1.ConditionOpen, "False Held"))
	if err := w.demo.Knock(w.Context(), first, 1); err == nil || !strings.Contains(err.Error(), "hold") {
		w.Errorf("a new form was answered with: %v", err)
	}
	w.must(w.demo.Knock(w.Context(), first, 0)) // a form that is open may be finished
	w.suspend(first, open, v1alpha1.SuspendNone)
	w.eventually("the round goes on", w.roundIs(first, open, v1alpha1.ConditionOpen, "True Open"))
	w.must(w.demo.Knock(w.Context(), first, 1))
}

func campaignMadeAgain(w world) {
	before := w.round(first, open)
	var campaign v1alpha1.ScreeningCampaign
	w.must(w.get(&campaign, "", open))
	w.must(w.kube.Delete(w.Context(), &campaign))
	w.eventually("the campaign is gone", func(ctx context.Context) string {
		if err := w.kube.Get(ctx, client.ObjectKey{Name: open}, &v1alpha1.ScreeningCampaign{}); !gone(err) {
			return fmt.Sprint("still there: ", err)
		}
		return ""
	})
	w.consistently(5*time.Second, "rounds stay", func(context.Context) string { return same(before, w.rounds(first, open)) })
	w.must(w.demo.Knock(w.Context(), first, 2)) // an open round finishes
	w.must(w.demo.Cluster.ApplyProvince(w.Context()))
	w.eventually("the campaign is planned", func(ctx context.Context) string {
		var again v1alpha1.ScreeningCampaign
		if err := w.kube.Get(ctx, client.ObjectKey{Name: open}, &again); err != nil {
			return err.Error()
		}
		return strings.TrimPrefix(condition(again.Status.Conditions, v1alpha1.ConditionPlanned), "True Planned")
	})
	w.consistently(5*time.Second, "no second round", func(context.Context) string { return same(before, w.rounds(first, open)) })
}

func same(before *v1alpha1.ScreeningRound, now []v1alpha1.ScreeningRound) string {
	if len(now) != 1 || now[0].UID != before.UID {
		return fmt.Sprintf("%d rounds, or another one", len(now))
	}
	return ""
}

func roundMadeAgain(w world) {
	before := w.round(second, open)
	w.must(w.kube.Delete(w.Context(), before))
	w.eventually("the operator makes it again", func(ctx context.Context) string {
		rounds := w.rounds(second, open)
		switch {
		case len(rounds) != 1 || rounds[0].UID == before.UID:
			return fmt.Sprintf("%d rounds", len(rounds))
		case rounds[0].Name != before.Name:
			return "it has another name: " + rounds[0].Name
		case rounds[0].Spec.Suspend != v1alpha1.SuspendHold:
			return "it is not suspended: " + string(rounds[0].Spec.Suspend)
		}
		return ""
	})
	w.eventually("it is held", w.roundIs(second, open, v1alpha1.ConditionOpen, "False Held"))
	w.suspend(second, open, v1alpha1.SuspendNone)
	w.eventually("it goes on when a person says so", w.roundIs(second, open, v1alpha1.ConditionOpen, "True Open"))
	w.must(w.demo.Knock(w.Context(), second, 0))
}

func endedEarly(w world) {
	round := w.round(second, open)
	ended := round.DeepCopy()
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	ended.Spec.EndAt = &now
	w.must(w.kube.Patch(w.Context(), ended, client.MergeFrom(round)))
	w.eventually("it is closed", func(ctx context.Context) string {
		is := w.roundIs(second, open, v1alpha1.ConditionOpen, "False Closed")(ctx)
		if is == "" {
			return ""
		}
		return w.roundIs(second, open, v1alpha1.ConditionOpen, "False Released")(ctx)
	})
	if err := w.demo.Knock(w.Context(), second, 1); err == nil || !strings.Contains(err.Error(), "over") {
		w.Errorf("a form after the end was answered with: %v", err)
	}
}

func namespaceDenied(w world) {
	err := w.kube.Delete(w.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: first}})
	if err == nil || !strings.Contains(err.Error(), "allow-deletion") {
		w.Fatalf("deleting the namespace was answered with: %v", err)
	}
	var namespace corev1.Namespace
	w.must(w.get(&namespace, "", first))
	if namespace.DeletionTimestamp != nil {
		w.Error("it is being deleted")
	}
}

// keyLost: the data plane that starts without its key refuses to serve, and nobody
// makes another one.
func keyLost(w world) {
	name := first + "-keys-seal"
	var keys corev1.Secret
	w.must(w.get(&keys, first, name))
	w.must(w.kube.Delete(w.Context(), &keys))
	w.Cleanup(func() { w.restore(&keys) })
	w.must(w.kube.DeleteAllOf(w.Context(), &corev1.Pod{}, client.InNamespace(first), client.MatchingLabels{v1alpha1.LabelComponent: "casework"}))
	w.eventually("it is noticed", w.districtIs(first, v1alpha1.ConditionKeysReady, "False KeyMissing"))
	w.consistently(15*time.Second, "nothing is made anew", func(ctx context.Context) string {
		if err := w.kube.Get(ctx, client.ObjectKey{Namespace: first, Name: name}, &corev1.Secret{}); !gone(err) {
			return fmt.Sprint("the Secret is there again: ", err)
		}
		return ""
	})
	w.restore(&keys)
	w.eventually("the custodian's copy is taken", w.districtIs(first, v1alpha1.ConditionKeysReady, "True FingerprintMatches"))
	w.eventually("everything is available again", w.districtIs(first, v1alpha1.ConditionProvisioned, "True Available"))
}

// restore puts a Secret back as its custodian would; one that is there is left alone.
func (w world) restore(secret *corev1.Secret) {
	back := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: secret.Name, Namespace: secret.Namespace, Labels: secret.Labels},
		Type:       secret.Type, Data: secret.Data, Immutable: secret.Immutable,
	}
	// The test's own context has ended when this cleans up.
	if err := w.kube.Create(context.WithoutCancel(w.Context()), back); err != nil && !apierrors.IsAlreadyExists(err) {
		w.Errorf("the key could not be restored: %v", err)
	}
}

func districtWaits(w world) {
	w.must(w.demo.AskToTalk(w.Context(), first, 3))
	var d v1alpha1.District
	w.must(w.get(&d, first, first))
	w.must(w.kube.Delete(w.Context(), &d, client.PropagationPolicy(metav1.DeletePropagationForeground)))
	w.consistently(20*time.Second, "a child is waiting for an answer", func(ctx context.Context) string {
		names, err := w.deployments(ctx, first)
		if err != nil || !slices.Contains(names, first+"-casework") || !slices.Contains(names, first+"-scorer") {
			return fmt.Sprintf("only %v are left (%v)", names, err)
		}
		return ""
	})
	n, err := w.demo.CloseAll(w.Context(), first)
	if err != nil || n == 0 {
		w.Fatalf("%d obligations closed: %v", n, err)
	}
	w.eventually("the district is taken down", func(ctx context.Context) string {
		names, err := w.deployments(ctx, first)
		if err != nil || len(names) > 0 {
			return fmt.Sprintf("%v are left (%v)", names, err)
		}
		if err := w.kube.Get(ctx, client.ObjectKey{Namespace: first, Name: first}, &v1alpha1.District{}); !gone(err) {
			return fmt.Sprint("the District is still there: ", err)
		}
		return ""
	})
	w.keysRemain(first)
	w.must(w.demo.Reinstall(w.Context(), first))
	w.eventually("the district comes back", w.districtIs(first, v1alpha1.ConditionProvisioned, "True Available"))
	w.eventually("with its own keys", w.districtIs(first, v1alpha1.ConditionKeysReady, "True FingerprintMatches"))
}

func (w world) keysRemain(namespace string) {
	w.Helper()
	for _, name := range []string{"-keys-seal", "-keys-intake"} {
		w.must(w.get(&corev1.Secret{}, namespace, namespace+name))
	}
}

func uninstalled(w world) {
	for _, release := range []struct{ name, namespace string }{{first, first}, {"evenkeel", driver.SystemNamespace}} {
		_, err := w.demo.Cluster.Tools.HelmRun(w.Context(), "uninstall", release.name, "--namespace", release.namespace, "--wait")
		w.must(err)
	}
	w.must(w.get(&v1alpha1.District{}, first, first))
	var schools v1alpha1.SchoolList
	w.must(w.kube.List(w.Context(), &schools, client.InNamespace(first)))
	if len(schools.Items) != 4 {
		w.Errorf("%d schools are left, want 4", len(schools.Items))
	}
	w.keysRemain(first)
	w.must(w.demo.Knock(w.Context(), first, 4)) // the district goes on without the operator
	part(w.T, "everything is installed again", w.demo.Prepare)
	w.eventually("the operator finds its way", w.districtIs(first, v1alpha1.ConditionReporting, "True ReportReceived"))
}

// namespaceGone: the operator cannot know that the database of a new namespace is an old
// one and makes keys for it; the data plane knows, serves nothing and changes nothing, until
// the custodian brings the old keys back.
func namespaceGone(w world) {
	kept := []corev1.Secret{{}, {}}
	for i, name := range []string{"-keys-seal", "-keys-intake"} {
		w.must(w.get(&kept[i], second, second+name))
	}
	var namespace corev1.Namespace
	w.must(w.get(&namespace, "", second))
	allowed := namespace.DeepCopy()
	metav1.SetMetaDataAnnotation(&allowed.ObjectMeta, "screening.evenkeel.dev/allow-deletion", second)
	w.must(w.kube.Patch(w.Context(), allowed, client.MergeFrom(&namespace)))
	w.must(w.kube.Delete(w.Context(), allowed))
	w.eventually("it is gone", func(ctx context.Context) string {
		if err := w.kube.Get(ctx, client.ObjectKey{Name: second}, &corev1.Namespace{}); !gone(err) {
			return fmt.Sprint("still there: ", err)
		}
		return ""
	})
	w.must(w.demo.Cluster.MakeNamespaces(w.Context()))
	w.must(w.demo.Cluster.MakeSecrets(w.Context()))
	w.must(w.demo.Reinstall(w.Context(), second))
	w.eventually("new keys are not the database's", w.districtIs(second, v1alpha1.ConditionKeysReady, "False KeyMismatch"))
	for i := range kept {
		w.must(w.kube.Delete(w.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: kept[i].Name, Namespace: second}}))
		w.restore(&kept[i])
	}
	w.eventually("the custodian's copies are taken", w.districtIs(second, v1alpha1.ConditionKeysReady, "True FingerprintMatches"))
	w.eventually("everything is available again", w.districtIs(second, v1alpha1.ConditionProvisioned, "True Available"))
}
