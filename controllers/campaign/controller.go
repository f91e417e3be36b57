// Package campaign reconciles ScreeningCampaigns: it plans the rounds of the run that is
// due and applies them, one in each selected district. It plans anew what has not
// opened, leaves alone what has, never writes suspend or endAt, and deletes nothing.
package campaign

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/planning"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
	"github.com/evenkeel/evenkeel/internal/controlplane/wake"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// Reconciler reconciles ScreeningCampaigns.
type Reconciler struct {
	Client client.Client
	Live   client.Reader // uncached: asked once before a round is created
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
	Events events.EventRecorder
	// Coverage is the province's rule of screening every student once a school year.
	Coverage coverage.Rule
}

// SetupWithManager registers the reconciler. Whatever the plan depends on wakes it.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	labelled := builder.WithPredicates(predicate.Or[client.Object](predicate.LabelChangedPredicate{}, terminating))
	comesOrGoes := builder.WithPredicates(predicate.Funcs{UpdateFunc: func(event.UpdateEvent) bool { return false }})
	all := handler.EnqueueRequestsFromMapFunc(r.all)
	edited := builder.WithPredicates(predicate.GenerationChangedPredicate{}, predicate.Funcs{CreateFunc: func(event.CreateEvent) bool { return false }})
	gathered := wake.In(wake.Many)
	districts, schools := gathered.Of(r.all), gathered.Of(r.planners)
	return ctrl.NewControllerManagedBy(mgr).
		Named("campaign").
		For(&v1alpha1.ScreeningCampaign{}, changed).
		Watches(&v1alpha1.ScreeningRound{}, wake.After(wake.Few, ofRound), edited).
		Watches(&v1alpha1.ScreeningRound{}, gathered.Of(ofRound)).
		Watches(&v1alpha1.ScreeningRound{}, districts, comesOrGoes).
		Watches(&v1alpha1.School{}, schools, changed).
		Watches(&v1alpha1.ReferralChannel{}, schools, changed).
		Watches(&v1alpha1.AcademicCalendar{}, all, changed).
		Watches(&v1alpha1.District{}, districts, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: standingMayDiffer}))).
		Watches(&v1alpha1.District{}, wake.After(screened, r.all), builder.WithPredicates(predicate.Funcs{
			CreateFunc: func(event.CreateEvent) bool { return false },
			UpdateFunc: coverageMayDiffer,
			DeleteFunc: func(event.DeleteEvent) bool { return false },
		})).
		Watches(&v1alpha1.Instrument{}, all, changed).
		Watches(&v1alpha1.EscalationPolicy{}, all, changed).
		Watches(&corev1.Namespace{}, districts, labelled).
		Complete(r)
}

// terminating lets updates through that begin a deletion.
var terminating = predicate.NewPredicateFuncs(func(obj client.Object) bool { return !obj.GetDeletionTimestamp().IsZero() })

// Reconcile brings one campaign's rounds up to date. Deleting a campaign leaves them.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req)
	if err != nil || !o.campaign.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	now := r.Clock.Now()
	d := decide(*o, now)
	d.failed = r.apply(ctx, d)
	if d.failed == nil {
		r.emitReplanned(*o, d)
	}
	after := o.campaign.DeepCopy()
	summarise(after, *o, d, now)
	wait, statusErr := r.Status.Write(ctx, &o.campaign, after)
	if statusErr == nil && wait == 0 {
		r.emit(&o.campaign, after)
	}
	return result.Of(errors.Join(d.failed, statusErr), d.fault, wait, nextLook(d, now))
}

// planners are the campaigns whose plan depends on schools and channels.
func (r *Reconciler) planners(ctx context.Context, _ client.Object) []reconcile.Request {
	var list v1alpha1.ScreeningCampaignList
	if err := r.Client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil // the cache has not started; everything is queued when it has
	}
	var out []reconcile.Request
	for _, campaign := range list.Items {
		var calendar v1alpha1.AcademicCalendar
		err := r.Client.Get(ctx, client.ObjectKey{Name: campaign.Spec.CalendarRef.Name}, &calendar)
		if err == nil && planning.NeedsSchools(campaign.Spec, calendar.Spec) {
			out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&campaign)})
		}
	}
	return out
}

func ofRound(_ context.Context, obj client.Object) []reconcile.Request {
	name := obj.GetLabels()[v1alpha1.LabelCampaign]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: name}}}
}

func (r *Reconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	var list v1alpha1.ScreeningCampaignList
	if err := r.Client.List(ctx, &list); err != nil {
		return nil // the cache has not started; everything is queued when it has
	}
	var out []reconcile.Request
	for _, campaign := range list.Items {
		out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&campaign)})
	}
	return out
}
