package school

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/conditions"
)

func TestDecide(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	// 23:00 of 31 December in Shanghai, 15:00 in Greenwich.
	now := time.Date(2026, 12, 31, 15, 0, 0, 0, time.UTC)
	district := &v1alpha1.District{Spec: v1alpha1.DistrictSpec{Areas: []v1alpha1.Area{{Code: "east"}}}}
	provider := func(until v1alpha1.Civil) v1alpha1.Staffing {
		return v1alpha1.Staffing{Provider: v1alpha1.Provider{Name: "Heart", Credential: "1", ValidUntil: until}}
	}
	tests := map[string]struct {
		district *v1alpha1.District
		area     string
		staffing v1alpha1.Staffing
		reason   string
		state    conditions.State
		wait     time.Duration
	}{
		"no district yet":               {nil, "", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](1)}, "DistrictMissing", conditions.Waiting, 0},
		"an area nobody listed":         {district, "west", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](1)}, "AreaUnknown", conditions.Waiting, 0},
		"a full-time teacher":           {district, "east", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](1)}, "Staffed", conditions.Applied, 0},
		"a part-time teacher":           {district, "", v1alpha1.Staffing{PartTimePsychTeachers: ptr.To[int32](1)}, "Staffed", conditions.Applied, 0},
		"nobody":                        {district, "", v1alpha1.Staffing{FullTimePsychTeachers: ptr.To[int32](0)}, "NoPsychTeacher", conditions.Applied, 0},
		"a provider on its last day":    {district, "", provider("2026-12-31"), "Staffed", conditions.Applied, time.Hour},
		"a provider of yesterday":       {district, "", provider("2026-12-30"), "ProviderExpired", conditions.Applied, 0},
		"a day that does not exist":     {district, "", provider("2026-02-30"), "ProviderExpired", conditions.Invalid, 0},
		"a teacher beside an old paper": {district, "", v1alpha1.Staffing{PartTimePsychTeachers: ptr.To[int32](1), Provider: provider("2020-01-01").Provider}, "Staffed", conditions.Applied, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := observed{district: tt.district, zone: shanghai, school: v1alpha1.School{Spec: v1alpha1.SchoolSpec{Area: tt.area, Staffing: tt.staffing}}}
			j := decide(o, now)
			if j.ready.Reason != tt.reason || j.verdict.State != tt.state || j.wait != tt.wait {
				t.Errorf("%s, state %d, wait %s; want %s, %d, %s", j.ready.Reason, j.verdict.State, j.wait, tt.reason, tt.state, tt.wait)
			}
			if (j.terminal != nil) != (tt.state == conditions.Invalid) {
				t.Errorf("terminal error %v in state %d", j.terminal, j.verdict.State)
			}
		})
	}
}
