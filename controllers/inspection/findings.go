package inspection

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/controlplane/rectify"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// findings is how the findings of an inspection stand together.
type findings struct {
	open, overdue int32
	nextBy        v1alpha1.Civil // "": none
	next          time.Time      // when one of them says something else; zero: never
	fault         error          // days that are yet to come or do not exist, by path
	late          []string       // those overdue
	strange       []string       // schools with findings that were not drawn
	astray        []string       // those of them where something is open
	condition     metav1.Condition
}

// judge counts findings whatever became of the draw: in an object restored from a backup their days go on.
func judge(o observed, d drawing, now time.Time) findings {
	var out findings
	var faults fault.List
	for n, f := range o.inspection.Spec.Findings {
		v, err := rectify.Judge(f, now, o.zone)
		for _, one := range fault.All(err) {
			faults.Addf(fmt.Sprintf("findings[%d].%s", n, one.Path), "%s", one.Problem)
		}
		out.take(f, v, notDrawn(o, d, f.School))
	}
	out.fault = faults.Err()
	out.condition = rectified(out)
	return out
}

func (t *findings) take(f v1alpha1.Finding, v rectify.Verdict, strange bool) {
	t.next = sooner(t.next, v.Next)
	if strange {
		t.strange = add(t.strange, f.School)
	}
	switch v.Standing {
	case rectify.Overdue:
		t.overdue++
		t.late = append(t.late, fmt.Sprintf("%s %s by %s", f.School, f.Item, f.RectifyBy))
	case rectify.Open:
		if t.nextBy == "" || f.RectifyBy < t.nextBy {
			t.nextBy = f.RectifyBy
		}
	default:
		return
	}
	t.open++
	if strange {
		t.astray = add(t.astray, f.School)
	}
}

func add(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// notDrawn reports whether a school was not drawn although there is a list to draw from.
func notDrawn(o observed, d drawing, school string) bool {
	drawn := append(slices.Clone(o.inspection.Status.Drawn), d.schools...)
	return len(o.inspection.Status.Listed)+len(d.listed) > 0 && !slices.Contains(drawn, school)
}

func rectified(f findings) metav1.Condition {
	kind := v1alpha1.ConditionRectified
	switch {
	case f.open == 0:
		return conditions.True(kind, v1alpha1.ReasonNothingOpen, "Nothing is to be rectified")
	case f.overdue > 0:
		return conditions.False(kind, v1alpha1.ReasonOverdue, fmt.Sprintf("Overdue: %d of %d open: %s", f.overdue, f.open, named(f.late)))
	case len(f.astray) > 0:
		return conditions.False(kind, v1alpha1.ReasonSchoolNotDrawn,
			fmt.Sprintf("Open: %d, also at schools that were not drawn: %s", f.open, named(f.astray)))
	}
	return conditions.False(kind, v1alpha1.ReasonOpen, fmt.Sprintf("Open: %d, the next to be rectified by %s", f.open, f.nextBy))
}

// mostNamed keeps a message short.
const mostNamed = 5

func named(all []string) string {
	if len(all) <= mostNamed {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:mostNamed], ", "), len(all)-mostNamed)
}
