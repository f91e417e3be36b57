package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ReferralChannelSpec is a signed agreement with a hospital or centre: the green channel.
type ReferralChannelSpec struct {
	// facility that takes referrals.
	// +required
	Facility Facility `json:"facility,omitzero"`
	// class of care that the channel gives.
	// +required
	Class ChannelClass `json:"class,omitempty"`
	// agreement under which children are referred.
	// +required
	Agreement Agreement `json:"agreement,omitzero"`
	// weeklyCapacity is how many referrals the facility takes in a week.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	WeeklyCapacity int32 `json:"weeklyCapacity,omitempty"`
	// endpoint is where referrals are sent; casework dials it, the operator never does.
	// +required
	Endpoint Endpoint `json:"endpoint,omitzero"`
	// dutyPhone is where the facility reaches the district's duty.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[0-9+][0-9 ()-]*$`
	DutyPhone string `json:"dutyPhone,omitempty"`
}

// Facility is a hospital or centre.
type Facility struct {
	// code is the facility's official code; a hospital shared by districts has one code.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Code string `json:"code,omitempty"`
	// displayName is the facility's name.
	// +required
	DisplayName Text `json:"displayName,omitzero"`
}

// ChannelClass is a class of care.
//
// +kubebuilder:validation:Enum=Psychiatric;Psychological;Emergency
type ChannelClass string

// Agreement is a cooperation agreement between the district and a facility.
//
// +kubebuilder:validation:XValidation:rule="self.validFrom <= self.validUntil",message="validFrom must not be later than validUntil: exchange the two dates"
type Agreement struct {
	// number of the agreement.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Number string `json:"number,omitempty"`
	// validFrom is the first day of the agreement.
	// +required
	ValidFrom Civil `json:"validFrom,omitempty"`
	// validUntil is the last day of the agreement.
	// +required
	ValidUntil Civil `json:"validUntil,omitempty"`
}

// Endpoint is an HTTPS address with its secrets.
type Endpoint struct {
	// url that is called, over HTTPS.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="url must be an https address with a host, such as https://hospital.example/referrals"
	URL string `json:"url,omitempty"`
	// secretRef names a Secret of type screening.evenkeel.dev/channel in the same namespace with the
	// keys send and receive: Standard Webhooks secrets, whsec_ followed by base64.
	// +required
	SecretRef ObjectReference `json:"secretRef,omitzero"`
}

// ReferralChannelStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type ReferralChannelStatus struct {
	// conditions of the object: Ready, Usable.
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
}

// ReferralChannel is a hospital or centre that takes the district's referrals.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=refch,categories=screening
// +kubebuilder:printcolumn:name="Facility",type=string,JSONPath=`.spec.facility.code`
// +kubebuilder:printcolumn:name="Class",type=string,JSONPath=`.spec.class`
// +kubebuilder:printcolumn:name="Until",type=string,JSONPath=`.spec.agreement.validUntil`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Usable",type=string,JSONPath=`.status.conditions[?(@.type=="Usable")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Usable")].reason`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ReferralChannel struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the agreement.
	// +required
	Spec ReferralChannelSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status ReferralChannelStatus `json:"status,omitzero"`
}

// ReferralChannelList is a list of objects of the kind ReferralChannel.
//
// +kubebuilder:object:root=true
type ReferralChannelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ReferralChannel `json:"items"`
}
