package appraisal

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
	"github.com/evenkeel/evenkeel/internal/plugin/status"
)

// 23:00 of 17 December in Shanghai.
var now = time.Date(2026, 12, 17, 15, 0, 0, 0, time.UTC)

func at(text string) metav1.Time {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return metav1.NewTime(t)
}

func screened(reason string) []metav1.Condition {
	return []metav1.Condition{{Type: v1alpha1.ConditionAnnualScreeningMet, Reason: reason}}
}

// round was planned for an instant and opened at another, "": not.
func round(planned, opened string) v1alpha1.ScreeningRound {
	r := v1alpha1.ScreeningRound{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai"}}
	r.Status.Window.From = at(planned)
	if opened != "" {
		r.Status.OpenedTime = new(at(opened))
	}
	return r
}

func finding(school string, by, on v1alpha1.Civil) v1alpha1.Finding {
	return v1alpha1.Finding{School: school, Item: "Training", Result: v1alpha1.FindingNotMet, FoundOn: "2026-12-03", RectifyBy: by, RectifiedOn: on}
}

func province() status.Objects {
	unwindowed := round("2026-09-21T01:00", "2026-09-21T01:00")
	unwindowed.Spec.Sessions, unwindowed.Status.Window = []v1alpha1.SessionWindow{{From: at("2026-09-21T01:00")}}, v1alpha1.SessionWindow{}
	forsaken := round("2026-10-12T01:00", "")
	forsaken.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionGatesPassed, Reason: v1alpha1.ReasonCampaignNotFound}}
	lastYear := finding("lotus-pond", "2026-07-01", "")
	lastYear.FoundOn = "2026-06-15"
	met := v1alpha1.Finding{School: "lotus-pond", Result: v1alpha1.FindingMet, FoundOn: "2026-12-03"}
	overdue := int32(1)
	return status.Objects{
		Districts: []v1alpha1.District{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "fengtai"},
			Spec:       v1alpha1.DistrictSpec{Code: "110106", TimeZone: "Asia/Shanghai", DisplayName: v1alpha1.Text{En: "Fengtai District"}},
			Status: v1alpha1.DistrictStatus{
				Conditions: screened("DueSoon"), Timeliness: v1alpha1.Timeliness("MostInTime"),
				Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930", Schools: "38/40", OverdueSchools: &overdue},
			},
		}},
		Schools: []v1alpha1.School{
			{
				ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "lotus-pond"},
				Spec:       v1alpha1.SchoolSpec{Area: "east", DisplayName: v1alpha1.Text{ZhCN: "莲花池中学"}},
				Status:     v1alpha1.SchoolStatus{Conditions: screened("Met"), Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "1600/1680"}},
			},
			{ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "a-new-school"}},
		},
		Rounds: []v1alpha1.ScreeningRound{
			round("2026-09-14T01:00", "2026-09-14T01:00"),
			round("2026-09-15T01:00", "2026-09-15T15:59"), // late, but on the day
			round("2026-09-16T01:00", "2026-09-16T16:00"), // after midnight in Shanghai
			round("2026-09-17T01:00", ""),
			unwindowed, forsaken,
			round("2026-12-18T01:00", ""),                 // yet to come
			round("2026-08-31T01:00", "2026-08-31T01:00"), // last school year
		},
		Inspections: []v1alpha1.Inspection{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "spot-check"},
			Spec: v1alpha1.InspectionSpec{Findings: []v1alpha1.Finding{
				finding("lotus-pond", "2026-12-10", "2026-12-10"), finding("lotus-pond", "2026-12-10", "2026-12-11"),
				finding("gone", "2026-12-16", ""), finding("gone", "2026-12-17", ""), met, lastYear,
			}},
		}},
	}
}

func TestCompute(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	want := Report{
		SchoolYear: "2026-2027",
		Districts: []District{{
			Name: "fengtai", Code: "110106", DisplayName: v1alpha1.Text{En: "Fengtai District"},
			Coverage: Coverage{SchoolYear: "2026-2027", Screened: n(4810), Students: n(4930), SchoolsMet: n(38), Schools: n(40), Overdue: new(int32(1)), Annual: "DueSoon"},
			Rounds:   Rounds{Due: 5, OnTheDay: 3, Later: 1, NotOpened: 1}, Obligations: "MostInTime",
			Findings: Findings{NotMet: 4, InTime: 1, Late: 1, Overdue: 1, Open: 1},
		}},
		Schools: []School{
			{District: "fengtai", Name: "a-new-school", Coverage: Coverage{Annual: "NoReport"}},
			{
				District: "fengtai", Name: "lotus-pond", Area: "east", DisplayName: v1alpha1.Text{ZhCN: "莲花池中学"},
				Coverage: Coverage{SchoolYear: "2026-2027", Screened: n(1600), Students: n(1680), Annual: "Met"},
				Findings: Findings{NotMet: 2, InTime: 1, Late: 1},
			},
		},
	}
	if diff := cmp.Diff(want, Compute(province(), now, coverage.DefaultRule())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const printed = `
Districts, school year 2026-2027
  DISTRICT  CODE    SCREENED    OF  SCHOOLS  OF  OVERDUE  ANNUAL   ROUNDS  ON-DAY  LATER  UNOPENED  OBLIGATIONS  NOT-MET  IN-TIME  LATE  OVERDUE  OPEN
  fengtai   110106      4810  4930       38  40        1  DueSoon       5       3      1         1  MostInTime         4        1     1        1     1

Schools
  DISTRICT  SCHOOL        AREA  SCREENED    OF  ANNUAL    NOT-MET  IN-TIME  LATE  OVERDUE  OPEN
  fengtai   a-new-school  -            -     -  NoReport        0        0     0        0     0
  fengtai   lotus-pond    east      1600  1680  Met             2        1     1        0     0
`

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	Compute(province(), now, coverage.DefaultRule()).Write(&out, false)
	if diff := cmp.Diff(printed, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	Compute(status.Objects{}, now, coverage.DefaultRule()).Write(&out, false)
	if out.String() != "There is no district and no school.\n" {
		t.Errorf("of nothing: %q", out.String())
	}
}

// Every line has every column, and no name runs as a formula.
func TestCSV(t *testing.T) {
	t.Parallel()
	objects := province()
	for i, name := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "a,\"b\"\nc"} {
		objects.Schools = append(objects.Schools, v1alpha1.School{
			ObjectMeta: metav1.ObjectMeta{Namespace: "fengtai", Name: "school-" + string(rune('a'+i))},
			Spec:       v1alpha1.SchoolSpec{Area: name, DisplayName: v1alpha1.Text{ZhCN: name, En: name}},
		})
	}
	var out bytes.Buffer
	if err := Compute(objects, now, coverage.DefaultRule()).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll() // refuses lines of other lengths
	if err != nil || len(rows) != 12 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := "district,fengtai,110106,,,Fengtai District,,2026-2027,4810,4930,38,40,1,DueSoon,5,3,1,1,MostInTime,4,1,1,1,1"
	if got := strings.Join(rows[1], ","); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = "school,fengtai,,lotus-pond,莲花池中学,,east,2026-2027,1600,1680,,,,Met,,,,,,2,1,1,0,0"
	if got := strings.Join(rows[3], ","); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, row := range rows {
		for i, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") || strings.HasPrefix(cell, "＝") {
				t.Errorf("column %s of %s: %q runs in a spreadsheet", rows[0][i], row[3], cell)
			}
		}
	}
}
