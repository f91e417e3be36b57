package appraisal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// filler gives every text and every number of an object a mark of its own, and remembers which field has which.
type filler struct {
	fields map[string]string // by mark
}

func (f *filler) mark(path string) int {
	n := 70_000_000 + len(f.fields)
	f.fields[fmt.Sprint(n)] = path
	return n
}

func (f *filler) fill(path string, v reflect.Value) {
	if v.Type() == reflect.TypeFor[metav1.Time]() {
		v.Set(reflect.ValueOf(metav1.NewTime(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))))
		return
	}
	switch v.Kind() {
	case reflect.Bool: // says nothing
	case reflect.String:
		v.SetString(fmt.Sprintf("x%d", f.mark(path)))
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.mark(path)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(path, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(path+"[]", v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if v.Type().Field(i).IsExported() { // the inside of quantities is not
				f.fill(strings.TrimSuffix(path+"."+name, "."), v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("%s is a %s, which this test does not fill", path, v.Kind()))
	}
}

func filled[T any](f *filler, kind string) T {
	var object T
	v := reflect.ValueOf(&object).Elem()
	for _, part := range []string{"Spec", "Status"} {
		f.fill(kind+"."+strings.ToLower(part), v.FieldByName(part))
	}
	return object
}

// everything is a district with a school, a round and an inspection, and whatever fields their kinds have.
func everything(f *filler) status.Objects {
	meta := metav1.ObjectMeta{Namespace: "fengtai", Name: "fengtai"}
	district, school := filled[v1alpha1.District](f, "District"), filled[v1alpha1.School](f, "School")
	round, inspection := filled[v1alpha1.ScreeningRound](f, "ScreeningRound"), filled[v1alpha1.Inspection](f, "Inspection")
	district.ObjectMeta, school.ObjectMeta, round.ObjectMeta, inspection.ObjectMeta = meta, meta, meta, meta
	// What is computed with must be well formed; every figure still has a mark.
	for _, c := range []*v1alpha1.Coverage{&district.Status.Coverage, &school.Status.Coverage} {
		c.Students = fmt.Sprintf("%d/%d", f.mark("screened"), f.mark("students"))
		c.Schools = fmt.Sprintf("%d/%d", f.mark("schoolsMet"), f.mark("schools"))
	}
	district.Status.Conditions[0].Type = v1alpha1.ConditionAnnualScreeningMet
	school.Status.Conditions[0].Type = v1alpha1.ConditionAnnualScreeningMet
	finding := &inspection.Spec.Findings[0]
	finding.Result, finding.FoundOn, finding.RectifyBy, finding.RectifiedOn = v1alpha1.FindingNotMet, "2026-10-01", "2026-10-08", ""
	return status.Objects{
		Districts: []v1alpha1.District{district}, Schools: []v1alpha1.School{school},
		Rounds: []v1alpha1.ScreeningRound{round}, Inspections: []v1alpha1.Inspection{inspection},
		Policies: []v1alpha1.EscalationPolicy{filled[v1alpha1.EscalationPolicy](f, "EscalationPolicy")},
	}
}

// shown is every field of an object that may reach the output. Nothing of a round is among them but whether it opened.
var shown = []string{
	"District.spec.code", "District.spec.displayName.en", "District.spec.displayName.zhCN",
	"District.status.conditions[].reason", "District.status.coverage.overdueSchools", "District.status.coverage.schoolYear", "District.status.timeliness",
	"School.spec.area", "School.spec.displayName.en", "School.spec.displayName.zhCN",
	"School.status.conditions[].reason", "School.status.coverage.schoolYear",
	"schools", "schoolsMet", "screened", "students",
}

// Whatever an object holds, tiers and released figures among it, only what is listed gets out, in every format.
func TestNothingElseIsShown(t *testing.T) {
	t.Parallel()
	f := &filler{fields: map[string]string{}}
	objects := everything(f)
	release := objects.Rounds[0].Status.Release
	if release.Tiers[0].Tier == "" || ptr.Deref(release.Tiers[0].Students, 0) == 0 || ptr.Deref(release.Participants, 0) == 0 || objects.Rounds[0].Status.Participation == "" {
		t.Fatalf("the test feeds no figures: %+v", release)
	}
	report := Compute(objects, now, coverage.DefaultRule())
	var out bytes.Buffer
	report.Write(&out, false)
	if err := report.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&out).Encode(report); err != nil {
		t.Fatal(err)
	}
	var got []string
	for mark, path := range f.fields {
		if strings.Contains(out.String(), mark) && !slices.Contains(got, path) {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(shown, got); diff != "" {
		t.Errorf("fields that reach the output (-allowed +shown):\n%s", diff)
	}
	if report.Districts[0].Rounds.Due != 1 || report.Districts[0].Findings.Overdue != 1 {
		t.Errorf("the round and the finding are not looked at: %+v", report.Districts[0])
	}
}
