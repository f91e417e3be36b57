package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InspectionSpec is a random spot check (随机抽查) of schools of the district. It is made without a seed: the
// operator lists the schools there are. Then the seed is written, which nobody could know when the list was
// made, and the draw follows from both. Findings come last.
//
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.seed) || has(self.seed) && self.seed == oldSelf.seed",message="seed cannot change once it is written: the draw follows from it"
// +kubebuilder:validation:XValidation:rule="has(self.areas) == has(oldSelf.areas) && (!has(self.areas) || self.areas == oldSelf.areas)",message="areas cannot change: the list of schools was made with them; make another Inspection"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.findings) || has(self.findings) && oldSelf.findings.all(f, self.findings.exists(g, g.school == f.school && g.item == f.item))",message="a finding cannot be taken back: write rectifiedOn when it is rectified"
type InspectionSpec struct {
	// schools is how many schools are drawn; all when there are no more.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="schools cannot change: make another Inspection"
	Schools int32 `json:"schools,omitempty"`
	// areas (片区) whose schools are drawn from, by their codes; all schools of the district when left out.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=40
	Areas []string `json:"areas,omitempty"`
	// seedSource says, before the seed is known, where it will come from, such as the numbers of the next
	// public lottery draw with its date.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="seedSource cannot change: a draw is only fair when it was named beforehand"
	SeedSource string `json:"seedSource,omitempty"`
	// seed as it was published at the source. Written once, after the operator has listed the schools.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+( [!-~]+)*$')",message="seed must be what everybody types alike: ASCII letters, digits and signs with single spaces between them, such as 2026137 04 09 15"
	Seed string `json:"seed,omitempty"`
	// findings at the schools that were drawn.
	// +optional
	// +listType=map
	// +listMapKey=school
	// +listMapKey=item
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	Findings []Finding `json:"findings,omitempty"`
}

// InspectionItem is what is looked at. There is no free text: a finding speaks of a school's duties, never of a child.
//
// +kubebuilder:validation:Enum=Leadership;WorkPlan;Staffing;Training;CounsellingRoom;Publicity;Consent;SessionsAsPlanned;Confidentiality;DutyRoster;SignalsAnswered;CaseFiles;HealthPartner
type InspectionItem string

// FindingResult is what was found.
//
// +kubebuilder:validation:Enum=Met;NotMet;NotApplicable
type FindingResult string

// The results.
const (
	FindingMet           FindingResult = "Met"
	FindingNotMet        FindingResult = "NotMet"
	FindingNotApplicable FindingResult = "NotApplicable"
)

// Finding is what an inspection found of one item at one school.
//
// +kubebuilder:validation:XValidation:rule="(self.result == 'NotMet') == has(self.rectifyBy)",message="a finding NotMet, and no other, has rectifyBy, the day by which it is to be rectified"
// +kubebuilder:validation:XValidation:rule="!has(self.rectifiedOn) || has(self.rectifyBy) && self.foundOn <= self.rectifiedOn",message="rectifiedOn is for a finding NotMet and not before foundOn"
// +kubebuilder:validation:XValidation:rule="!has(self.rectifyBy) || self.foundOn <= self.rectifyBy",message="rectifyBy must not be before foundOn"
// +kubebuilder:validation:XValidation:rule="self.result == oldSelf.result && self.foundOn == oldSelf.foundOn && has(self.rectifyBy) == has(oldSelf.rectifyBy) && (!has(self.rectifyBy) || self.rectifyBy == oldSelf.rectifyBy)",message="of a finding only rectifiedOn and document may be written later; what was found, and by when it is to be rectified, stays"
type Finding struct {
	// school that was inspected, by the name of its School object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	School string `json:"school,omitempty"`
	// item that was looked at.
	// +required
	Item InspectionItem `json:"item,omitempty"`
	// result of looking.
	// +required
	Result FindingResult `json:"result,omitempty"`
	// foundOn is the day of the inspection.
	// +required
	FoundOn Civil `json:"foundOn,omitempty"`
	// rectifyBy is the last day on which what is NotMet is to be rectified (限期整改).
	// +optional
	RectifyBy Civil `json:"rectifyBy,omitempty"`
	// rectifiedOn is the day on which it was.
	// +optional
	RectifiedOn Civil `json:"rectifiedOn,omitempty"`
	// document is the number of the record kept elsewhere.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9./_-]*$`
	Document string `json:"document,omitempty"`
}

// InspectionStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type InspectionStatus struct {
	// conditions of the object: Ready, Drawn, Rectified.
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
	// listedTime is when the schools were listed, before the seed was written.
	// +optional
	ListedTime *metav1.Time `json:"listedTime,omitempty"`
	// listed are the schools that are drawn from, by name. The list stays as it is.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Listed []string `json:"listed,omitempty"`
	// drawn are the schools that were drawn, in the order of the draw.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Drawn []string `json:"drawn,omitempty"`
	// open is how many findings are to be rectified.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Open *int32 `json:"open,omitempty"`
	// overdue is how many of them should have been.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Overdue *int32 `json:"overdue,omitempty"`
	// nextRectifyBy is the soonest day by which an open finding that is not overdue is to be rectified.
	// +optional
	NextRectifyBy Civil `json:"nextRectifyBy,omitempty"`
}

// Inspection is a random spot check of schools.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=insp,categories=screening
// +kubebuilder:printcolumn:name="Drawn",type=string,JSONPath=`.status.conditions[?(@.type=="Drawn")].reason`
// +kubebuilder:printcolumn:name="Open",type=integer,JSONPath=`.status.open`
// +kubebuilder:printcolumn:name="Overdue",type=integer,JSONPath=`.status.overdue`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextRectifyBy`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Inspection struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the spot check.
	// +required
	Spec InspectionSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status InspectionStatus `json:"status,omitzero"`
}

// InspectionList is a list of objects of the kind Inspection.
//
// +kubebuilder:object:root=true
type InspectionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Inspection `json:"items"`
}
