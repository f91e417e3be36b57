package translate_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/calendar"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/rollout"
)

// FuzzCalendar reads a file that never met an API server. Of what compiles, the school days
// are in order and of a kind that says so, and every district and school has a calendar;
// what does not names the field at fault.
func FuzzCalendar(f *testing.F) {
	seed(f, "../../../config/samples/academiccalendar.yaml")
	f.Add([]byte("spec: {timeZone: UTC, terms: [{from: '2026-02-30', to: '0001-01-01'}], exceptions: [{district: a, school: b, closures: [{from: '', to: ''}]}]}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in v1alpha1.AcademicCalendar
		if yaml.Unmarshal(raw, &in) != nil {
			return
		}
		compiled, err := translate.CompileCalendar(in.Spec)
		if err != nil {
			if len(fault.Paths(err)) == 0 {
				t.Fatalf("a fault without a field: %v", err)
			}
			return
		}
		calendars := []*calendar.Compiled{compiled}
		for _, e := range in.Spec.Exceptions {
			calendars = append(calendars, compiled.For(e.District, e.School))
		}
		for _, c := range calendars {
			days := c.SchoolDaysFrom(calendar.Date{Year: 1, Month: 1, Day: 1}, 1000)
			for i, day := range days {
				kind := c.Kind(day)
				if kind != calendar.SchoolDay && kind != calendar.MakeUpDay || !c.IsSchoolDay(day) || i > 0 && !day.After(days[i-1]) {
					t.Fatalf("%s is a %s", day, kind)
				}
			}
		}
	})
}

// FuzzCampaign reads a file that never met an API server. What compiles with the shipped
// calendar plans, within the bounds of its own sessions, and the same twice; what does not
// names the field at fault.
func FuzzCampaign(f *testing.F) {
	f.Add(sample(f, "screeningcampaign"), int64(1789430400))
	f.Add([]byte(`spec: {timeZone: Asia/Shanghai, schedule: {startDate: '2026-09-07', extraDates: ['2026-10-09', '2026-10-09', '2026-02-30']}, template: {spec: {makeUp: {afterSchoolDays: 1, schoolDays: 60},
  phases: [{name: Stage1, schoolDays: 3, session: {from: '00:00', to: '24:00'}}]}}, rollout: {maxConcurrentDistricts: 1, pilot: [b]}}`), int64(1789430400))
	var year v1alpha1.AcademicCalendar
	if err := yaml.Unmarshal(sample(f, "academiccalendar"), &year); err != nil {
		f.Fatal(err)
	}
	cal, err := translate.CompileCalendar(year.Spec)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte, unix int64) {
		var campaign v1alpha1.ScreeningCampaign
		if yaml.Unmarshal(in, &campaign) != nil {
			return
		}
		spec, err := translate.Campaign("c", campaign.Spec)
		var compiled *rollout.Compiled
		if err == nil {
			compiled, err = rollout.Compile(spec, cal)
		}
		if err != nil {
			if len(fault.Paths(err)) == 0 {
				t.Fatalf("a fault without a field: %v", err)
			}
			return
		}
		districts := []rollout.DistrictView{{Name: "a", Authorised: true}, {Name: "b", Authorised: true}}
		now := time.Unix(unix%(1<<33), 0)
		plan := compiled.Plan(districts, rollout.Observed{}, now)
		if !reflect.DeepEqual(plan, compiled.Plan(districts, rollout.Observed{}, now)) {
			t.Fatal("planned twice it is another plan")
		}
		for _, r := range plan.Rounds {
			if round := translate.RoundSpec(r, campaign); !translate.Awaited(campaign.Spec, round) {
				t.Fatalf("%s is planned, and its campaign does not want it", r.Name)
			}
		}
	})
}

func sample(f *testing.F, name string) []byte {
	f.Helper()
	raw, err := os.ReadFile("../../../config/samples/" + name + ".yaml")
	if err != nil {
		f.Fatal(err)
	}
	return raw
}
