// Package v1alpha1 holds the kinds of the group screening.evenkeel.dev: what a
// platform engineer declares about a province's check-ups. No kind holds a
// student, an answer or a case.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="../applyconfiguration"
// +groupName=screening.evenkeel.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "screening.evenkeel.dev", Version: "v1alpha1"}

// SchemeGroupVersion is the name generated clients expect.
var SchemeGroupVersion = GroupVersion

var schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme registers the kinds with a scheme.
var AddToScheme = schemeBuilder.AddToScheme

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Instrument{}, &InstrumentList{},
		&EscalationPolicy{}, &EscalationPolicyList{},
		&AcademicCalendar{}, &AcademicCalendarList{},
		&ScreeningCampaign{}, &ScreeningCampaignList{},
		&District{}, &DistrictList{},
		&School{}, &SchoolList{},
		&ReferralChannel{}, &ReferralChannelList{},
		&ScreeningRound{}, &ScreeningRoundList{},
		&Inspection{}, &InspectionList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
