package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// SchoolSpec is what the district declares about a school.
type SchoolSpec struct {
	// displayName is the school's name.
	// +required
	DisplayName Text `json:"displayName,omitzero"`
	// area (片区) of the district that the school belongs to, by its code.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Area string `json:"area,omitempty"`
	// stages of schooling with the number of students enrolled.
	// +required
	// +listType=map
	// +listMapKey=stage
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Stages []StageEnrolment `json:"stages,omitempty"`
	// staffing for mental health.
	// +required
	Staffing Staffing `json:"staffing,omitzero"`
	// counsellingRoom (心理辅导室) of the school.
	// +optional
	CounsellingRoom CounsellingRoom `json:"counsellingRoom,omitzero"`
	// training that the school's staff completed for this school year.
	// +optional
	Training Training `json:"training,omitzero"`
	// publicity that was held for students and parents, the latest time.
	// +optional
	Publicity Publicity `json:"publicity,omitzero"`
	// phone of the school's own help line, shown to students.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[0-9+][0-9 ()-]*$`
	Phone string `json:"phone,omitempty"`
}

// StageEnrolment is a stage with its grades and enrolment.
type StageEnrolment struct {
	// stage of schooling.
	// +required
	Stage Stage `json:"stage,omitempty"`
	// grades that the school has in the stage, 1 to 12.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=12
	// +kubebuilder:validation:items:Minimum=1
	// +kubebuilder:validation:items:Maximum=12
	Grades []int32 `json:"grades,omitempty"`
	// enrolled is how many students the stage has, for planning.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	Enrolled *int32 `json:"enrolled,omitempty"`
}

// Staffing says who at the school can answer a child.
//
// +kubebuilder:validation:MinProperties=1
type Staffing struct {
	// fullTimePsychTeachers is the number of full-time psych teachers.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	FullTimePsychTeachers *int32 `json:"fullTimePsychTeachers,omitempty"`
	// partTimePsychTeachers is the number of part-time psych teachers.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	PartTimePsychTeachers *int32 `json:"partTimePsychTeachers,omitempty"`
	// provider is the qualified institution that a school without a psych teacher has engaged.
	// +optional
	Provider Provider `json:"provider,omitzero"`
}

// Provider is an external institution with a credential.
type Provider struct {
	// name of the institution.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Name string `json:"name,omitempty"`
	// credential is the number of its licence.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Credential string `json:"credential,omitempty"`
	// validUntil is the last day of the credential.
	// +required
	ValidUntil Civil `json:"validUntil,omitempty"`
}

// CounsellingRoom is the school's counselling room.
type CounsellingRoom struct {
	// openHoursPerWeek is how many hours a week the room is open.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=168
	OpenHoursPerWeek *int32 `json:"openHoursPerWeek,omitempty"`
}

// Training is the evidence of staff training.
type Training struct {
	// completedOn is the day on which the operators of the check-up were trained.
	// +required
	CompletedOn Civil `json:"completedOn,omitempty"`
}

// Publicity is the evidence of publicity (宣传) for the check-up: a lecture, a class or a letter to parents.
type Publicity struct {
	// heldOn is the day on which it was held.
	// +required
	HeldOn Civil `json:"heldOn,omitempty"`
}

// SchoolStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type SchoolStatus struct {
	// conditions of the object: Ready, ScreeningReady, AnnualScreeningMet.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// observedGeneration is the generation the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// coverage of the school year.
	// +optional
	Coverage Coverage `json:"coverage,omitzero"`
}

// School is a school of the district.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=sch
// +kubebuilder:printcolumn:name="Area",type=string,JSONPath=`.spec.area`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Screening",type=string,JSONPath=`.status.conditions[?(@.type=="ScreeningReady")].reason`
// +kubebuilder:printcolumn:name="Screened",type=string,JSONPath=`.status.coverage.students`
// +kubebuilder:printcolumn:name="Annual",type=string,JSONPath=`.status.conditions[?(@.type=="AnnualScreeningMet")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type School struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is what the district declares about the school.
	// +required
	Spec SchoolSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status SchoolStatus `json:"status,omitzero"`
}

// SchoolList is a list of objects of the kind School.
//
// +kubebuilder:object:root=true
type SchoolList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []School `json:"items"`
}
