package district

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
	"github.com/evenkeel/evenkeel/internal/controlplane/board"
	"github.com/evenkeel/evenkeel/internal/core/coverage"
)

func TestDutyDrill(t *testing.T) {
	acknowledged := func(ago time.Duration) *contract.Drill {
		return &contract.Drill{AcknowledgedAtUnix: noon.Add(-ago).Unix()}
	}
	tests := map[string]struct {
		world  *world
		reason string
		time   time.Time // of the drill in status
		wait   time.Duration
	}{
		"never":             {complete3(), "NeverDrilled", time.Time{}, 0},
		"an hour ago":       {complete3().reports(func(r *contract.Report) { r.Drill = acknowledged(time.Hour) }), "Acknowledged", noon.Add(-time.Hour), 23 * time.Hour},
		"nearly a day ago":  {complete3().reports(func(r *contract.Report) { r.Drill = acknowledged(24*time.Hour - time.Second) }), "Acknowledged", noon.Add(-24*time.Hour + time.Second), time.Second},
		"a day ago":         {complete3().reports(func(r *contract.Report) { r.Drill = acknowledged(24 * time.Hour) }), "DrillTooOld", noon.Add(-24 * time.Hour), 0},
		"its clock is fast": {complete3().reports(func(r *contract.Report) { r.Drill = acknowledged(-time.Second) }), "Acknowledged", noon.Add(time.Second), 24*time.Hour + time.Second},
		"no report":         {complete3().but(func(w *world) { w.latest, w.last = nil, nil }), "NoReport", time.Time{}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			after, _ := summarise(tt.world.observed, plan{}, nil, noon)
			drill := after.Status.Drill.AcknowledgedTime
			if got := dutyDrill(tt.world.observed, noon).Reason; got != tt.reason || !drill.Time.Equal(tt.time) {
				t.Errorf("%s, acknowledged %s; want %s, %s", got, drill, tt.reason, tt.time)
			}
			if got := drillWait(tt.world.observed, noon); got != tt.wait {
				t.Errorf("looks again after %s, want %s", got, tt.wait)
			}
		})
	}
}

func TestTimelinessStaysUntilAnotherIsReported(t *testing.T) {
	w := complete3().reports(func(r *contract.Report) { r.Timeliness = contract.MostInTime })
	after, _ := summarise(w.observed, plan{}, nil, noon)
	w.district = *after
	after, _ = summarise(w.reports(nil).observed, plan{}, nil, noon)
	if after.Status.Timeliness != v1alpha1.Timeliness(contract.MostInTime) {
		t.Errorf("timeliness is %q", after.Status.Timeliness)
	}
}

// heard is what the board makes of a report of a school year.
func heard(t *testing.T, from time.Time, screened, eligible int64) *board.Coverage {
	t.Helper()
	c := &contract.Coverage{YearFromUnix: from.Unix(), Screened: screened, Eligible: eligible}
	var err error
	if c.Digest, err = c.Sum(); err != nil {
		t.Fatal(err)
	}
	b := board.New()
	b.PutReading("fengtai", board.Reading{At: from, OK: true, Report: contract.Report{Coverage: c}})
	reading, _ := b.Reading("fengtai")
	return reading.Coverage
}

func TestCoverageOfADistrict(t *testing.T) {
	year := coverage.DefaultRule().YearOf(noon, mustZone(t))
	last := v1alpha1.Coverage{SchoolYear: "2025-2026", Students: "4900/4930", Schools: "40/40"}
	tests := map[string]struct {
		said   *board.Coverage
		before v1alpha1.Coverage
		annual annual.Tally
		want   v1alpha1.Coverage
		reason string
	}{
		"never": {nil, v1alpha1.Coverage{}, annual.Tally{"NoReport": 40}, v1alpha1.Coverage{}, "NoReport"},
		"under way": {heard(t, year.From, 4810, 4930), last, annual.Tally{"Met": 38, "InProgress": 2},
			v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930", Schools: "38/40"}, "InProgress"},
		"overdue": {heard(t, year.From, 4810, 4930), last, annual.Tally{"Met": 38, "Overdue": 2},
			v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930", Schools: "38/40", OverdueSchools: ptr.To[int32](2)}, "Overdue"},
		"a new year has begun": {heard(t, year.From.AddDate(-1, 0, 0), 4900, 4930), last, annual.Tally{"NoReport": 40}, last, "NoReport"},
		"a restart": {nil, v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930", Schools: "37/40", OverdueSchools: ptr.To[int32](3)},
			annual.Tally{"Met": 40}, v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "4810/4930", Schools: "40/40"}, "Met"},
		"no schools": {heard(t, year.From, 0, 0), v1alpha1.Coverage{}, annual.Tally{}, v1alpha1.Coverage{SchoolYear: "2026-2027", Students: "0/0"}, "NobodyOnRoster"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := complete3()
			w.district.Spec.TimeZone, w.district.Status.Coverage = "Asia/Shanghai", tt.before
			w.province, w.coverage, w.annual = coverage.DefaultRule(), tt.said, tt.annual
			after, _ := summarise(w.observed, plan{}, nil, noon)
			if diff := cmp.Diff(tt.want, after.Status.Coverage); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got := annual.ReasonOf(after.Status.Conditions); got != tt.reason {
				t.Errorf("AnnualScreeningMet has the reason %s, want %s", got, tt.reason)
			}
		})
	}
}

func mustZone(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestEventsOfAnnualScreening(t *testing.T) {
	stands := func(reason string) *v1alpha1.District {
		return &v1alpha1.District{Status: v1alpha1.DistrictStatus{Conditions: []metav1.Condition{annual.Condition(reason, "as it is")}}}
	}
	tests := map[string]struct {
		from, to string
		want     string
	}{
		"all were screened":    {"InProgress", "Met", "Normal Met AnnualScreeningMet: as it is"},
		"some are overdue":     {"DueSoon", "Overdue", "Warning Overdue AnnualScreeningMet: as it is"},
		"still":                {"Overdue", "Overdue", ""},
		"sixty days are left":  {"InProgress", "DueSoon", ""},
		"a new year has begun": {"Met", "NoReport", ""},
	}
	for name, tt := range tests {
		recorder := events.NewFakeRecorder(10)
		(&Reconciler{Events: recorder}).emit(stands(tt.from), stands(tt.to))
		got := ""
		if len(recorder.Events) > 0 {
			got = <-recorder.Events
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
