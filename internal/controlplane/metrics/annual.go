package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
)

// schools is how many schools of a district stand how in the school year. Every state is there, also with 0, so that a rate
// or an alert has something to compare with.
var schools = family{
	desc: prometheus.NewDesc("evenkeel_schools_annual_screening", "Schools by how they stand in the school year.", []string{"district", "state"}, nil),
	read: func(ctx context.Context, c client.Reader, send func(float64, ...string)) error {
		var districts v1alpha1.DistrictList
		if err := c.List(ctx, &districts, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
		for _, d := range districts.Items {
			counts, err := schoolsByState(ctx, c, d.Namespace)
			if err != nil {
				return err
			}
			for _, state := range states {
				send(float64(counts[state]), d.Namespace, state)
			}
		}
		return nil
	},
}

// schoolsByState lists one district's schools: a list of all of a province's would be the largest thing in memory.
func schoolsByState(ctx context.Context, c client.Reader, namespace string) (map[string]int, error) {
	var schools v1alpha1.SchoolList
	if err := c.List(ctx, &schools, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for i := range schools.Items {
		counts[stateOf(annual.ReasonOf(schools.Items[i].Status.Conditions))]++
	}
	return counts, nil
}

// states are the values of the label state.
var states = []string{"met", "in_progress", "due_soon", "overdue", "unknown"}

func stateOf(reason string) string {
	switch reason {
	case v1alpha1.ReasonMet:
		return "met"
	case v1alpha1.ReasonInProgress:
		return "in_progress"
	case v1alpha1.ReasonDueSoon:
		return "due_soon"
	case v1alpha1.ReasonOverdue:
		return "overdue"
	}
	return "unknown"
}

// students is which share of a district's students was screened in the present school year, of rounded numbers. A district
// that has not reported that year, or of nobody, has none.
var students = family{
	desc: prometheus.NewDesc("evenkeel_district_students_screened_ratio",
		"Share of the students to be screened who were screened in the present school year, of numbers rounded to ten.", []string{"district"}, nil),
	read: func(ctx context.Context, c client.Reader, send func(float64, ...string)) error {
		var districts v1alpha1.DistrictList
		if err := c.List(ctx, &districts, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
		for _, d := range districts.Items {
			screened, eligible, ok := annual.ReadShare(d.Status.Coverage.Students)
			if ok && eligible > 0 && annual.ReasonOf(d.Status.Conditions) != v1alpha1.ReasonNoReport {
				send(float64(screened)/float64(eligible), d.Namespace)
			}
		}
		return nil
	},
}
