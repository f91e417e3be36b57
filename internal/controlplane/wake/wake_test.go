package wake_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
)

// queue notes when something was added.
type queue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
	began time.Time
	added []string
}

func (q *queue) Add(r reconcile.Request) {
	q.added = append(q.added, r.Namespace+" "+time.Since(q.began).String())
}

func TestChangesAreGathered(t *testing.T) {
	tests := map[string]struct {
		changes []time.Duration // since the beginning
		want    []string
	}{
		"one":                     {[]time.Duration{0}, []string{"a 2s"}},
		"many at once":            {[]time.Duration{0, 0, time.Second, 2500 * time.Millisecond}, []string{"a 4.5s"}},
		"two bursts":              {[]time.Duration{0, 5 * time.Second}, []string{"a 2s", "a 7s"}},
		"no end of them":          {every(1100*time.Millisecond, 10), []string{"a 5s", "a 10.5s"}},
		"one when the time is up": {[]time.Duration{0, 1500 * time.Millisecond, 3 * time.Second, 4500 * time.Millisecond}, []string{"a 5s"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &queue{began: time.Now()}
				h := wake.After(wake.Window{Quiet: 2 * time.Second, AtMost: 5 * time.Second}, namespaceOf)
				for _, at := range tt.changes {
					time.Sleep(at - time.Since(q.began))
					h.Update(t.Context(), event.UpdateEvent{ObjectNew: in("a")}, q)
				}
				time.Sleep(time.Minute)
				compare(t, q.added, tt.want)
			})
		})
	}
}

func TestNamesakesWaitApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{began: time.Now()}
		h := wake.After(wake.Window{Quiet: 2 * time.Second, AtMost: 5 * time.Second}, namespaceOf)
		h.Create(t.Context(), event.CreateEvent{Object: in("a")}, q)
		time.Sleep(time.Second)
		h.Delete(t.Context(), event.DeleteEvent{Object: in("b")}, q)
		time.Sleep(time.Minute)
		compare(t, q.added, []string{"a 2s", "b 3s"})
	})
}

// Changes of several kinds wake once.
func TestKindsShareAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{began: time.Now()}
		g := wake.In(wake.Window{Quiet: 2 * time.Second, AtMost: 5 * time.Second})
		schools, districts := g.Of(namespaceOf), g.Of(namespaceOf)
		schools.Create(t.Context(), event.CreateEvent{Object: in("a")}, q)
		time.Sleep(time.Second)
		districts.Create(t.Context(), event.CreateEvent{Object: in("a")}, q)
		time.Sleep(time.Minute)
		compare(t, q.added, []string{"a 3s"})
	})
}

func every(d time.Duration, n int) (out []time.Duration) {
	for i := range n {
		out = append(out, time.Duration(i)*d)
	}
	return out
}

func in(namespace string) client.Object {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace}}
}

func namespaceOf(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: obj.GetNamespace()}}}
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("woken at %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("woken at %v, want %v", got, want)
		}
	}
}
