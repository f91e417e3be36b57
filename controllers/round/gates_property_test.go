package round

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// trial is one gate in a round of two schools: whether something is lacking, how strict
// the campaign is and whether an exception covers it.
type trial struct {
	gate     v1alpha1.GateName
	presence bool // and not evidence
	take     func(*observed)
	lacking  bool
	rule     v1alpha1.GateEnforcement // "": not listed
	covered  bool
}

func (t trial) required() bool {
	if t.rule == "" {
		return t.gate == v1alpha1.GateStaffing
	}
	return t.rule == v1alpha1.EnforcementRequired
}

// shuts reports whether the gate alone keeps a round from opening.
func (t trial) shuts() bool { return t.lacking && t.required() && !t.covered }

func (t trial) String() string {
	return fmt.Sprintf("%s lacking %v %q covered %v", t.gate, t.lacking, t.rule, t.covered)
}

func trials(t *rapid.T) []trial {
	all := []trial{
		{gate: v1alpha1.GateStaffing, presence: true, take: unstaffed},
		{gate: v1alpha1.GateDutyDrill, take: noDrill},
		{gate: v1alpha1.GatePublicity, take: publicity("")},
		{gate: v1alpha1.GateTraining, take: training("")},
		{gate: v1alpha1.GateCounsellingRoom, presence: true, take: hours(nil)},
		{gate: v1alpha1.GateExpertGroup, presence: true, take: func(o *observed) { o.district.Spec.Areas[0].ExpertGroups = nil }},
	}
	for i := range all {
		all[i].lacking = rapid.Bool().Draw(t, "lacking")
		all[i].covered = rapid.Bool().Draw(t, "covered")
		strictness := []v1alpha1.GateEnforcement{"", v1alpha1.EnforcementRequired}
		if all[i].gate != v1alpha1.GateStaffing {
			strictness = append(strictness, v1alpha1.EnforcementAdvisory)
		}
		all[i].rule = rapid.SampledFrom(strictness).Draw(t, "rule")
	}
	return all
}

func (t trial) declare(o *observed) {
	if t.rule != "" {
		asks(v1alpha1.GateRule{Name: t.gate, Enforcement: t.rule})(o)
	}
	if !t.covered {
		return
	}
	e := v1alpha1.GateException{Gate: t.gate, Until: "2026-12-31"}
	switch t.gate {
	case v1alpha1.GateDutyDrill:
	case v1alpha1.GateExpertGroup:
		e.Areas = []string{"east"}
	default:
		e.Schools = []string{"lotus-pond", "stone-bridge"}
	}
	except(e)(o)
}

// letThrough reports whether the district may open the round when its time comes.
func letThrough(d decision) bool { return d.digest != "" && d.hold == contract.HoldNone }

// Whatever is lacking, however strict a campaign is and whomever it excepts: a round opens
// exactly when no Required gate lacks something that is not excepted; and once students
// answer, exactly the Required gates of what must still be there hold it.
func TestRoundsOpenExactlyWhenNoRequiredGateIsShut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after := upcoming(t), underWay(t)
		passes, runs := true, true
		drawn := trials(rt)
		for _, one := range drawn {
			one.declare(&before)
			one.declare(&after)
			if one.lacking {
				one.take(&before)
				one.take(&after)
			}
			passes = passes && !one.shuts()
			runs = runs && (!one.shuts() || !one.presence)
		}
		if d := decide(before, opens.Add(-time.Hour)); letThrough(d) != passes {
			rt.Errorf("before the opening: pinned %q, hold %s, to pass %v, of %v: %s", d.digest, d.hold, passes, drawn, d.gates.message)
		}
		if d := decide(after, opens.Add(time.Hour)); (d.hold == contract.HoldNone) != runs {
			rt.Errorf("after the opening: hold %s, to run %v, of %v: %s", d.hold, runs, drawn, d.gates.message)
		}
	})
}
