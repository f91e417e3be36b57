package school

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

// The school year 2026-2027 of Fengtai, due by 31 May.
var (
	yearBegan = time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC)
	inAutumn  = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	soon      = time.Date(2027, 4, 1, 16, 0, 0, 0, time.UTC)
	due       = time.Date(2027, 5, 31, 16, 0, 0, 0, time.UTC)
	yearEnds  = time.Date(2027, 8, 31, 16, 0, 0, 0, time.UTC)
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// reported is what the board makes of a report of these schools.
func reported(t *testing.T, from time.Time, schools ...contract.SchoolCoverage) *board.Board {
	t.Helper()
	c := &contract.Coverage{YearFromUnix: from.Unix(), Schools: schools}
	var err error
	if c.Digest, err = c.Sum(); err != nil {
		t.Fatal(err)
	}
	b := board.New()
	b.PutReading("fengtai", board.Reading{At: from, OK: true, Report: contract.Report{Coverage: c}})
	return b
}

func of(school string, screened, eligible int64, met bool) contract.SchoolCoverage {
	return contract.SchoolCoverage{School: contract.RefOf(school), Screened: screened, Eligible: eligible, Met: met}
}

func TestScreen(t *testing.T) {
	district := &v1alpha1.District{Spec: v1alpha1.DistrictSpec{TimeZone: "Asia/Shanghai"}}
	stricter := district.DeepCopy()
	stricter.Spec.Coverage = v1alpha1.StricterCoverage{DueBy: "11-30"}
	was := func(year, students, reason string) v1alpha1.SchoolStatus {
		return v1alpha1.SchoolStatus{
			Coverage:   v1alpha1.Coverage{SchoolYear: year, Students: students},
			Conditions: []metav1.Condition{annual.Condition(reason, "")},
		}
	}
	few, all := of("lotus-pond", 40, 1500, false), of("lotus-pond", 1480, 1500, true)
	tests := map[string]struct {
		district *v1alpha1.District
		said     []contract.SchoolCoverage // nil: nothing was heard since the operator began
		from     time.Time                 // of the year that the report is about; zero: the present one
		status   v1alpha1.SchoolStatus
		now      time.Time
		reason   string
		coverage string // year and students of the status
		turns    time.Time
	}{
		"no district":                         {nil, nil, time.Time{}, v1alpha1.SchoolStatus{}, inAutumn, "NoReport", " ", time.Time{}},
		"never reported":                      {district, nil, time.Time{}, v1alpha1.SchoolStatus{}, inAutumn, "NoReport", " ", soon},
		"few":                                 {district, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, inAutumn, "InProgress", "2026-2027 40/1500", soon},
		"all":                                 {district, []contract.SchoolCoverage{all}, time.Time{}, v1alpha1.SchoolStatus{}, inAutumn, "Met", "2026-2027 1480/1500", soon},
		"few, a second before the sixty days": {district, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, soon.Add(-time.Second), "InProgress", "2026-2027 40/1500", soon},
		"few, less than sixty days left":      {district, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, soon, "DueSoon", "2026-2027 40/1500", due},
		"few, a second before it is due":      {district, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, due.Add(-time.Second), "DueSoon", "2026-2027 40/1500", due},
		"few, when it is due":                 {district, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, due, "Overdue", "2026-2027 40/1500", yearEnds},
		"all, when it is due":                 {district, []contract.SchoolCoverage{all}, time.Time{}, v1alpha1.SchoolStatus{}, due, "Met", "2026-2027 1480/1500", yearEnds},
		"due sooner by the district's rule":   {stricter, []contract.SchoolCoverage{few}, time.Time{}, v1alpha1.SchoolStatus{}, inAutumn, "DueSoon", "2026-2027 40/1500", time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)},
		"the year is over": {district, []contract.SchoolCoverage{all}, time.Time{}, was("2026-2027", "1480/1500", "Met"), yearEnds,
			"NoReport", "2026-2027 1480/1500", time.Date(2028, 4, 1, 16, 0, 0, 0, time.UTC)},
		"the next has begun": {district, []contract.SchoolCoverage{of("lotus-pond", 0, 1510, false)}, yearEnds, was("2026-2027", "1480/1500", "Met"), yearEnds,
			"InProgress", "2027-2028 0/1510", time.Date(2028, 4, 1, 16, 0, 0, 0, time.UTC)},
		"nobody":                     {district, []contract.SchoolCoverage{of("lotus-pond", 0, 0, true)}, time.Time{}, v1alpha1.SchoolStatus{}, due, "NobodyOnRoster", "2026-2027 0/0", yearEnds},
		"not named":                  {district, []contract.SchoolCoverage{of("stone-bridge", 10, 10, true)}, time.Time{}, v1alpha1.SchoolStatus{}, due, "NobodyOnRoster", "2026-2027 0/0", yearEnds},
		"four, and not all screened": {district, []contract.SchoolCoverage{of("lotus-pond", 0, 0, false)}, time.Time{}, v1alpha1.SchoolStatus{}, due, "Overdue", "2026-2027 0/0", yearEnds},

		"a restart: met":          {district, nil, time.Time{}, was("2026-2027", "1480/1500", "Met"), due, "Met", "2026-2027 1480/1500", yearEnds},
		"a restart: in progress":  {district, nil, time.Time{}, was("2026-2027", "40/1500", "InProgress"), inAutumn, "InProgress", "2026-2027 40/1500", soon},
		"a restart over the day":  {district, nil, time.Time{}, was("2026-2027", "40/1500", "DueSoon"), due, "Overdue", "2026-2027 40/1500", yearEnds},
		"a restart: nobody":       {district, nil, time.Time{}, was("2026-2027", "0/0", "NobodyOnRoster"), inAutumn, "NobodyOnRoster", "2026-2027 0/0", soon},
		"a restart: not reported": {district, nil, time.Time{}, was("2026-2027", "1480/1500", "NoReport"), due, "NoReport", "2026-2027 1480/1500", yearEnds},
		"a restart over the year": {district, nil, time.Time{}, was("2025-2026", "1480/1500", "Met"), inAutumn, "NoReport", "2025-2026 1480/1500", soon},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := observed{district: tt.district, zone: shanghai(t), province: coverage.DefaultRule()}
			o.school.Name, o.school.Status = "lotus-pond", tt.status
			if tt.from.IsZero() {
				tt.from = yearBegan
			}
			if tt.said != nil {
				reading, _ := reported(t, tt.from, tt.said...).Reading("fengtai")
				o.coverage = reading.Coverage
			}
			s := screen(o, tt.now)
			if got := s.coverage.SchoolYear + " " + s.coverage.Students; s.met.Reason != tt.reason || got != tt.coverage {
				t.Errorf("%s, %q; want %s, %q", s.met.Reason, got, tt.reason, tt.coverage)
			}
			if turns := tt.now.Add(s.wait); s.wait != 0 != !tt.turns.IsZero() || s.wait != 0 && !turns.Equal(tt.turns) {
				t.Errorf("looks again at %s, want %s", turns, tt.turns)
			}
		})
	}
}

