package inspection

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/home"
)

// atMost is how many schools a list holds (status.listed).
const atMost = 2000

// observed is all that the decision depends on.
type observed struct {
	inspection v1alpha1.Inspection
	district   *v1alpha1.District // nil: there is none in the namespace, or its zone cannot be read
	zone       *time.Location
	schools    []string // of the areas, sorted; only while there is neither a list nor a seed
}

// gather returns nil for an inspection that is gone or going.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (*observed, error) {
	o := &observed{}
	if err := r.Client.Get(ctx, key, &o.inspection); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if err := r.readDistrict(ctx, o); err != nil {
		return nil, err
	}
	if len(o.inspection.Status.Listed) == 0 {
		if err := r.readUnlisted(ctx, key, o); err != nil {
			return nil, client.IgnoreNotFound(err)
		}
	}
	if !o.inspection.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return o, nil
}

func (r *Reconciler) readDistrict(ctx context.Context, o *observed) error {
	district, zone, err := home.District(ctx, r.Client, o.inspection.Namespace)
	if zone != nil {
		o.district, o.zone = district, zone
	}
	return err
}

// readUnlisted reads the schools and then, from the API server, the inspection: when that has no seed yet, nobody
// could choose the schools for one. A cache might be behind.
func (r *Reconciler) readUnlisted(ctx context.Context, key types.NamespacedName, o *observed) error {
	if o.district != nil && o.inspection.Spec.Seed == "" {
		var err error
		if o.schools, err = r.schools(ctx, o.inspection); err != nil {
			return fmt.Errorf("listing the schools: %w", err)
		}
	}
	return r.Live.Get(ctx, key, &o.inspection)
}

// schools asks the API server only when the cache has as many as a list holds.
func (r *Reconciler) schools(ctx context.Context, i v1alpha1.Inspection) ([]string, error) {
	names, err := namesIn(ctx, r.Client, i)
	if err != nil || len(names) == 0 || len(names) > atMost {
		return names, err
	}
	return namesIn(ctx, r.Live, i)
}

func namesIn(ctx context.Context, reader client.Reader, i v1alpha1.Inspection) ([]string, error) {
	var list v1alpha1.SchoolList
	if err := reader.List(ctx, &list, client.InNamespace(i.Namespace)); err != nil {
		return nil, err
	}
	var names []string
	for _, school := range list.Items {
		going := !school.DeletionTimestamp.IsZero()
		if !going && (len(i.Spec.Areas) == 0 || slices.Contains(i.Spec.Areas, school.Spec.Area)) {
			names = append(names, school.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
