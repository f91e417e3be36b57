package annual

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

func TestRuleOf(t *testing.T) {
	province := coverage.DefaultRule()
	tests := map[string]struct {
		own     v1alpha1.StricterCoverage
		due     string
		percent int
	}{
		"nothing":     {v1alpha1.StricterCoverage{}, "05-31", 95},
		"stricter":    {v1alpha1.StricterCoverage{DueBy: "12-31", TargetPercent: 98}, "12-31", 98},
		"milder":      {v1alpha1.StricterCoverage{DueBy: "07-15", TargetPercent: 50}, "05-31", 95},
		"not a day":   {v1alpha1.StricterCoverage{DueBy: "02-29"}, "05-31", 95},
		"one of both": {v1alpha1.StricterCoverage{TargetPercent: 100}, "05-31", 100},
	}
	for name, tt := range tests {
		got := RuleOf(province, tt.own)
		if got.DueBy.String() != tt.due || got.TargetPercent != tt.percent || got.YearBegins != (coverage.DayOfYear{Month: time.September, Day: 1}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSummary(t *testing.T) {
	const met, soon, late, going, silent, nobody = v1alpha1.ReasonMet, v1alpha1.ReasonDueSoon, v1alpha1.ReasonOverdue,
		v1alpha1.ReasonInProgress, v1alpha1.ReasonNoReport, v1alpha1.ReasonNobodyOnRoster
	tests := map[string]struct {
		tally  Tally
		status metav1.ConditionStatus
		reason string
		says   string
	}{
		"nothing at all":        {Tally{}, "Unknown", nobody, "no schools"},
		"all":                   {Tally{met: 40}, "True", met, "All 40 schools"},
		"one is missing":        {Tally{met: 39, going: 1}, "False", going, "1 of 40"},
		"overdue wins":          {Tally{met: 10, soon: 3, late: 2, silent: 1, nobody: 1, going: 1}, "False", late, "2 of 18"},
		"due soon":              {Tally{going: 10, soon: 3}, "False", soon, "3 of 13"},
		"known before unknown":  {Tally{going: 1, silent: 10}, "False", going, "1 of 11"},
		"not known":             {Tally{met: 10, silent: 1, nobody: 1}, "Unknown", silent, "1 of 12"},
		"a roster that is none": {Tally{met: 10, nobody: 2}, "Unknown", nobody, "2 of 12"},
	}
	for name, tt := range tests {
		c := Summary(tt.tally, "schools")
		if c.Status != tt.status || c.Reason != tt.reason || !strings.Contains(c.Message, tt.says) {
			t.Errorf("%s: %s/%s %q, want %s/%s %q", name, c.Status, c.Reason, c.Message, tt.status, tt.reason, tt.says)
		}
	}
}

func TestReasonOf(t *testing.T) {
	if got := ReasonOf(nil); got != v1alpha1.ReasonNoReport {
		t.Errorf("without a condition: %s", got)
	}
	if got := ReasonOf([]metav1.Condition{Condition(v1alpha1.ReasonDueSoon, "")}); got != v1alpha1.ReasonDueSoon {
		t.Errorf("got %s", got)
	}
}

func TestShare(t *testing.T) {
	if part, whole, ok := ReadShare(Share(1480, 1500)); !ok || part != 1480 || whole != 1500 {
		t.Errorf("read back %d/%d, %v", part, whole, ok)
	}
	for _, text := range []string{"", "1480", "1480/", "/1500", "a/b", "1/2/3"} {
		if _, _, ok := ReadShare(text); ok {
			t.Errorf("%q was read", text)
		}
	}
}
