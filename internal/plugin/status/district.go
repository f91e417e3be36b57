package status

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// District is one district: whether it is set up, whether it reports, whether anybody would answer.
type District struct {
	Name        string      `json:"name"`
	Code        string      `json:"code"`
	Health      Health      `json:"health"`
	Ready       State       `json:"ready"`
	Authorised  State       `json:"authorised"`
	Provisioned State       `json:"provisioned"`
	Keys        State       `json:"keys"`
	Reporting   State       `json:"reporting"`
	DutyChain   State       `json:"dutyChain"`
	Signals     State       `json:"signals"`
	Scores      State       `json:"scores"`
	Drill       State       `json:"drill"`
	Annual      State       `json:"annual"`
	Schools     string      `json:"schools,omitempty"`
	Screened    string      `json:"screened,omitempty"` // students of the school year, both numbers rounded to ten
	Created     metav1.Time `json:"created"`
}

func district(d *v1alpha1.District) District {
	conditions := d.Status.Conditions
	out := District{
		Name:        d.Name,
		Code:        d.Spec.Code,
		Ready:       ready(d, conditions),
		Authorised:  state(conditions, v1alpha1.ConditionAuthorised, Attention),
		Provisioned: provisioned(conditions),
		Keys:        state(conditions, v1alpha1.ConditionKeysReady, Attention),
		Reporting:   state(conditions, v1alpha1.ConditionReporting, Attention),
		DutyChain:   state(conditions, v1alpha1.ConditionDutyChainReady, Attention),
		Signals:     state(conditions, v1alpha1.ConditionSignalsCovered, Attention),
		Scores:      scores(conditions),
		Drill:       drill(conditions),
		Annual:      annual(conditions),
		Schools:     d.Status.Schools,
		Screened:    d.Status.Coverage.Students,
		Created:     d.CreationTimestamp,
	}
	out.Health = worst(out.Ready.Health, out.Authorised.Health, out.Provisioned.Health, out.Keys.Health,
		out.Reporting.Health, out.DutyChain.Health, out.Signals.Health, out.Scores.Health, out.Annual.Health)
	return out
}

// drill is whether everybody on duty answered a drill of late. It matters on the day a round
// opens, and then the round's gate says so: by itself it concerns nobody.
func drill(conditions []metav1.Condition) State {
	out := state(conditions, v1alpha1.ConditionDutyDrillAcknowledged, Neutral)
	if out.Status == string(metav1.ConditionUnknown) {
		out.Health = Neutral
	}
	return out
}

// annual is how far a school year's screening is: of a district, a campaign or a school. While
// there is time it concerns nobody, and what is not known is told by what does not report.
func annual(conditions []metav1.Condition) State {
	out := state(conditions, v1alpha1.ConditionAnnualScreeningMet, Neutral)
	switch {
	case out.Status == string(metav1.ConditionUnknown):
		out.Health = Neutral
	case out.Reason == v1alpha1.ReasonOverdue:
		out.Health = Attention
	case out.Reason == v1alpha1.ReasonDueSoon:
		out.Health = Working
	}
	return out
}

// scores is whether a second scorer agreed. Before the first night nobody misses it.
func scores(conditions []metav1.Condition) State {
	out := state(conditions, v1alpha1.ConditionScoresVerified, Attention)
	if out.Status == string(metav1.ConditionUnknown) && out.Reason != v1alpha1.ReasonOverdue {
		out.Health = Neutral
	}
	return out
}

// provisioned tells work in progress from what has failed.
func provisioned(conditions []metav1.Condition) State {
	out := state(conditions, v1alpha1.ConditionProvisioned, Attention)
	if out.Reason == v1alpha1.ReasonMigrating || out.Reason == v1alpha1.ReasonRollingOut {
		out.Health = Working
	}
	return out
}

// Channel is one agreement with a hospital or centre.
type Channel struct {
	District   string         `json:"district"`
	Name       string         `json:"name"`
	Facility   string         `json:"facility"`
	Class      string         `json:"class"`
	ValidUntil v1alpha1.Civil `json:"validUntil"`
	Ready      State          `json:"ready"`
	Usable     State          `json:"usable"`
}

func channel(c *v1alpha1.ReferralChannel) Channel {
	return Channel{
		District:   c.Namespace,
		Name:       c.Name,
		Facility:   c.Spec.Facility.Code,
		Class:      string(c.Spec.Class),
		ValidUntil: c.Spec.Agreement.ValidUntil,
		Ready:      ready(c, c.Status.Conditions),
		Usable:     state(c.Status.Conditions, v1alpha1.ConditionUsable, Attention),
	}
}

// Schools sums up the schools of one district: a province has twenty thousand.
type Schools struct {
	District string `json:"district"`
	Total    int    `json:"total"`
	// Ready is how many may be screened.
	Ready int `json:"ready"`
	// NotReady counts the others by reason.
	NotReady []ReasonCount `json:"notReady,omitempty"`
	// Annual counts all of them by how far the screening of the school year is.
	Annual []ReasonCount `json:"annual,omitempty"`
}

// ReasonCount is how many schools have a reason.
type ReasonCount struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

func schools(all []v1alpha1.School) []Schools {
	districts := map[string]*Schools{}
	reasons, years := map[string]map[string]int{}, map[string]map[string]int{}
	for _, school := range all {
		if districts[school.Namespace] == nil {
			districts[school.Namespace] = &Schools{District: school.Namespace}
			reasons[school.Namespace], years[school.Namespace] = map[string]int{}, map[string]int{}
		}
		d := districts[school.Namespace]
		d.Total++
		if year := meta.FindStatusCondition(school.Status.Conditions, v1alpha1.ConditionAnnualScreeningMet); year != nil {
			years[school.Namespace][year.Reason]++
		}
		condition := meta.FindStatusCondition(school.Status.Conditions, v1alpha1.ConditionScreeningReady)
		switch {
		case condition == nil:
			reasons[school.Namespace][v1alpha1.ReasonPending]++
		case condition.Status == metav1.ConditionTrue:
			d.Ready++
		default:
			reasons[school.Namespace][condition.Reason]++
		}
	}
	out := make([]Schools, 0, len(districts))
	for _, name := range slices.Sorted(maps.Keys(districts)) {
		districts[name].NotReady, districts[name].Annual = byCount(reasons[name]), byCount(years[name])
		out = append(out, *districts[name])
	}
	return out
}

// byCount lists the most frequent reason first.
func byCount(counts map[string]int) []ReasonCount {
	var out []ReasonCount
	for reason, count := range counts {
		out = append(out, ReasonCount{reason, count})
	}
	slices.SortFunc(out, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func told(counts []ReasonCount) string {
	var parts []string
	for _, r := range counts {
		parts = append(parts, fmt.Sprintf("%d %s", r.Count, r.Reason))
	}
	return strings.Join(parts, ", ")
}
