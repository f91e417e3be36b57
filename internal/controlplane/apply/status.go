// Package apply writes: workloads by server-side apply and status by one write,
// and nothing at all when nothing has changed.
package apply

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

// StatusPause is how often one object's status is written without a change of a condition:
// once in that time, and after as long without such a write twice, for the first figures are
// seldom the last of those that change together.
const StatusPause = time.Minute

// StatusWriter writes statuses. Its memory of when it wrote figures is only for pacing.
type StatusWriter struct {
	client client.Client
	clock  clock.PassiveClock
	every  time.Duration // StatusPause, or what somebody with few objects takes

	mu   sync.Mutex
	paid map[types.UID]time.Time // until when an object's writes of figures have used up its share
}

// NewStatusWriter returns a StatusWriter.
func NewStatusWriter(c client.Client, clk clock.PassiveClock) *StatusWriter {
	return &StatusWriter{client: c, clock: clk, every: StatusPause, paid: map[types.UID]time.Time{}}
}

// Every returns another writer, whose figures wait so long.
func (w *StatusWriter) Every(pause time.Duration) *StatusWriter {
	other := NewStatusWriter(w.client, w.clock)
	other.every = pause
	return other
}

// Write makes the status of before that of after: one request, or none when they
// are equal. What changes no condition may have to wait; Write then returns how long.
// An object that is gone is fine.
func (w *StatusWriter) Write(ctx context.Context, before, after client.Object) (wait time.Duration, err error) {
	if equality.Semantic.DeepEqual(statusField(before), statusField(after)) {
		return 0, nil
	}
	was, err := statusOf(before)
	if err != nil {
		return 0, err
	}
	want, err := statusOf(after)
	if err != nil || reflect.DeepEqual(was, want) {
		return 0, err
	}
	figures := !conditions.Changed(conditionsOf(was), conditionsOf(want))
	if wait = w.pause(after.GetUID()); figures && wait > 0 {
		return wait, nil
	}
	if err = w.send(ctx, after, want); client.IgnoreNotFound(err) != nil {
		return 0, fmt.Errorf("writing the status of %s: %w", client.ObjectKeyFromObject(after), err)
	}
	if figures {
		w.remember(after.GetUID(), apierrors.IsNotFound(err))
	}
	return 0, nil
}

func (w *StatusWriter) send(ctx context.Context, obj client.Object, status map[string]any) error {
	gvk, err := apiutil.GVKForObject(obj, w.client.Scheme())
	if err != nil {
		return err
	}
	u := &unstructured.Unstructured{Object: map[string]any{"status": status}}
	u.SetGroupVersionKind(gvk)
	u.SetNamespace(obj.GetNamespace())
	u.SetName(obj.GetName())
	u.SetUID(obj.GetUID()) // a re-created object is another object
	return w.client.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(u),
		client.FieldOwner(v1alpha1.FieldOwner), client.ForceOwnership)
}

func (w *StatusWriter) pause(uid types.UID) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.paid[uid].Add(-w.every).Sub(w.clock.Now()))
}

const rememberedAtMost = 1000

// remember drops what no longer paces anything once there is a lot of it.
func (w *StatusWriter) remember(uid types.UID, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.Now()
	if len(w.paid) > rememberedAtMost {
		maps.DeleteFunc(w.paid, func(_ types.UID, until time.Time) bool { return until.Before(now) })
	}
	if gone {
		delete(w.paid, uid)
		return
	}
	until := w.paid[uid]
	if until.Before(now) {
		until = now
	}
	w.paid[uid] = until.Add(w.every)
}

// statusField is a pointer to the status of an object of ours: every kind has one.
func statusField(obj client.Object) any {
	return reflect.ValueOf(obj).Elem().FieldByName("Status").Addr().Interface()
}

// statusOf is the status as it is sent; nil when there is nothing in it.
func statusOf(obj client.Object) (map[string]any, error) {
	status, err := runtime.DefaultUnstructuredConverter.ToUnstructured(statusField(obj))
	if err != nil {
		return nil, fmt.Errorf("reading the status of a %T: %w", obj, err)
	}
	if len(status) == 0 {
		return nil, nil
	}
	return status, nil
}

func conditionsOf(status map[string]any) []metav1.Condition {
	var s struct {
		Conditions []metav1.Condition `json:"conditions"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &s); err != nil {
		return nil
	}
	return s.Conditions
}
