// Package calendar reconciles AcademicCalendars: it says whether one can be planned
// with, and which date is at fault when it cannot.
package calendar

import (
	"context"

	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/judge"
)

// Reconciler reconciles AcademicCalendars.
type Reconciler struct {
	Client client.Client
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
}

// SetupWithManager registers the reconciler. A calendar depends on nothing else.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("calendar").
		For(&v1alpha1.AcademicCalendar{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// Reconcile checks one calendar.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return judge.Object(ctx, r.Client, r.Status, req, &v1alpha1.AcademicCalendar{}, func(calendar *v1alpha1.AcademicCalendar) (fault, err error) {
		return summarise(calendar, r.Clock.Now()), nil
	})
}
