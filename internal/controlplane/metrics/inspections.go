package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// findings is how many findings of a district's inspections are overdue. A district without an Inspection has none.
var findings = family{
	desc: prometheus.NewDesc("evenkeel_inspection_findings_overdue",
		"Findings of inspections that should have been rectified and are not.", []string{"district"}, nil),
	read: func(ctx context.Context, c client.Reader, send func(float64, ...string)) error {
		var inspections v1alpha1.InspectionList
		if err := c.List(ctx, &inspections, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
		overdue := map[string]int32{}
		for _, i := range inspections.Items {
			overdue[i.Namespace] += ptr.Deref(i.Status.Overdue, 0)
		}
		for district, n := range overdue {
			send(float64(n), district)
		}
		return nil
	},
}
