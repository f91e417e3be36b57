// Package district provisions Districts: their Secrets, database migration,
// processes and network policies, and says how each stands. It takes a district
// down only when nobody is waiting for an answer.
package district

import (
	"context"
	"errors"
	"slices"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Reconciler reconciles Districts.
type Reconciler struct {
	Client   client.Client // cached, but for Secrets and whole workloads
	Live     client.Reader // uncached
	Clock    clock.PassiveClock
	Status   *apply.StatusWriter
	Applier  *apply.Applier
	Board    *board.Board
	Events   events.EventRecorder
	Settings workload.Settings
	// Coverage is the province's rule; a district's own may be stricter.
	Coverage coverage.Rule
}

// Reconcile brings one district nearer to its spec.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var district v1alpha1.District
	if err := r.Client.Get(ctx, req.NamespacedName, &district); err != nil {
		return ctrl.Result{}, r.forget(req.Namespace, err)
	}
	o, err := r.gather(ctx, &district)
	if err != nil {
		return ctrl.Result{}, err
	}
	if !district.DeletionTimestamp.IsZero() {
		return r.finalize(ctx, o)
	}
	p := decide(o, r.Clock.Now(), r.Settings)
	applied := r.act(ctx, &o, p)
	after, terminal := summarise(o, p, applied, r.Clock.Now())
	wait, err := r.Status.Write(ctx, &district, after)
	if err == nil && wait == 0 {
		r.emit(&district, after)
	}
	if terminal == nil {
		// Secrets are not watched: a lost one is noticed at the next look (one that is waited for, sooner).
		p.wait = soonest(p.wait, patience(applied), reportWait(o, r.Clock.Now()), drillWait(o, r.Clock.Now()), result.Longest)
	}
	return result.Of(errors.Join(transient(applied), err), terminal, wait, p.wait)
}

// act holds the district with the finalizer before it makes the first thing that
// will have to be taken down in order.
func (r *Reconciler) act(ctx context.Context, o *observed, p plan) error {
	if !p.acts {
		return nil
	}
	if err := r.hold(ctx, o); err != nil {
		return err
	}
	return r.apply(ctx, *o, p)
}

func (r *Reconciler) hold(ctx context.Context, o *observed) error {
	held := o.district.DeepCopy()
	if !controllerutil.AddFinalizer(held, v1alpha1.FinalizerDistrict) {
		return nil
	}
	return r.Client.Patch(ctx, held, client.MergeFromWithOptions(&o.district, client.MergeFromWithOptimisticLock{}))
}

func (r *Reconciler) forget(namespace string, err error) error {
	if client.IgnoreNotFound(err) == nil {
		r.Board.ForgetDistrict(namespace)
		r.Applier.Forget(namespace)
	}
	return client.IgnoreNotFound(err)
}

func soonest(waits ...time.Duration) time.Duration {
	waits = slices.DeleteFunc(waits, func(w time.Duration) bool { return w <= 0 })
	return slices.Min(waits)
}
