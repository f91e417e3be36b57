package district

import (
	"context"
	"errors"
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/apply"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
)

// apply does what the plan says, Secrets first and alone: keys must be stored
// before anything is built on them.
func (r *Reconciler) apply(ctx context.Context, o observed, p plan) error {
	for _, m := range p.make {
		if err := r.makeSecret(ctx, &o, m); err != nil {
			return err
		}
	}
	if len(p.make) > 0 {
		r.Board.Nudge(o.district.Namespace) // there is something to call with now
	}
	var errs []error
	for _, desired := range objects(&o.district, p, r.Settings) {
		if _, err := r.Applier.Apply(ctx, desired); err != nil {
			errs = append(errs, err)
		}
	}
	for _, c := range workload.Processes {
		if replicas, due := p.scale[c]; due {
			errs = append(errs, r.scale(ctx, o, c, replicas))
		}
	}
	for _, job := range append(p.retry, p.obsolete...) {
		errs = append(errs, r.remove(ctx, &job, metav1.DeletePropagationBackground))
	}
	return errors.Join(errs...)
}

// objects builds everything that is applied, in a fixed order: policies before
// pods, the migration before processes.
func objects(d *v1alpha1.District, p plan, s workload.Settings) []apply.Configuration {
	var all []apply.Configuration
	if p.objects {
		for _, policy := range workload.BuildPolicies(d, s) {
			all = append(all, policy)
		}
		for _, c := range workload.Processes {
			for _, service := range workload.BuildServices(d, c) {
				all = append(all, service)
			}
			all = append(all, workload.BuildBudget(d, c))
		}
	}
	if p.migrate != "" {
		all = append(all, workload.BuildMigration(d, p.migrate, p.roles, s))
	}
	for _, c := range workload.Processes {
		if release, due := p.deploy[c]; due {
			all = append(all, workload.BuildDeployment(d, c, release, s))
		}
	}
	return all
}

// makeSecret creates and never changes. What was made is put into o, since the
// second key Secret takes the code key from the first.
func (r *Reconciler) makeSecret(ctx context.Context, o *observed, m material) error {
	data, err := generate(m, *o, r.Clock.Now())
	if err != nil {
		return fmt.Errorf("making the Secret %s: %w", m.name, err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: o.district.Namespace, Name: m.name, Labels: workload.DistrictLabels(o.district.Name),
		},
		// Not immutable: a node remembers an immutable Secret by its name as long as any
		// pod there uses it, so pods started after the custodian restored a key would get the
		// wrong one again. The operator has no right to update Secrets in any case.
		Type: corev1.SecretTypeOpaque,
		Data: data,
	}
	if err := r.Client.Create(ctx, secret, client.FieldOwner(v1alpha1.FieldOwner)); err != nil {
		return fmt.Errorf("creating the Secret %s: %w", m.name, err)
	}
	o.secrets[m.name] = secret
	return nil
}

// scale goes through the subresource, for the very object that was looked at.
func (r *Reconciler) scale(ctx context.Context, o observed, c workload.Component, replicas int32) error {
	d := o.deployments[c]
	body := &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: d.Name, ResourceVersion: d.ResourceVersion},
		Spec:       autoscalingv1.ScaleSpec{Replicas: replicas},
	}
	err := r.Client.SubResource("scale").Update(ctx, d, client.WithSubResourceBody(body), client.FieldOwner(v1alpha1.FieldOwner))
	if err != nil {
		return fmt.Errorf("scaling %s: %w", d.Name, err)
	}
	return nil
}

// remove deletes the very object that was looked at.
func (r *Reconciler) remove(ctx context.Context, obj client.Object, how metav1.DeletionPropagation) error {
	if !obj.GetDeletionTimestamp().IsZero() {
		return nil
	}
	err := r.Client.Delete(ctx, obj, client.Preconditions{UID: ptr.To(obj.GetUID())}, client.PropagationPolicy(how))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting %s: %w", obj.GetName(), err)
	}
	return nil
}
