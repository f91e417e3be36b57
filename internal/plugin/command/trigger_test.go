package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

// sampled is the samples' campaign in a cluster with two of its districts.
func sampled(t *testing.T, edits ...func(*v1alpha1.ScreeningCampaign)) world {
	t.Helper()
	set, _, err := manifest.Load(t.Context(), manifest.Input{Paths: []string{samples}})
	if err != nil {
		t.Fatal(err)
	}
	campaign, calendar := set.Campaigns[0].Value, set.Calendars[0].Value
	campaign.UID = "1f0c"
	campaign.CreationTimestamp = metav1.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for _, edit := range edits {
		edit(&campaign)
	}
	w := world{namespace: "fengtai", objects: []client.Object{&campaign, &calendar}}
	for _, name := range []string{"fengtai", "kaizhou"} {
		w.objects = append(w.objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"screening.evenkeel.dev/pilot": "true"}}})
	}
	return w
}

func extraDates(t *testing.T, w world) []v1alpha1.Civil {
	t.Helper()
	var c v1alpha1.ScreeningCampaign
	if err := w.cluster.Get(t.Context(), client.ObjectKey{Name: "autumn-check-up"}, &c); err != nil {
		t.Fatal(err)
	}
	return c.Spec.Schedule.ExtraDates
}

// The plan of the run is shown before it is made, and a person is asked.
func TestTrigger(t *testing.T) {
	w := sampled(t).lasting(t)
	w.typed = "n\n"
	_, stderr, err := w.run(t, "trigger", "autumn-check-up", "--on", "2026-11-25")
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") || !strings.Contains(stderr, "Have autumn-check-up run on 2026-11-25? [y/N]") {
		t.Errorf("answered no: %v, %q", err, stderr)
	}
	if got := extraDates(t, w); len(got) > 0 {
		t.Errorf("extra dates %v after a no", got)
	}
	w.typed = "y\n"
	stdout, _, err := w.run(t, "trigger", "autumn-check-up", "--on", "2026-11-25")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "trigger.txt", stdout)
	w.typed = ""
	if _, _, err = w.run(t, "trigger", "autumn-check-up", "--yes"); err != nil { // today, by the campaign's clocks
		t.Fatal(err)
	}
	if got, want := extraDates(t, w), []v1alpha1.Civil{"2026-11-25", "2026-11-21"}; !slices.Equal(got, want) {
		t.Errorf("extra dates %v, want %v", got, want)
	}
}

func TestTriggerRefuses(t *testing.T) {
	extra := func(dates ...v1alpha1.Civil) func(*v1alpha1.ScreeningCampaign) {
		return func(c *v1alpha1.ScreeningCampaign) { c.Spec.Schedule.ExtraDates = dates }
	}
	var many []v1alpha1.Civil
	for day := range 20 {
		many = append(many, v1alpha1.Civil(time.Date(2027, 3, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)))
	}
	tests := map[string]struct {
		edit func(*v1alpha1.ScreeningCampaign)
		args string
		want string
	}{
		"a pipe":                {nil, "--on 2026-11-25", "add --yes"},
		"no day":                {nil, "--on 2026-02-30 --yes", "--on: "},
		"the past":              {nil, "--on 2026-11-20 --yes", "2026-11-20 has passed, today is 2026-11-21"},
		"a day of the cron":     {nil, "--on 2027-09-15 --yes", "it runs on 2027-09-15 already"},
		"an extra day twice":    {extra("2026-11-25"), "--on 2026-11-25 --yes", "it runs on 2026-11-25 already"},
		"too many":              {extra(many...), "--on 2026-11-25 --yes", "it has 20 extra dates, which is the most"},
		"a suspended campaign":  {func(c *v1alpha1.ScreeningCampaign) { c.Spec.Suspend = ptr.To(true) }, "--yes", "resume it first"},
		"after the school year": {nil, "--on 2027-07-01 --yes", "nothing was changed, for nothing could open: CalendarEnds (2 districts)"},
		"nobody is selected": {func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.DistrictSelector = metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		}, "--yes", "nothing could open: spec.districtSelector selects no Namespace"},
		"phases with dates": {func(c *v1alpha1.ScreeningCampaign) {
			c.Spec.Template.Spec.Phases[0] = v1alpha1.Phase{Name: v1alpha1.PhasePublicity, Dates: v1alpha1.DateRange{From: "2026-09-01", To: "2026-09-10"}}
		}, "--yes", "its phases have dates"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := sampled(t)
			if tt.edit != nil {
				w = sampled(t, tt.edit)
			}
			w = w.lasting(t)
			before := extraDates(t, w)
			_, _, err := w.run(t, append([]string{"trigger", "autumn-check-up"}, strings.Fields(tt.args)...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if got := extraDates(t, w); !slices.Equal(got, before) {
				t.Errorf("extra dates %v", got)
			}
		})
	}
	if _, _, err := (world{}).run(t, "trigger", "autumn-check-up"); err == nil || !strings.Contains(err.Error(), "there is no ScreeningCampaign autumn-check-up") {
		t.Errorf("without the campaign: %v", err)
	}
}

// Who may not see all namespaces gets the name of the right, not half a plan.
func TestTriggerWithFewRights(t *testing.T) {
	w := sampled(t)
	w.confined = true
	_, _, err := w.run(t, "trigger", "autumn-check-up", "--yes")
	if err == nil || !strings.Contains(err.Error(), "you may not list screeningcampaigns of the whole cluster") {
		t.Errorf("got %v", err)
	}
}
