package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InstrumentSpec is one version of one questionnaire. Once it is approved its meaning cannot change:
// make a new version instead.
//
// +kubebuilder:validation:XValidation:rule="self.code == oldSelf.code && self.version == oldSelf.version",message="code and version cannot change: create another Instrument"
// +kubebuilder:validation:XValidation:rule="oldSelf.review.state == 'Draft' || (self.items == oldSelf.items && self.optionSets == oldSelf.optionSets && self.title == oldSelf.title && has(self.stem) == has(oldSelf.stem) && (!has(self.stem) || self.stem == oldSelf.stem) && self.languages == oldSelf.languages)",message="the wording of an approved instrument cannot change: create another version, or set review.state to Retired"
// +kubebuilder:validation:XValidation:rule="oldSelf.review.state == 'Draft' || (self.scales == oldSelf.scales && has(self.quality) == has(oldSelf.quality) && (!has(self.quality) || self.quality == oldSelf.quality) && self.ageRange == oldSelf.ageRange && self.recallPeriod == oldSelf.recallPeriod && self.administration == oldSelf.administration)",message="the meaning of an approved instrument cannot change: create another version, or set review.state to Retired"
// +kubebuilder:validation:XValidation:rule="self.review.state != 'Approved' || self.languages.exists(l, l.state == 'Confirmed')",message="an approved instrument has a language whose wording was compared with the published form: set the state of one of languages to Confirmed"
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
	// stem is the sentence read before the items. It may be left out, as all wording but the title may,
	// where the licensee must supply it; such an instrument scores and is not shown.
	// +optional
	Stem Text `json:"stem,omitzero"`
	// languages says of each language of the wording whether somebody compared it with the published
	// form. Districts get the wording of Confirmed languages and no other.
	// +required
	// +listType=map
	// +listMapKey=tag
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	Languages []Language `json:"languages,omitempty"`
	// administration is who puts the questions: the student reads them (SelfReport), or a trained adult
	// asks them face to face (Interview). An Interview is never part of stage1.
	// +required
	// +kubebuilder:validation:Enum=SelfReport;Interview
	Administration string `json:"administration,omitempty"`
	// recallPeriod is the time the items ask about. PerItem: each says its own. NotStated: the form
	// does not say.
	// +required
	// +kubebuilder:validation:Enum=Now;Week;TwoWeeks;Month;ThreeMonths;HalfYear;Year;Lifetime;PerItem;NotStated
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
	// quality lists how a careless or untrue response is found. It never touches critical answers.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Quality []QualityRule `json:"quality,omitempty"`
	// licence says under which terms the text may be used.
	// +required
	Licence Licence `json:"licence,omitzero"`
	// review is the state of the expert review. Setting it to Approved takes the custom verb "approve".
	// +optional
	// +default={"state": "Draft"}
	Review Review `json:"review,omitzero"`
}

// Language is the state of the wording in one language.
type Language struct {
	// tag of the language: zh-CN goes with the texts' zhCN, en with their en.
	// +required
	// +kubebuilder:validation:Enum=zh-CN;en
	Tag string `json:"tag,omitempty"`
	// state of the wording. Confirmed: compared word by word with the published form. Unconfirmed:
	// written here, still to be compared. LicenseeSupplies: the licence does not let it stand here.
	// +required
	// +kubebuilder:validation:Enum=Confirmed;Unconfirmed;LicenseeSupplies
	State string `json:"state,omitempty"`
	// source is where the wording comes from, or where a licensee gets it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}

// Languages and the states of their wording.
const (
	LanguageZhCN = "zh-CN"
	LanguageEn   = "en"

	LanguageConfirmed        = "Confirmed"
	LanguageUnconfirmed      = "Unconfirmed"
	LanguageLicenseeSupplies = "LicenseeSupplies"
)

// Administrations.
const (
	AdministrationSelfReport = "SelfReport"
	AdministrationInterview  = "Interview"
)

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
	// source is where the range comes from: a paper, manual or form.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
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
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Value *int32 `json:"value,omitempty"`
	// text that the student reads. May be left out where the licensee must supply it.
	// +optional
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
	// text that the student reads. May be left out where the licensee must supply it.
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
	// askWhen makes the item a gated one: it is asked when any of these tests of earlier items holds,
	// and otherwise is neither asked nor missing.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	AskWhen []ItemTest `json:"askWhen,omitempty"`
}

// CriticalAnswer gives an answer its class.
type CriticalAnswer struct {
	// value of the answer.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Value *int32 `json:"value,omitempty"`
	// class of the answer.
	// +required
	Class CriticalClass `json:"class,omitempty"`
	// source is where the class comes from: a paper, manual or form, or whose judgement it is.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Source string `json:"source,omitempty"`
}

// ItemTest holds when the answer to an item, as given, lies in a range.
type ItemTest struct {
	// item is the code of the item that is looked at.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	Item string `json:"item,omitempty"`
	// from is the least answer for which the test holds.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	From *int32 `json:"from,omitempty"`
	// to is the greatest answer for which the test holds.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	To *int32 `json:"to,omitempty"`
	// whenMissing says whether the test holds when the item was asked and has no value.
	// +optional
	// +default="Fails"
	// +kubebuilder:validation:Enum=Holds;Fails
	WhenMissing string `json:"whenMissing,omitempty"`
}

// TestHolds is the whenMissing of a test that an item without a value fulfils.
const TestHolds = "Holds"

// CriticalClass is how urgent a critical answer is.
//
// +kubebuilder:validation:Enum=Immediate;Urgent;Review
type CriticalClass string

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
	// text says whether the licence lets the wording stand here (Included), or only the scoring
	// (LicenseeSupplies).
	// +required
	// +kubebuilder:validation:Enum=Included;LicenseeSupplies
	Text string `json:"text,omitempty"`
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
