package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InstrumentSpec is one version of one questionnaire. Once it is approved its meaning cannot change:
// make a new version instead.
//
// +kubebuilder:validation:XValidation:rule="self.code == oldSelf.code && self.version == oldSelf.version",message="code and version cannot change: create another Instrument"
// +kubebuilder:validation:XValidation:rule="oldSelf.review.state == 'Draft' || (self.items == oldSelf.items && self.scales == oldSelf.scales && self.optionSets == oldSelf.optionSets && self.title == oldSelf.title && self.stem == oldSelf.stem && self.ageRange == oldSelf.ageRange && self.recallPeriod == oldSelf.recallPeriod)",message="the meaning of an approved instrument cannot change: create another version, or set review.state to Retired"
// +kubebuilder:validation:XValidation:rule="oldSelf.review.state != 'Approved' || self.review.state in ['Approved', 'Retired']",message="an approved instrument can only be retired: set review.state to Retired"
// +kubebuilder:validation:XValidation:rule="oldSelf.review.state != 'Retired' || self.review.state == 'Retired'",message="a retired instrument stays retired: create another version"
type InstrumentSpec struct {
	// code of the questionnaire, the same for all its versions, such as phq-9.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Code string `json:"code,omitempty"`
	// version of the questionnaire.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	Version string `json:"version,omitempty"`
	// title of the questionnaire.
	// +required
	Title Text `json:"title,omitzero"`
	// stem is the sentence read before the items.
	// +required
	Stem Text `json:"stem,omitzero"`
	// recallPeriod is the time the items ask about.
	// +required
	// +kubebuilder:validation:Enum=Now;Week;TwoWeeks;Month;HalfYear;Year;Lifetime
	RecallPeriod string `json:"recallPeriod,omitempty"`
	// ageRange is the ages, in years, for which the questionnaire is meant.
	// +required
	AgeRange AgeRange `json:"ageRange,omitzero"`
	// optionSets are the sets of answers that items refer to.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	OptionSets []OptionSet `json:"optionSets,omitempty"`
	// items are the questions, in the order in which they are asked.
	// +required
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	Items []Item `json:"items,omitempty"`
	// scales are the scores computed from the items.
	// +required
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=30
	Scales []Scale `json:"scales,omitempty"`
	// licence says under which terms the text may be used.
	// +required
	Licence Licence `json:"licence,omitzero"`
	// review is the state of the expert review. Setting it to Approved takes the custom verb "approve".
	// +optional
	// +default={"state": "Draft"}
	Review Review `json:"review,omitzero"`
}

// AgeRange is a range of ages in years.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxYears) || self.minYears <= self.maxYears",message="minYears must not be greater than maxYears"
type AgeRange struct {
	// minYears is the youngest age.
	// +required
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=120
	MinYears int32 `json:"minYears,omitempty"`
	// maxYears is the oldest age; none when left out.
	// +optional
	// +kubebuilder:validation:Minimum=3
	// +kubebuilder:validation:Maximum=120
	MaxYears int32 `json:"maxYears,omitempty"`
}

// OptionSet is a named set of answers.
type OptionSet struct {
	// name by which items refer to the set.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Name string `json:"name,omitempty"`
	// options in the order in which they are shown.
	// +required
	// +listType=map
	// +listMapKey=value
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=12
	Options []Option `json:"options,omitempty"`
}

// Option is one possible answer.
type Option struct {
	// value that is scored.
	// +required
	// +kubebuilder:validation:Minimum=-100
	// +kubebuilder:validation:Maximum=1000
	Value *int32 `json:"value,omitempty"`
	// text that the student reads.
	// +required
	Text Text `json:"text,omitzero"`
}

// Item is one question.
type Item struct {
	// code of the item, unique in the instrument.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Code string `json:"code,omitempty"`
	// text that the student reads. May be left out in a Draft whose text the licensee must supply.
	// +optional
	Text Text `json:"text,omitzero"`
	// optionSet names the item's set of answers.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	OptionSet string `json:"optionSet,omitempty"`
	// critical lists the answers that call for a person, whatever any total is.
	// +optional
	// +listType=map
	// +listMapKey=value
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=12
	Critical []CriticalAnswer `json:"critical,omitempty"`
}

