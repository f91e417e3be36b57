// Package school reconciles Schools: it says whether a school may be screened,
// which it may when there is somebody at it to answer a child, and whether its
// students were in the present school year.
package school

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/home"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Reconciler reconciles Schools.
type Reconciler struct {
	Client client.Client
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
	Board  *board.Board
	// Coverage is the province's rule; a district's own may be stricter.
	Coverage coverage.Rule
}

// concurrency is for a province's 20,000 schools on the first day.
const concurrency = 8

// SetupWithManager registers the reconciler. A District's spec wakes its schools, and what the
// district reports wakes those of which it says something new.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("school").
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		For(&v1alpha1.School{}, changed).
		Watches(&v1alpha1.District{}, handler.EnqueueRequestsFromMapFunc(r.ofDistrict), changed).
		WatchesRawSource(source.Channel(r.Board.SubscribeTo(board.OfCoverage), handler.EnqueueRequestsFromMapFunc(r.ofCoverage))).
		Complete(r)
}

func (r *Reconciler) ofDistrict(ctx context.Context, district client.Object) []reconcile.Request {
	var schools v1alpha1.SchoolList
	if err := r.Client.List(ctx, &schools, client.InNamespace(district.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		return nil // the cache is gone, and with it the manager
	}
	requests := make([]reconcile.Request, 0, len(schools.Items))
	for i := range schools.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&schools.Items[i])})
	}
	return requests
}

// ofCoverage compares all schools of the district, which is one list, so that only those whose figures
// moved are reconciled: while a round is open the figures of some school move all the time.
func (r *Reconciler) ofCoverage(ctx context.Context, district client.Object) []reconcile.Request {
	o := observed{zone: time.UTC, province: r.Coverage}
	var schools v1alpha1.SchoolList
	listErr := r.Client.List(ctx, &schools, client.InNamespace(district.GetNamespace()), client.UnsafeDisableDeepCopy)
	if err := r.gatherDistrict(ctx, district.GetNamespace(), &o); err != nil || listErr != nil {
		return nil // the cache is gone, and with it the manager
	}
	var requests []reconcile.Request
	for _, o.school = range schools.Items {
		if differs(o, r.Clock.Now()) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&o.school)})
		}
	}
	return requests
}

// Reconcile judges one school.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req.NamespacedName)
	if err != nil || o == nil {
		return ctrl.Result{}, err
	}
	now := r.Clock.Now()
	j, s := decide(*o, now), screen(*o, now)
	after := summarise(*o, j, s, now)
	wait, err := r.Status.Write(ctx, &o.school, after)
	return result.Of(err, j.terminal, wait, j.wait, s.wait)
}

// observed is all that the judgement depends on.
type observed struct {
	school   v1alpha1.School
	district *v1alpha1.District // nil: there is none in the namespace
	zone     *time.Location
	coverage *board.Coverage // what the district last said of the school year; nil: nothing to this operator
	province coverage.Rule
}

// gather returns nil for a school that is gone or going.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (*observed, error) {
	o := &observed{zone: time.UTC, province: r.Coverage}
	if err := r.Client.Get(ctx, key, &o.school); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if !o.school.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	if err := r.gatherDistrict(ctx, key.Namespace, o); err != nil {
		return nil, err
	}
	return o, nil
}

func (r *Reconciler) gatherDistrict(ctx context.Context, namespace string, o *observed) error {
	district, zone, err := home.District(ctx, r.Client, namespace)
	if err != nil || district == nil {
		return err
	}
	o.district = district
	if zone != nil {
		o.zone = zone
	}
	if reading, heard := r.Board.Reading(namespace); heard {
		o.coverage = reading.Coverage
	}
	return nil
}
