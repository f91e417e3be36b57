package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/annual"
)

func district(name, students, reason string) *v1alpha1.District {
	return &v1alpha1.District{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name},
		Status: v1alpha1.DistrictStatus{
			Coverage: v1alpha1.Coverage{SchoolYear: "2026-2027", Students: students}, Conditions: []metav1.Condition{annual.Condition(reason, "")},
		},
	}
}

func school(namespace, name, reason string) *v1alpha1.School {
	s := &v1alpha1.School{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	if reason != "" {
		s.Status.Conditions = []metav1.Condition{annual.Condition(reason, "")}
	}
	return s
}

func inspection(namespace, name string, overdue int32) *v1alpha1.Inspection {
	return &v1alpha1.Inspection{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Status: v1alpha1.InspectionStatus{Overdue: &overdue}}
}

func province(t *testing.T, funcs interceptor.Funcs) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(funcs).WithObjects(
		district("fengtai", "4810/4930", "Overdue"), district("haidian", "30/40", "NoReport"), district("kaizhou", "0/0", "NobodyOnRoster"),
		school("fengtai", "lotus-pond", "Met"), school("fengtai", "stone-bridge", "Met"), school("fengtai", "willow-lane", "Overdue"),
		school("fengtai", "new", ""), school("haidian", "lotus-pond", "DueSoon"), school("haidian", "east", "InProgress"),
		school("without-district", "lotus-pond", "Met"),
		inspection("fengtai", "spring", 2), inspection("fengtai", "autumn", 1), inspection("haidian", "autumn", 0),
	).Build()
}

func leads() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

var figures = []string{
	`evenkeel_district_students_screened_ratio{district="fengtai"} 0.9756592292089249`,
	`evenkeel_inspection_findings_overdue{district="fengtai"} 3`,
	`evenkeel_inspection_findings_overdue{district="haidian"} 0`,
	`evenkeel_schools_annual_screening{district="fengtai",state="due_soon"} 0`,
	`evenkeel_schools_annual_screening{district="fengtai",state="in_progress"} 0`,
	`evenkeel_schools_annual_screening{district="fengtai",state="met"} 2`,
	`evenkeel_schools_annual_screening{district="fengtai",state="overdue"} 1`,
	`evenkeel_schools_annual_screening{district="fengtai",state="unknown"} 1`,
	`evenkeel_schools_annual_screening{district="haidian",state="due_soon"} 1`,
	`evenkeel_schools_annual_screening{district="haidian",state="in_progress"} 1`,
	`evenkeel_schools_annual_screening{district="haidian",state="met"} 0`,
	`evenkeel_schools_annual_screening{district="haidian",state="overdue"} 0`,
	`evenkeel_schools_annual_screening{district="haidian",state="unknown"} 0`,
	`evenkeel_schools_annual_screening{district="kaizhou",state="due_soon"} 0`,
	`evenkeel_schools_annual_screening{district="kaizhou",state="in_progress"} 0`,
	`evenkeel_schools_annual_screening{district="kaizhou",state="met"} 0`,
	`evenkeel_schools_annual_screening{district="kaizhou",state="overdue"} 0`,
	`evenkeel_schools_annual_screening{district="kaizhou",state="unknown"} 0`,
}

// scrape is what /metrics shows, without the explanations.
func scrape(t *testing.T, c *Collector) (lines []string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("answers %d: %s", w.Code, w.Body)
	}
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestFigures(t *testing.T) {
	c := province(t, interceptor.Funcs{})
	collector := &Collector{Client: c, Leads: leads(), Log: logr.Discard()}
	if diff := cmp.Diff(figures, scrape(t, collector)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, gone := range []client.Object{district("fengtai", "", "Met"), inspection("fengtai", "spring", 0), inspection("fengtai", "autumn", 0)} {
		if err := c.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(scrape(t, collector)); got != 11 {
		t.Errorf("a district that is gone leaves %d series, want the 11 of the others", got)
	}
}

func TestOnlyTheLeaderShowsFigures(t *testing.T) {
	collector := &Collector{Client: province(t, interceptor.Funcs{}), Leads: make(chan struct{}), Log: logr.Discard()}
	if got := len(scrape(t, collector)); got != 0 {
		t.Errorf("an operator that does not lead shows %d series, which a sum would count twice", got)
	}
}

func TestAFigureThatCannotBeReadIsMissing(t *testing.T) {
	c := province(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
		if _, ok := list.(*v1alpha1.SchoolList); ok {
			return errors.New("the cache is gone")
		}
		return c.List(ctx, list, opts...)
	}})
	if got := len(scrape(t, &Collector{Client: c, Leads: leads(), Log: logr.Discard()})); got != 3 {
		t.Errorf("%d series, want the three that can be read", got)
	}
}
