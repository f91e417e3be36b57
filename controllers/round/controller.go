// Package round reconciles ScreeningRounds: gates, the pinning of the meaning, and what
// the district says of the round. The documents go onto the board; the syncer sends them.
//
// Status is the log that is written ahead: what is pinned is recorded in the object
// before it is handed to the exchange. So a district that holds a meaning which the
// object knows nothing of tells of an object that was made anew, and such a round
// starts suspended.
package round

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Reconciler reconciles ScreeningRounds.
type Reconciler struct {
	Client client.Client
	Live   client.Reader // uncached: records, which are not watched, and the doubtful case
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
	Board  *board.Board
	Events events.EventRecorder

	Coverage coverage.Rule // the province's, for make-up rounds; zero: coverage.DefaultRule
}

// SetupWithManager registers the reconciler. Everything a gate looks at wakes it, and
// so does a report of the round's district. Schools of a district come and become ready together.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	inNamespace := handler.EnqueueRequestsFromMapFunc(r.ofNamespace)
	gathered := wake.After(wake.Few, r.ofNamespace)
	everywhere := handler.EnqueueRequestsFromMapFunc(r.everywhere)
	return ctrl.NewControllerManagedBy(mgr).
		Named("round").
		For(&v1alpha1.ScreeningRound{}, changed).
		Watches(&v1alpha1.ScreeningCampaign{}, handler.EnqueueRequestsFromMapFunc(r.ofCampaign), changed).
		Watches(&v1alpha1.Instrument{}, everywhere, changed).
		Watches(&v1alpha1.EscalationPolicy{}, everywhere, changed).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.within), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		Watches(&v1alpha1.District{}, gathered).
		Watches(&v1alpha1.ReferralChannel{}, gathered).
		Watches(&v1alpha1.School{}, gathered).
		WatchesRawSource(source.Channel(r.Board.Subscribe(), inNamespace)).
		Complete(r)
}

// Reconcile brings one round up to date. The board has an entry for every round object,
// whatever happens here, for a round that is not listed would be held.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req)
	switch {
	case apierrors.IsNotFound(err):
		r.Board.ForgetRound(req.Namespace, req.Name)
		return ctrl.Result{}, nil
	case err != nil:
		r.list(req)
		return ctrl.Result{}, err
	case !o.round.DeletionTimestamp.IsZero():
		return ctrl.Result{}, nil // nothing to clean up: the record stays, the district holds a round without an object
	}
	return r.bring(ctx, req, *o)
}

func (r *Reconciler) bring(ctx context.Context, req ctrl.Request, o observed) (ctrl.Result, error) {
	now := r.Clock.Now()
	d := decide(o, now)
	applyErr := r.apply(ctx, o, d)
	if applyErr != nil {
		d = d.withoutNews(o)
	}
	after := o.round.DeepCopy()
	summarise(after, o, d, now)
	wait, statusErr := r.Status.Write(ctx, &o.round, after)
	written := statusErr == nil && wait == 0
	if !written {
		d = d.withoutNews(o)
	}
	r.Board.PutRound(req.Namespace, req.Name, d.documents)
	if written {
		r.emit(&o.round, after)
	}
	return result.Of(errors.Join(applyErr, statusErr), nil, wait, nextLook(o, now))
}

// list puts the round onto the board without documents unless it has some already.
func (r *Reconciler) list(req ctrl.Request) {
	if _, known := r.Board.Rounds(req.Namespace)[req.Name]; !known {
		r.Board.PutRound(req.Namespace, req.Name, board.RoundDocuments{})
	}
}

func (r *Reconciler) ofCampaign(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.requests(ctx, client.MatchingLabels{v1alpha1.LabelCampaign: obj.GetName()})
}

func (r *Reconciler) ofNamespace(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(obj.GetNamespace()))
}

// within are the rounds in a namespace that changed.
func (r *Reconciler) within(ctx context.Context, namespace client.Object) []reconcile.Request {
	return r.requests(ctx, client.InNamespace(namespace.GetName()))
}

func (r *Reconciler) everywhere(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.requests(ctx)
}

func (r *Reconciler) requests(ctx context.Context, which ...client.ListOption) []reconcile.Request {
	var list v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &list, append(which, client.UnsafeDisableDeepCopy)...); err != nil {
		return nil // the cache has not started; everything is queued when it has
	}
	out := make([]reconcile.Request, 0, len(list.Items))
	for _, round := range list.Items {
		out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&round)})
	}
	return out
}