// TestOnlySchoolsThatMovedAreReconciled: of a coverage that is another, those whose figures are not in their status.
func TestOnlySchoolsThatMovedAreReconciled(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "fengtai", Name: name} }
	district := &v1alpha1.District{ObjectMeta: meta("fengtai"), Spec: v1alpha1.DistrictSpec{TimeZone: "Asia/Shanghai"}}
	schools := []client.Object{
		&v1alpha1.School{ObjectMeta: meta("still"), Status: v1alpha1.SchoolStatus{
			Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "40/1500"}, Conditions: []metav1.Condition{annual.Condition("InProgress", "")},
		}},
		&v1alpha1.School{ObjectMeta: meta("moved"), Status: v1alpha1.SchoolStatus{
			Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "30/1500"}, Conditions: []metav1.Condition{annual.Condition("InProgress", "")},
		}},
		&v1alpha1.School{ObjectMeta: meta("reached"), Status: v1alpha1.SchoolStatus{
			Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "1430/1500"}, Conditions: []metav1.Condition{annual.Condition("InProgress", "")},
		}},
	}
	b := reported(t, yearBegan, of("still", 40, 1500, false), of("moved", 40, 1500, false), of("reached", 1430, 1500, true))
	r := &Reconciler{
		Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(schools, district)...).Build(),
		Clock:  testclock.NewFakePassiveClock(inAutumn), Board: b, Coverage: coverage.DefaultRule(),
	}
	var names []string
	for _, request := range r.ofCoverage(t.Context(), district) {
		names = append(names, request.Name)
	}
	if len(names) != 2 || names[0] != "moved" || names[1] != "reached" {
		t.Errorf("reconciled are %v, want moved and reached", names)
	}
}
