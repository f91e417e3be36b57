package campaign

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// apply writes the rounds that are not as planned. One that fails does not keep the
// others from their opening.
func (r *Reconciler) apply(ctx context.Context, d decision) error {
	var errs []error
	for _, round := range d.plan.Write {
		errs = append(errs, r.applyRound(ctx, round))
	}
	return errors.Join(errs...)
}

func (r *Reconciler) applyRound(ctx context.Context, round v1alpha1.ScreeningRound) error {
	key := client.ObjectKeyFromObject(&round)
	if round.UID == "" {
		exists, err := r.exists(ctx, key)
		if err != nil || exists {
			return err // one that exists comes with the cache, and is planned then
		}
	}
	configuration, err := configurationOf(round)
	if err != nil {
		return err
	}
	if err = r.Client.Apply(ctx, configuration, client.FieldOwner(v1alpha1.FieldOwner), client.ForceOwnership); err != nil {
		return fmt.Errorf("applying round %s: %w", key, err)
	}
	return nil
}

// exists asks the API server: the cache may lag, and a round that has opened must not
// be planned anew because it seems to be missing.
func (r *Reconciler) exists(ctx context.Context, key client.ObjectKey) (bool, error) {
	round := &metav1.PartialObjectMetadata{}
	round.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ScreeningRound"))
	err := r.Live.Get(ctx, key, round)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// configurationOf turns a round into what server-side apply takes. Fields left out
// (suspend, endAt) are not the operator's.
func configurationOf(round v1alpha1.ScreeningRound) (runtime.ApplyConfiguration, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&round)
	if err != nil {
		return nil, fmt.Errorf("encoding round %s/%s: %w", round.Namespace, round.Name, err)
	}
	delete(fields, "status")
	out := &unstructured.Unstructured{Object: fields}
	unstructured.RemoveNestedField(fields, "metadata", "creationTimestamp")
	out.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ScreeningRound"))
	return client.ApplyConfigurationFromUnstructured(out), nil
}
