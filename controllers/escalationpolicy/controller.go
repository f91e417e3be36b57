// Package escalationpolicy reconciles EscalationPolicies: it compiles each against the
// instruments of every campaign and every unopened round that refers to it, and by
// itself when none does, and names the rule at fault. Nothing holds a policy in place:
// a round that has opened keeps its own copy.
package escalationpolicy

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

// Reconciler reconciles EscalationPolicies.
type Reconciler struct {
	Client client.Client
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
}

// SetupWithManager registers the reconciler. Campaigns, rounds and instruments wake it.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("escalationpolicy").
		For(&v1alpha1.EscalationPolicy{}, changed).
		Watches(&v1alpha1.ScreeningCampaign{}, handler.EnqueueRequestsFromMapFunc(ofCampaign), changed).
		Watches(&v1alpha1.ScreeningRound{}, wake.After(wake.Few, ofRound)).
		Watches(&v1alpha1.Instrument{}, handler.EnqueueRequestsFromMapFunc(r.all), changed).
		Complete(r)
}

// Reconcile checks one policy.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return judge.Object(ctx, r.Client, r.Status, req, &v1alpha1.EscalationPolicy{}, func(policy *v1alpha1.EscalationPolicy) (fault, err error) {
		o, err := r.gather(ctx, *policy)
		if err != nil {
			return nil, err
		}
		return summarise(policy, o, r.Clock.Now()), nil
	})
}

// observed is all that the verdict about a policy depends on.
type observed struct {
	policy      v1alpha1.EscalationPolicy
	campaigns   []v1alpha1.ScreeningCampaign
	rounds      []v1alpha1.ScreeningRound
	instruments []v1alpha1.Instrument
}

func (r *Reconciler) gather(ctx context.Context, policy v1alpha1.EscalationPolicy) (observed, error) {
	var campaigns v1alpha1.ScreeningCampaignList
	var rounds v1alpha1.ScreeningRoundList
	var instruments v1alpha1.InstrumentList
	for _, list := range []client.ObjectList{&campaigns, &rounds, &instruments} {
		if err := r.Client.List(ctx, list); err != nil {
			return observed{}, err
		}
	}
	return observed{policy: policy, campaigns: campaigns.Items, rounds: rounds.Items, instruments: instruments.Items}, nil
}

func ofCampaign(_ context.Context, obj client.Object) []reconcile.Request {
	campaign, ok := obj.(*v1alpha1.ScreeningCampaign)
	if !ok {
		return nil
	}
	return request(campaign.Spec.Template.Spec.EscalationPolicyRef.Name)
}

func ofRound(_ context.Context, obj client.Object) []reconcile.Request {
	round, ok := obj.(*v1alpha1.ScreeningRound)
	if !ok {
		return nil
	}
	return request(round.Spec.EscalationPolicyRef.Name)
}

func (r *Reconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	var list v1alpha1.EscalationPolicyList
	if err := r.Client.List(ctx, &list); err != nil {
		return nil // the cache has not started; everything is queued when it has
	}
	var out []reconcile.Request
	for _, policy := range list.Items {
		out = append(out, request(policy.Name)...)
	}
	return out
}

func request(name string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: name}}}
}
