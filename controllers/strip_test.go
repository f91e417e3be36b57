package controllers

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

func makeSchool(name string) *v1alpha1.School {
	said := string([]byte("The school has a psych teacher")) // its own bytes
	return &v1alpha1.School{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "fengtai", Name: name, Labels: map[string]string{"chart": "district"},
			Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "kept": "yes"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec: v1alpha1.SchoolSpec{Area: "east", Stages: []v1alpha1.StageEnrolment{{Stage: v1alpha1.StageJuniorSecondary, Grades: []int32{7}, Enrolled: ptr.To[int32](9)}}},
		Status: v1alpha1.SchoolStatus{ObservedGeneration: 2, Conditions: []metav1.Condition{
			{Type: "ScreeningReady", Status: "True", Reason: "Staffed", Message: said, ObservedGeneration: 2, LastTransitionTime: metav1.Unix(1, 0)},
		}},
	}
}

func TestStripKeepsWhatIsRead(t *testing.T) {
	want := makeSchool("lotus-pond")
	want.ManagedFields, want.Annotations = nil, map[string]string{"kept": "yes"}
	got, err := strip(makeSchool("lotus-pond"))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestSchoolsShareTheirTexts(t *testing.T) {
	a, b := makeSchool("lotus-pond"), makeSchool("stone-bridge")
	for _, s := range []*v1alpha1.School{a, b} {
		if _, err := strip(s); err != nil {
			t.Fatal(err)
		}
	}
	first, second := a.Status.Conditions[0].Message, b.Status.Conditions[0].Message
	if unsafe.StringData(first) != unsafe.StringData(second) {
		t.Error("two schools hold the same message twice")
	}
}
