package charts

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

func typed[T any](t *testing.T, object *unstructured.Unstructured) T {
	t.Helper()
	var out T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &out, true); err != nil {
		t.Fatal(err)
	}
	return out
}

// The shipped PHQ-9 is scored like the one that is checked against NHANES. It may ask and
// describe more; its words are not compared, only those that are Confirmed are sent.
func TestShippedPHQ9IsTheTestedOne(t *testing.T) {
	shipped := typed[v1alpha1.Instrument](t, named(t, kustomized(t, "config/instruments"), "phq-9-v1"))
	got, err := translate.Instrument(shipped.Spec)
	if err != nil {
		t.Fatal(err)
	}
	want := instrumenttest.PHQ9()
	got.Items, got.Scales, got.Quality = got.Items[:len(want.Items)], got.Scales[:1], want.Quality
	wordless := cmp.Transformer("wordless", func(contract.Text) string { return "" })
	if diff := cmp.Diff(want, got, wordless); diff != "" {
		t.Errorf("config/instruments/phq-9.yaml (-tested +shipped):\n%s", diff)
	}
	if shipped.Spec.Review.State != v1alpha1.ReviewDraft {
		t.Errorf("shipped as %s: only a reviewer approves", shipped.Spec.Review.State)
	}
}

func named(t *testing.T, objects []*unstructured.Unstructured, name string) *unstructured.Unstructured {
	t.Helper()
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetName() == name })
	if i < 0 {
		t.Fatalf("nothing is named %s", name)
	}
	return objects[i]
}

// The sample policy compiles against the shipped instrument and leaves no band uncaught.
func TestSamplePolicyCompiles(t *testing.T) {
	sample := typed[v1alpha1.EscalationPolicy](t, find(t, kustomized(t, "config/samples"), "EscalationPolicy"))
	got := translate.Policy(sample.Name, sample.Spec)
	if diff := cmp.Diff(escalationtest.GradedIntervention().Rules, got.Rules); diff != "" {
		t.Errorf("rules (-tested +sample):\n%s", diff)
	}
	phq9, err := instrument.Compile(instrumenttest.PHQ9())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := escalation.Compile(got, []*instrument.Compiled{phq9}); err != nil {
		t.Error(err)
	}
}

func TestSampleCalendarAndCampaignsAreUnderstood(t *testing.T) {
	samples := kustomized(t, "config/samples")
	if _, err := translate.CompileCalendar(typed[v1alpha1.AcademicCalendar](t, find(t, samples, "AcademicCalendar")).Spec); err != nil {
		t.Error(err)
	}
	for _, objects := range [][]*unstructured.Unstructured{samples, kustomized(t, "config/samples/full")} {
		campaign := typed[v1alpha1.ScreeningCampaign](t, find(t, objects, "ScreeningCampaign"))
		if _, err := translate.Campaign(campaign.Name, campaign.Spec); err != nil {
			t.Errorf("%s: %v", campaign.Name, err)
		}
	}
}
