// Package referralchannel reconciles ReferralChannels. Ready says that one is
// understood; Usable says whether a referral can be sent through it now: the
// agreement is valid, the secrets are there and the facility answers, of which
// casework is the judge, since the operator dials no address that a tenant wrote.
package referralchannel

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/home"
	"github.com/evenkeel/evenkeel/internal/controlplane/result"
)

// Reconciler reconciles ReferralChannels.
type Reconciler struct {
	Client client.Client
	Live   client.Reader // uncached, for the Secret
	Clock  clock.PassiveClock
	Status *apply.StatusWriter
	Board  *board.Board
}

// SetupWithManager registers the reconciler. A District's spec and what casework
// found when it probed wake its channels.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	ofDistrict := handler.EnqueueRequestsFromMapFunc(r.ofDistrict)
	return ctrl.NewControllerManagedBy(mgr).
		Named("referralchannel").
		For(&v1alpha1.ReferralChannel{}, changed).
		Watches(&v1alpha1.District{}, ofDistrict, changed).
		WatchesRawSource(source.Channel(r.Board.SubscribeTo(view), ofDistrict)).
		Complete(r)
}

// view is the part of a reading that channels speak of.
func view(r board.Reading) any {
	type part struct {
		ok     bool
		probes []contract.Probe
	}
	return part{r.OK, r.Report.Channels}
}

func (r *Reconciler) ofDistrict(ctx context.Context, district client.Object) []reconcile.Request {
	var channels v1alpha1.ReferralChannelList
	if err := r.Client.List(ctx, &channels, client.InNamespace(district.GetNamespace())); err != nil {
		return nil // the cache is gone, and with it the manager
	}
	requests := make([]reconcile.Request, 0, len(channels.Items))
	for i := range channels.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&channels.Items[i])})
	}
	return requests
}

// Reconcile judges one channel.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	o, err := r.gather(ctx, req.NamespacedName)
	if err != nil || o == nil {
		return ctrl.Result{}, err
	}
	j := decide(*o, r.Clock.Now())
	after := summarise(*o, j, r.Clock.Now())
	wait, err := r.Status.Write(ctx, &o.channel, after)
	return result.Of(err, j.terminal, wait, j.wait)
}

// observed is all that the judgement depends on.
type observed struct {
	channel   v1alpha1.ReferralChannel
	zone      *time.Location // nil: there is no district in the namespace, or its zone cannot be read
	secret    *corev1.Secret // nil: missing
	forbidden bool           // the Secret may not be read
	early     bool           // the exchange has yet to have its turn
	silent    bool           // the latest call brought no report
	last      *board.Reading // the latest with a report
}

// gather returns nil for a channel that is gone or going.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (*observed, error) {
	o := &observed{}
	if err := r.Client.Get(ctx, key, &o.channel); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if !o.channel.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	var err error
	if _, o.zone, err = home.District(ctx, r.Client, key.Namespace); err != nil {
		return nil, err
	}
	if err := r.readSecret(ctx, o); err != nil {
		return nil, err
	}
	latest, heard := r.Board.Reading(key.Namespace)
	o.early, o.silent = !heard && !r.Board.FirstTurnOver(r.Clock.Now()), heard && !latest.OK
	if last, ok := r.Board.LastGood(key.Namespace); ok {
		o.last = &last
	}
	return o, nil
}

func (r *Reconciler) readSecret(ctx context.Context, o *observed) error {
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: o.channel.Namespace, Name: o.channel.Spec.Endpoint.SecretRef.Name}
	err := r.Live.Get(ctx, key, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case apierrors.IsForbidden(err):
		o.forbidden = true
		return nil
	case err != nil:
		return fmt.Errorf("reading Secret %s: %w", key.Name, err)
	}
	o.secret = &secret
	return nil
}
