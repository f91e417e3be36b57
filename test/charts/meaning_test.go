package charts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
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

// The shipped PHQ-9 is the one whose scoring is checked against NHANES, word for word.
func TestShippedPHQ9IsTheTestedOne(t *testing.T) {
	shipped := typed[v1alpha1.Instrument](t, find(t, kustomized(t, "config/instruments"), "Instrument"))
	got, err := translate.Instrument(shipped.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(instrumenttest.PHQ9(), got); diff != "" {
		t.Errorf("config/instruments/phq-9.yaml (-tested +shipped):\n%s", diff)
	}
	if shipped.Spec.Review.State != v1alpha1.ReviewDraft {
		t.Errorf("shipped as %s: only a reviewer approves", shipped.Spec.Review.State)
	}
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

func TestSampleCalendarAndCampaignAreUnderstood(t *testing.T) {
	samples := kustomized(t, "config/samples")
	if _, err := translate.CompileCalendar(typed[v1alpha1.AcademicCalendar](t, find(t, samples, "AcademicCalendar")).Spec); err != nil {
		t.Error(err)
	}
	campaign := typed[v1alpha1.ScreeningCampaign](t, find(t, samples, "ScreeningCampaign"))
	if _, err := translate.Campaign(campaign.Name, campaign.Spec); err != nil {
		t.Error(err)
	}
}
