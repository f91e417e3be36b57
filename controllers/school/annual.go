package school

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// screening is how a school stands in the school year, and after how long that may change by itself.
type screening struct {
	met      metav1.Condition  // AnnualScreeningMet
	coverage v1alpha1.Coverage // for status
	wait     time.Duration
}

// said is what the district last said of the school in a school year.
type said struct {
	students string // as status writes it
	met      bool
	nobody   bool // who is to be screened
}

// screen says how a school stands. What the district said holds until it says something else, whether or not it can be
// reached: students who were screened remain so.
func screen(o observed, now time.Time) screening {
	before := o.school.Status.Coverage
	if o.district == nil {
		return screening{met: annual.Condition(v1alpha1.ReasonNoReport, "There is no District that could report"), coverage: before}
	}
	rule := annual.RuleOf(o.province, o.district.Spec.Coverage)
	year := rule.YearOf(now, o.zone)
	s := screening{coverage: before, wait: year.Turns(now).Sub(now)}
	last, known := lastSaid(o, year)
	if !known {
		s.met = annual.Condition(v1alpha1.ReasonNoReport, fmt.Sprintf("The district has not reported the school year %s yet", year.Name))
		return s
	}
	s.coverage = v1alpha1.Coverage{SchoolYear: year.Name, Students: last.students}
	s.met = last.judge(rule, year, o.zone, now)
	return s
}

// lastSaid goes by the status where this operator has not heard from the district yet: it is what the district told the
// one before. Figures beside NoReport are of no use: whether they reached the target is not in them.
func lastSaid(o observed, year coverage.Year) (said, bool) {
	reason := annual.ReasonOf(o.school.Status.Conditions)
	switch {
	case o.coverage == nil && o.school.Status.Coverage.SchoolYear == year.Name && reason != v1alpha1.ReasonNoReport:
		return said{
			students: o.school.Status.Coverage.Students,
			met:      reason == v1alpha1.ReasonMet, nobody: reason == v1alpha1.ReasonNobodyOnRoster,
		}, true
	case o.coverage == nil || !o.coverage.YearFrom.Equal(year.From):
		return said{}, false
	}
	c, named := o.coverage.Of(o.school.Name)
	return said{students: annual.Share(c.Screened, c.Eligible), met: c.Met, nobody: !named || c.Eligible == 0 && c.Met}, true
}

func (s said) judge(rule coverage.Rule, year coverage.Year, zone *time.Location, now time.Time) metav1.Condition {
	due := year.Due.Add(-time.Second).In(zone).Format(time.DateOnly)
	switch standing := year.Standing(now); {
	case s.nobody:
		return annual.Condition(v1alpha1.ReasonNobodyOnRoster, "The roster has nobody of the school who is to be screened, or fewer than five")
	case s.met:
		return annual.Condition(v1alpha1.ReasonMet, fmt.Sprintf("%d%% of the students or more were screened in %s", rule.TargetPercent, year.Name))
	case standing == coverage.Overdue:
		return annual.Condition(v1alpha1.ReasonOverdue, fmt.Sprintf("Fewer than %d%% of the students were screened; it was due by %s", rule.TargetPercent, due))
	case standing == coverage.DueSoon:
		return annual.Condition(v1alpha1.ReasonDueSoon,
			fmt.Sprintf("Fewer than %d%% of the students were screened; less than sixty days are left until %s", rule.TargetPercent, due))
	}
	return annual.Condition(v1alpha1.ReasonInProgress, fmt.Sprintf("Fewer than %d%% of the students were screened so far; due by %s", rule.TargetPercent, due))
}

// differs reports whether a school's status says something else than what the district said.
func differs(o observed, now time.Time) bool {
	s := screen(o, now)
	return s.met.Reason != annual.ReasonOf(o.school.Status.Conditions) || !equality.Semantic.DeepEqual(s.coverage, o.school.Status.Coverage)
}
