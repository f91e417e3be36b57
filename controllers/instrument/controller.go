// Package instrument reconciles Instruments: it compiles them, names the item at fault
// and says whether rounds may use one. Nothing holds an Instrument in place: a round
// that has opened keeps its own copy of what its answers mean.
package instrument

import (
	"context"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/judge"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
)

// Reconciler reconciles Instruments.
type Reconciler struct {
	Client client.Client
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
}

// SetupWithManager registers the reconciler. Rounds and other instruments of the same
// code wake it.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("instrument").
		For(&v1alpha1.Instrument{}, changed).
		Watches(&v1alpha1.Instrument{}, handler.EnqueueRequestsFromMapFunc(r.namesakes), changed).
		Watches(&v1alpha1.ScreeningRound{}, wake.After(wake.Few, r.askedBy)).
		Complete(r)
}

// Reconcile checks one instrument.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return judge.Object(ctx, r.Client, r.Status, req, &v1alpha1.Instrument{}, func(in *v1alpha1.Instrument) (fault, err error) {
		o, err := r.gather(ctx, *in)
		if err != nil {
			return nil, err
		}
		return summarise(in, o, r.Clock.Now()), nil
	})
}

// observed is all that the verdict about an instrument depends on.
type observed struct {
	instrument v1alpha1.Instrument
	all        []v1alpha1.Instrument
	rounds     []v1alpha1.ScreeningRound
}

func (r *Reconciler) gather(ctx context.Context, in v1alpha1.Instrument) (observed, error) {
	var instruments v1alpha1.InstrumentList
	if err := r.Client.List(ctx, &instruments); err != nil {
		return observed{}, err
	}
	var rounds v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &rounds); err != nil {
		return observed{}, err
	}
	return observed{instrument: in, all: instruments.Items, rounds: rounds.Items}, nil
}

func (r *Reconciler) namesakes(ctx context.Context, obj client.Object) []reconcile.Request {
	changed, ok := obj.(*v1alpha1.Instrument)
	if !ok {
		return nil
	}
	key := keyOf(changed.Spec)
	return r.requests(ctx, func(spec v1alpha1.InstrumentSpec) bool { return keyOf(spec) == key })
}

func (r *Reconciler) askedBy(ctx context.Context, obj client.Object) []reconcile.Request {
	round, ok := obj.(*v1alpha1.ScreeningRound)
	if !ok {
		return nil
	}
	return r.requests(ctx, func(spec v1alpha1.InstrumentSpec) bool { return asks(*round, keyOf(spec)) })
}

func (r *Reconciler) requests(ctx context.Context, wanted func(v1alpha1.InstrumentSpec) bool) []reconcile.Request {
	var list v1alpha1.InstrumentList
	if err := r.Client.List(ctx, &list); err != nil {
		return nil // the cache has not started; everything is queued when it has
	}
	var out []reconcile.Request
	for _, in := range list.Items {
		if wanted(in.Spec) {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&in)})
		}
	}
	return out
}
