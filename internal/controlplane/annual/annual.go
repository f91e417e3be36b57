// Package annual is what School, District and ScreeningCampaign have in common where they say whether every student was screened in
// the school year: the rule that holds, the condition, and the figures as status writes them. It is pure.
package annual

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// RuleOf is the province's rule, and where the district's own is stricter, that. A day that is none has no effect: the
// schema refuses it.
func RuleOf(province coverage.Rule, own v1alpha1.StricterCoverage) coverage.Rule {
	district := coverage.Rule{TargetPercent: int(own.TargetPercent)}
	if due, err := coverage.ParseDayOfYear(string(own.DueBy)); err == nil {
		district.DueBy = due
	}
	return province.Stricter(district)
}

// worstFirst are the reasons of AnnualScreeningMet. What is known to be missing comes before what is not known.
var worstFirst = []string{
	v1alpha1.ReasonOverdue, v1alpha1.ReasonDueSoon, v1alpha1.ReasonInProgress,
	v1alpha1.ReasonNoReport, v1alpha1.ReasonNobodyOnRoster, v1alpha1.ReasonMet,
}

// ReasonOf is the reason of AnnualScreeningMet among conditions: NoReport where it is not there yet.
func ReasonOf(list []metav1.Condition) string {
	c := meta.FindStatusCondition(list, v1alpha1.ConditionAnnualScreeningMet)
	if c == nil {
		return v1alpha1.ReasonNoReport
	}
	return c.Reason
}

// Tally is how many of several schools or districts give a reason.
type Tally map[string]int

// Worst is the reason that stands for all of them; for none it is NobodyOnRoster.
func (t Tally) Worst() string {
	i := slices.IndexFunc(worstFirst, func(reason string) bool { return t[reason] > 0 })
	if i < 0 {
		return v1alpha1.ReasonNobodyOnRoster
	}
	return worstFirst[i]
}

// Total is how many there are.
func (t Tally) Total() (n int) {
	for _, count := range t {
		n += count
	}
	return n
}

// Condition is AnnualScreeningMet with the status that goes with the reason.
func Condition(reason, message string) metav1.Condition {
	kind := v1alpha1.ConditionAnnualScreeningMet
	switch reason {
	case v1alpha1.ReasonMet:
		return conditions.True(kind, reason, message)
	case v1alpha1.ReasonNoReport, v1alpha1.ReasonNobodyOnRoster:
		return conditions.Unknown(kind, reason, message)
	}
	return conditions.False(kind, reason, message)
}

// Summary is AnnualScreeningMet of what consists of several: schools of a district, districts of a campaign.
func Summary(t Tally, what string) metav1.Condition {
	reason, total := t.Worst(), t.Total()
	switch reason {
	case v1alpha1.ReasonMet:
		return Condition(reason, fmt.Sprintf("All %d %s reach the target of the school year", total, what))
	case v1alpha1.ReasonOverdue:
		return Condition(reason, fmt.Sprintf("%d of %d %s do not reach the target, although it was due", t[reason], total, what))
	case v1alpha1.ReasonDueSoon:
		return Condition(reason, fmt.Sprintf("%d of %d %s do not reach the target yet, and less than sixty days are left", t[reason], total, what))
	case v1alpha1.ReasonInProgress:
		return Condition(reason, fmt.Sprintf("%d of %d %s do not reach the target of the school year yet", t[reason], total, what))
	case v1alpha1.ReasonNoReport:
		return Condition(reason, fmt.Sprintf("Nothing is reported of the school year for %d of %d %s", t[reason], total, what))
	}
	if total == 0 {
		return Condition(reason, fmt.Sprintf("There are no %s", what))
	}
	return Condition(reason, fmt.Sprintf("Of %d of %d %s nobody who is to be screened is on a roster", t[reason], total, what))
}

// Share writes a part of a whole as status does: 1480/1500.
func Share(part, whole int64) string { return fmt.Sprintf("%d/%d", part, whole) }

// ReadShare reads what Share wrote, and false from anything else.
func ReadShare(text string) (part, whole int64, ok bool) {
	before, after, _ := strings.Cut(text, "/")
	part, err := strconv.ParseInt(before, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	whole, err = strconv.ParseInt(after, 10, 64)
	return part, whole, err == nil
}
