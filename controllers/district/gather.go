package district

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/workload"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// observed is all that is known about a district at one moment.
type observed struct {
	district    v1alpha1.District
	namespace   *corev1.Namespace         // nil: gone
	secrets     map[string]*corev1.Secret // those it needs, by name; one that is missing is not there
	deployments map[workload.Component]*appsv1.Deployment
	migrations  []batchv1.Job
	rounds      []v1alpha1.ScreeningRound
	schools     int
	screenable  int             // of the schools
	annual      annual.Tally    // of the schools, by how they stand in the school year
	province    coverage.Rule   // of the province
	latest      *board.Reading  // nil: the exchange has not had its turn
	last        *board.Reading  // the latest with a report
	coverage    *board.Coverage // what was last said of a school year; nil: nothing to this operator
	early       bool            // until the exchange has had its turn, what a district last said stays
	forbidden   string          // what the operator may not read here; "": nothing
}

func (r *Reconciler) gather(ctx context.Context, d *v1alpha1.District) (observed, error) {
	o := observed{
		district: *d, province: r.Coverage, annual: annual.Tally{}, early: !r.Board.FirstTurnOver(r.Clock.Now()),
		secrets: map[string]*corev1.Secret{}, deployments: map[workload.Component]*appsv1.Deployment{},
	}
	reads := []func(context.Context, *observed) error{r.readNamespace, r.readObjects, r.readWorkloads, r.readSecrets}
	for _, read := range reads {
		if err := read(ctx, &o); err != nil {
			return o, err
		}
	}
	if reading, ok := r.Board.Reading(d.Namespace); ok {
		o.latest, o.coverage = &reading, reading.Coverage
	}
	if reading, ok := r.Board.LastGood(d.Namespace); ok {
		o.last = &reading
	}
	return o, nil
}

func (r *Reconciler) readNamespace(ctx context.Context, o *observed) error {
	var namespace corev1.Namespace
	err := r.Client.Get(ctx, types.NamespacedName{Name: o.district.Namespace}, &namespace)
	if apierrors.IsNotFound(err) {
		return nil
	}
	o.namespace = &namespace
	return err
}

func (r *Reconciler) readObjects(ctx context.Context, o *observed) error {
	var schools v1alpha1.SchoolList
	if err := r.Client.List(ctx, &schools, client.InNamespace(o.district.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing schools: %w", err)
	}
	for _, s := range schools.Items {
		o.schools++
		o.annual[annual.ReasonOf(s.Status.Conditions)]++
		if screenable(s) {
			o.screenable++
		}
	}
	var rounds v1alpha1.ScreeningRoundList
	if err := r.Client.List(ctx, &rounds, client.InNamespace(o.district.Namespace)); err != nil {
		return fmt.Errorf("listing rounds: %w", err)
	}
	o.rounds = rounds.Items
	return nil
}

func screenable(s v1alpha1.School) bool {
	return conditions.Holds(s.Status.Conditions, v1alpha1.ConditionScreeningReady)
}

func (r *Reconciler) readWorkloads(ctx context.Context, o *observed) error {
	own := []client.ListOption{
		client.InNamespace(o.district.Namespace),
		client.MatchingLabels(workload.DistrictLabels(o.district.Name)),
	}
	var deployments appsv1.DeploymentList
	if err := r.Live.List(ctx, &deployments, own...); err != nil {
		return o.orForbidden(err, "list Deployments")
	}
	for _, c := range workload.Processes {
		i := slices.IndexFunc(deployments.Items, func(d appsv1.Deployment) bool { return d.Name == workload.Name(o.district.Name, c) })
		if i >= 0 {
			o.deployments[c] = &deployments.Items[i]
		}
	}
	var jobs batchv1.JobList
	if err := r.Live.List(ctx, &jobs, own...); err != nil {
		return o.orForbidden(err, "list Jobs")
	}
	o.migrations = jobs.Items
	return nil
}

// readSecrets reads by name, and only in a district that is granted: elsewhere
// there is nothing to do with them.
func (r *Reconciler) readSecrets(ctx context.Context, o *observed) error {
	if !o.granted() || o.terminating() {
		return nil
	}
	for _, name := range secretNames(&o.district, r.Clock.Now().UTC().Year()) {
		var secret corev1.Secret
		err := r.Live.Get(ctx, types.NamespacedName{Namespace: o.district.Namespace, Name: name}, &secret)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return o.orForbidden(err, "read Secret "+name)
		default:
			o.secrets[name] = &secret
		}
	}
	return nil
}

// secretNames lists, in order and once each, the Secrets a district needs.
func secretNames(d *v1alpha1.District, year int) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, c := range append([]workload.Component{workload.Migrate}, workload.Processes...) {
		for _, f := range workload.Files(d, c, year) {
			add(f.Secret)
		}
	}
	for _, t := range d.Spec.Transports {
		add(t.Endpoint.SecretRef.Name)
	}
	return names
}

func (o *observed) orForbidden(err error, what string) error {
	if !apierrors.IsForbidden(err) {
		return fmt.Errorf("could not %s: %w", what, err)
	}
	o.forbidden = what
	return nil
}

func (o *observed) terminating() bool {
	return o.namespace == nil || !o.namespace.DeletionTimestamp.IsZero()
}

func (o *observed) granted() bool {
	return o.namespace != nil && o.district.Name == o.district.Namespace &&
		o.namespace.Labels[v1alpha1.LabelDistrict] == o.district.Spec.Code
}
