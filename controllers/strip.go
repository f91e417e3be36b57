package controllers

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// strip makes an object smaller before it goes into the cache. Of schools a province has twenty thousand.
func strip(in any) (any, error) {
	obj, ok := in.(client.Object)
	if !ok {
		return in, nil
	}
	obj.SetManagedFields(nil)
	annotations := obj.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		annotations = nil
	}
	obj.SetAnnotations(annotations)
	if school, ok := in.(*v1alpha1.School); ok {
		share(school)
	}
	return in, nil
}

// share has schools hold together what is the same in many of them: decoding gives each its own copy.
func share(s *v1alpha1.School) {
	s.Kind, s.APIVersion = "", "" // as of every typed object that is read
	for _, text := range []*string{&s.Namespace, &s.Spec.Area, &s.Status.Coverage.SchoolYear} {
		*text = one(*text)
	}
	for i := range s.Spec.Stages {
		s.Spec.Stages[i].Stage = one(s.Spec.Stages[i].Stage)
	}
	for i := range s.Status.Conditions {
		c := &s.Status.Conditions[i]
		*c = metav1.Condition{
			Type: one(c.Type), Status: one(c.Status), Reason: one(c.Reason), Message: one(c.Message),
			ObservedGeneration: c.ObservedGeneration, LastTransitionTime: c.LastTransitionTime,
		}
	}
	for key, value := range s.Labels {
		s.Labels[key] = one(value)
	}
}

// one is the one copy of a text; it goes when the last of its holders does.
func one[T ~string](text T) T { return unique.Make(text).Value() }
