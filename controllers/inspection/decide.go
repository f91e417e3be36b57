package inspection

import (
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
	"github.com/evenkeel/evenkeel/internal/core/draw"
)

// decision is what becomes of an inspection, and after how long that may change by itself.
type decision struct {
	drawing
	findings findings
	wait     time.Duration
	terminal error
}

// drawing is how far the draw is.
type drawing struct {
	verdict conditions.Verdict
	drawn   metav1.Condition
	listed  []string // to be recorded; nil: nothing new
	schools []string // drawn, to be recorded; nil: nothing new
}

// rule returns nil when it has nothing to say.
type rule func(o observed) *drawing

// rules in order; the first that speaks decides.
var rules = []rule{withoutDistrict, alreadyDrawn, withList, withSeedFirst, withUnknownArea, withoutSchools, withTooMany}

func decide(o observed, now time.Time) decision {
	d := decision{drawing: drawingOf(o)}
	if o.district == nil {
		return d
	}
	d.findings = judge(o, d.drawing, now)
	if !d.findings.next.IsZero() {
		d.wait = d.findings.next.Sub(now)
	}
	if fault := d.findings.fault; fault != nil {
		d.verdict = spoilt(d.verdict, fault)
	}
	if strange := d.findings.strange; len(d.schools)+len(o.inspection.Status.Drawn) > 0 && len(strange) > 0 {
		d.drawn.Message += "; findings are also of schools that were not: " + named(strange)
	}
	if d.verdict.State == conditions.Invalid {
		d.terminal = errors.New(d.verdict.Message)
	}
	return d
}

// spoilt is a verdict on an inspection with findings at fault.
func spoilt(v conditions.Verdict, fault error) conditions.Verdict {
	if v.State == conditions.Applied {
		return conditions.Verdict{State: conditions.Invalid, Message: fault.Error()}
	}
	v.Message += "; " + fault.Error()
	return v
}

func drawingOf(o observed) drawing {
	for _, r := range rules {
		if d := r(o); d != nil {
			return *d
		}
	}
	d := undrawn(conditions.Applied, v1alpha1.ReasonWaitingForSeed, waitsForSeed(len(o.schools)))
	d.listed = o.schools
	return d
}

func undrawn(state conditions.State, reason, message string) drawing {
	return drawing{
		verdict: conditions.Verdict{State: state, Message: message},
		drawn:   conditions.False(v1alpha1.ConditionDrawn, reason, message),
	}
}

func waitsForSeed(schools int) string {
	return fmt.Sprintf("Schools listed: %d; write spec.seed once seedSource has published it", schools)
}

// withoutDistrict leaves everything as it was: code and time zone are the District's.
func withoutDistrict(o observed) *drawing {
	if o.district != nil {
		return nil
	}
	message := fmt.Sprintf("Waiting for the District %s in this namespace, whose code the draw is made with", o.inspection.Namespace)
	return &drawing{
		verdict: conditions.Verdict{State: conditions.Waiting, Message: message},
		drawn:   asItWas(o, v1alpha1.ConditionDrawn, message),
	}
}

// alreadyDrawn: a draw is made once.
func alreadyDrawn(o observed) *drawing {
	s := o.inspection.Status
	if len(s.Drawn) == 0 {
		return nil
	}
	message := fmt.Sprintf("Schools drawn: %d of %d", len(s.Drawn), len(s.Listed))
	return &drawing{
		verdict: conditions.Verdict{State: conditions.Applied, Message: message},
		drawn:   conditions.True(v1alpha1.ConditionDrawn, v1alpha1.ReasonDrawn, message),
	}
}

// withList draws once the seed is there.
func withList(o observed) *drawing {
	i := o.inspection
	switch {
	case len(i.Status.Listed) == 0:
		return nil
	case i.Spec.Seed == "":
		d := undrawn(conditions.Applied, v1alpha1.ReasonWaitingForSeed, waitsForSeed(len(i.Status.Listed)))
		return &d
	}
	occasion := draw.Occasion{Seed: i.Spec.Seed, District: o.district.Spec.Code, Inspection: i.Name}
	o.inspection.Status.Drawn = draw.Names(draw.Compute(occasion, i.Status.Listed, int(i.Spec.Schools)))
	d := alreadyDrawn(o)
	d.schools = o.inspection.Status.Drawn
	return d
}

func withSeedFirst(o observed) *drawing {
	if o.inspection.Spec.Seed == "" {
		return nil
	}
	d := undrawn(conditions.Invalid, v1alpha1.ReasonSeedBeforeList,
		"The seed was there before the schools were listed, so the draw could have been chosen: make another Inspection without a seed")
	return &d
}

// withUnknownArea: the schools of an area that is not there are not silently left out.
func withUnknownArea(o observed) *drawing {
	for _, area := range o.inspection.Spec.Areas {
		if !slices.ContainsFunc(o.district.Spec.Areas, func(a v1alpha1.Area) bool { return a.Code == area }) {
			d := undrawn(conditions.Waiting, v1alpha1.ReasonNoSchools,
				fmt.Sprintf("The District lists no area %s: add it there, or make another Inspection with the areas that there are", area))
			return &d
		}
	}
	return nil
}

func withoutSchools(o observed) *drawing {
	if len(o.schools) > 0 {
		return nil
	}
	d := undrawn(conditions.Waiting, v1alpha1.ReasonNoSchools, "Waiting for a School to draw from")
	return &d
}

func withTooMany(o observed) *drawing {
	if len(o.schools) <= atMost {
		return nil
	}
	d := undrawn(conditions.Invalid, v1alpha1.ReasonTooManySchools,
		fmt.Sprintf("%d schools are more than the %d of one list: make an Inspection for some of the areas instead", len(o.schools), atMost))
	return &d
}
