// Package school reconciles Schools: it says whether a school may be screened,
// which it may when there is somebody at it to answer a child.
package school

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
)

// Reconciler reconciles Schools.
type Reconciler struct {
	Client client.Client
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
}

// concurrency is for a province's 20,000 schools on the first day.
const concurrency = 8

// SetupWithManager registers the reconciler. A District's spec wakes its schools.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("school").
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		For(&v1alpha1.School{}, changed).
		Watches(&v1alpha1.District{}, handler.EnqueueRequestsFromMapFunc(r.ofDistrict), changed).
		Complete(r)
}

func (r *Reconciler) ofDistrict(ctx context.Context, district client.Object) []reconcile.Request {
	var schools v1alpha1.SchoolList
	if err := r.Client.List(ctx, &schools, client.InNamespace(district.GetNamespace())); err != nil {
		return nil // the cache is gone, and with it the manager
	}
	requests := make([]reconcile.Request, 0, len(schools.Items))
	for i := range schools.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&schools.Items[i])})
	}
	return requests
}

// Reconcile judges one school.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req.NamespacedName)
	if err != nil || o == nil {
		return ctrl.Result{}, err
	}
	j := decide(*o, r.Clock.Now())
	after := summarise(*o, j, r.Clock.Now())
	wait, err := r.Status.Write(ctx, &o.school, after)
	return result.Of(err, j.terminal, wait, j.wait)
}

// observed is all that the judgement depends on.
type observed struct {
	school   v1alpha1.School
	district *v1alpha1.District // nil: there is none in the namespace
	zone     *time.Location
}

// gather returns nil for a school that is gone or going.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (*observed, error) {
	o := &observed{zone: time.UTC}
	if err := r.Client.Get(ctx, key, &o.school); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if !o.school.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	var district v1alpha1.District
	err := r.Client.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: key.Namespace}, &district)
	switch {
	case apierrors.IsNotFound(err):
		return o, nil
	case err != nil:
		return nil, fmt.Errorf("reading the district: %w", err)
	}
	o.district = &district
	if zone, err := time.LoadLocation(string(district.Spec.TimeZone)); err == nil {
		o.zone = zone
	}
	return o, nil
}
