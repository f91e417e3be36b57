package district

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
)

// annualScreening is what the district's schools say together; the worst of them stands for all.
func annualScreening(o observed) metav1.Condition { return annual.Summary(o.annual, "schools") }

// recordCoverage keeps the last figures of a school year until some of the present one are reported. The number of
// students is the district's own; rounded numbers of schools would not add up to it.
func recordCoverage(after *v1alpha1.District, o observed, now time.Time) {
	zone, err := time.LoadLocation(string(o.district.Spec.TimeZone))
	if err != nil {
		zone = time.UTC
	}
	year := annual.RuleOf(o.province, o.district.Spec.Coverage).YearOf(now, zone)
	s := &after.Status.Coverage
	switch {
	case o.coverage != nil && o.coverage.YearFrom.Equal(year.From):
		*s = v1alpha1.Coverage{SchoolYear: year.Name, Students: annual.Share(o.coverage.Screened, o.coverage.Eligible)}
	case s.SchoolYear != year.Name:
		return
	}
	s.Schools, s.OverdueSchools = "", nil
	if total := o.annual.Total(); total > 0 {
		s.Schools = annual.Share(int64(o.annual[v1alpha1.ReasonMet]), int64(total))
	}
	if overdue := o.annual[v1alpha1.ReasonOverdue]; overdue > 0 {
		s.OverdueSchools = ptr.To(int32(min(overdue, 1<<30))) //nolint:gosec // bounded
	}
}

// emitAnnual tells when the district's schools have all been screened and when some are overdue; what is between changes
// with the seasons.
func (r *Reconciler) emitAnnual(before, after *v1alpha1.District) {
	kinds := map[string]string{v1alpha1.ReasonMet: corev1.EventTypeNormal, v1alpha1.ReasonOverdue: corev1.EventTypeWarning}
	is := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionAnnualScreeningMet)
	if is == nil || kinds[is.Reason] == "" || annual.ReasonOf(before.Status.Conditions) == is.Reason {
		return
	}
	r.Events.Eventf(after, nil, kinds[is.Reason], is.Reason, "CountScreened", "%s: %s", is.Type, is.Message)
}
