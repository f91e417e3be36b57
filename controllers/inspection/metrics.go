package inspection

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// overdueFindings has a value for every district with an Inspection.
var overdueFindings = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "evenkeel_inspection_findings_overdue",
	Help: "Findings of inspections that should have been rectified and are not, by district.",
}, []string{"district"})

func init() { metrics.Registry.MustRegister(overdueFindings) }

// count sums up the inspections of a namespace, of which the cache may not have the latest yet.
func (r *Reconciler) count(ctx context.Context, namespace string, latest *v1alpha1.Inspection) error {
	var list v1alpha1.InspectionList
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("counting overdue findings: %w", err)
	}
	if len(list.Items) == 0 {
		overdueFindings.DeleteLabelValues(namespace)
		return nil
	}
	total := int32(0)
	for _, one := range list.Items {
		if latest != nil && one.Name == latest.Name {
			one = *latest
		}
		if one.DeletionTimestamp.IsZero() {
			total += ptr.Deref(one.Status.Overdue, 0)
		}
	}
	overdueFindings.WithLabelValues(namespace).Set(float64(total))
	return nil
}