// CriticalAnswer gives an answer its class.
type CriticalAnswer struct {
	// value of the answer.
	// +required
	// +kubebuilder:validation:Minimum=-100
	// +kubebuilder:validation:Maximum=1000
	Value *int32 `json:"value,omitempty"`
	// class of the answer.
	// +required
	Class CriticalClass `json:"class,omitempty"`
}

// CriticalClass is how urgent a critical answer is.
//
// +kubebuilder:validation:Enum=Immediate;Urgent;Review
type CriticalClass string

// Scale is one score.
type Scale struct {
	// code by which policy rules refer to the score, such as total.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z]([a-zA-Z0-9_]*)$`
	Code string `json:"code,omitempty"`
	// items that make up the scale.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=20
	Items []string `json:"items,omitempty"`
	// method by which the score is computed. ProratedSum: sum of the answered items times the
	// number of items over the number answered, rounded half up.
	// +required
	// +kubebuilder:validation:Enum=ProratedSum
	Method string `json:"method,omitempty"`
	// maxMissing is how many items may be missing before the scale is Insufficient.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=199
	MaxMissing *int32 `json:"maxMissing,omitempty"`
	// bands name ranges of the score, lowest first, without gaps.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=12
	Bands []Band `json:"bands,omitempty"`
	// source is where the rule comes from: a paper, manual or form.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}

// Band is a named range of a score, both ends included.
//
// +kubebuilder:validation:XValidation:rule="self.from <= self.to",message="from must not be greater than to"
type Band struct {
	// name of the band. It says how much follow-up is needed, never a diagnosis.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Name string `json:"name,omitempty"`
	// from is the lowest score of the band.
	// +required
	// +kubebuilder:validation:Minimum=-10000
	// +kubebuilder:validation:Maximum=100000
	From *int32 `json:"from,omitempty"`
	// to is the highest score of the band.
	// +required
	// +kubebuilder:validation:Minimum=-10000
	// +kubebuilder:validation:Maximum=100000
	To *int32 `json:"to,omitempty"`
}

// Licence says under which terms the text may be used.
type Licence struct {
	// name of the licence or the sentence that grants the use.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Name string `json:"name,omitempty"`
	// holder of the rights.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Holder string `json:"holder,omitempty"`
}

// Review is the state of the expert review.
//
// +kubebuilder:validation:XValidation:rule="self.state == 'Draft' || (has(self.by) && size(self.by) > 0)",message="an approved or retired instrument names its reviewers in review.by"
type Review struct {
	// state of the review. Only Approved instruments may be used in rounds.
	// +required
	// +kubebuilder:validation:Enum=Draft;Approved;Retired
	State string `json:"state,omitempty"`
	// by lists the bodies that reviewed the instrument, not persons.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=200
	By []string `json:"by,omitempty"`
	// note is what the reviewers want users to know, such as "for demonstration only".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Note string `json:"note,omitempty"`
}

// Review states.
const (
	ReviewDraft    = "Draft"
	ReviewApproved = "Approved"
	ReviewRetired  = "Retired"
)

// InstrumentStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type InstrumentStatus struct {
	// conditions of the instrument: Ready, UsableInRounds, InUse.
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
	// digest of the meaning as it would be sent to districts.
	// +optional
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest,omitempty"`
}

// Instrument is one version of one questionnaire.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=instr,categories=screening
// +kubebuilder:printcolumn:name="Code",type=string,JSONPath=`.spec.code`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.spec.version`
// +kubebuilder:printcolumn:name="Review",type=string,JSONPath=`.spec.review.state`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Usable",type=string,JSONPath=`.status.conditions[?(@.type=="UsableInRounds")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Instrument struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is one version of one questionnaire.
	// +required
	Spec InstrumentSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status InstrumentStatus `json:"status,omitzero"`
}

// InstrumentList is a list of instruments.
//
// +kubebuilder:object:root=true
type InstrumentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Instrument `json:"items"`
}
