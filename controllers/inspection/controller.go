// Package inspection reconciles Inspections: it lists the schools that are drawn from, once and before the seed is
// known, draws when the seed is there, and follows the days by which findings are to be rectified (docs/design/0012).
package inspection

import (
	"context"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
)

// Reconciler reconciles Inspections.
type Reconciler struct {
	Client client.Client
	Live   client.Reader // uncached, for the list
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
	Events events.EventRecorder
}

// SetupWithManager registers the reconciler. The District wakes all inspections in its namespace, Schools those that
// have no list yet: when no more of them come, for the list is made once.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	every := func(v1alpha1.Inspection) bool { return true }
	unlisted := func(i v1alpha1.Inspection) bool { return len(i.Status.Listed) == 0 && i.Spec.Seed == "" }
	return ctrl.NewControllerManagedBy(mgr).
		Named("inspection").
		For(&v1alpha1.Inspection{}, changed).
		Watches(&v1alpha1.District{}, handler.EnqueueRequestsFromMapFunc(r.inNamespace(every)), changed).
		Watches(&v1alpha1.School{}, wake.After(wake.Many, r.inNamespace(unlisted)), changed).
		Complete(r)
}

func (r *Reconciler) inNamespace(which func(v1alpha1.Inspection) bool) handler.MapFunc {
	return func(ctx context.Context, obj client.Object) []reconcile.Request {
		var list v1alpha1.InspectionList
		if err := r.Client.List(ctx, &list, client.InNamespace(obj.GetNamespace())); err != nil {
			return nil // the cache is gone, and with it the manager
		}
		var out []reconcile.Request
		for _, one := range list.Items {
			if which(one) {
				out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&one)})
			}
		}
		return out
	}
}

// Reconcile brings one inspection up to date.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req.NamespacedName)
	switch {
	case err != nil:
		return ctrl.Result{}, err
	case o == nil:
		return ctrl.Result{}, nil
	}
	now := r.Clock.Now()
	d := decide(*o, now)
	after := summarise(*o, d, now)
	wait, err := r.Status.Write(ctx, &o.inspection, after)
	if err == nil && wait == 0 {
		r.emit(&o.inspection, after)
	}
	return result.Of(err, d.terminal, wait, d.wait)
}
