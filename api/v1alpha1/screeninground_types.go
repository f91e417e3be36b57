package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ScreeningRoundSpec is one occurrence of a campaign in one district. The operator writes it;
// people change suspend, endAt and extendSchoolDays, which the operator never writes. A make-up round is called like
// the regular one of its slot, with -makeup after it.
type ScreeningRoundSpec struct {
	// campaign that the round belongs to.
	// +required
	Campaign CampaignReference `json:"campaign,omitzero"`
	// slot is the first day of the first phase.
	// +required
	Slot Civil `json:"slot,omitempty"`
	// purpose of the round. Regular, also when left out: for its cohort. MakeUp: for the students of the cohort who
	// were not screened in the school year.
	// +optional
	// +kubebuilder:validation:Enum=Regular;MakeUp
	Purpose RoundPurpose `json:"purpose,omitempty"`
	// phases with their instants.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	Phases []PhaseWindow `json:"phases,omitempty"`
	// sessions in which students answer, in order: those of phase Stage1, and after its end those of an
	// extension.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=260
	Sessions []SessionWindow `json:"sessions,omitempty"`
	// schools that have sessions of their own, within the round's; every other school has the round's.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2000
	Schools []SchoolWindows `json:"schools,omitempty"`
	// leftOut lists schools of the cohort's stages that take no part: the plan has no place for them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	LeftOut []string `json:"leftOut,omitempty"`
	// cohort says which students take part.
	// +required
	Cohort Cohort `json:"cohort,omitzero"`
	// instruments in the order in which they are asked.
	// +required
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Instruments []InstrumentKey `json:"instruments,omitempty"`
	// escalationPolicyRef names the EscalationPolicy.
	// +required
	EscalationPolicyRef ObjectReference `json:"escalationPolicyRef,omitzero"`
	// suspend holds the round. None: it runs. Hold: no form is opened, running ones may finish.
	// HoldAndDrain: running ones are refused too. Danger signals are acted on in any case.
	// +optional
	// +kubebuilder:validation:Enum=None;Hold;HoldAndDrain
	Suspend SuspendMode `json:"suspend,omitempty"`
	// endAt ends Stage1 earlier than planned; a later instant has no effect. When the round has closed it stays closed,
	// whatever endAt becomes.
	// +optional
	EndAt *metav1.Time `json:"endAt,omitempty"`
	// extendSchoolDays is how many school days more than planned an open round is kept open; the operator
	// adds their sessions. Before the opening, and once the round has closed, it has no effect.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=60
	ExtendSchoolDays *int32 `json:"extendSchoolDays,omitempty"`
}

// RoundPurpose is whom a round is for.
type RoundPurpose string

// The purposes.
const (
	PurposeRegular RoundPurpose = "Regular"
	PurposeMakeUp  RoundPurpose = "MakeUp"
)

// SuspendMode is how a round is held.
type SuspendMode string

// The modes.
const (
	SuspendNone         SuspendMode = "None"
	SuspendHold         SuspendMode = "Hold"
	SuspendHoldAndDrain SuspendMode = "HoldAndDrain"
)

// CampaignReference names a campaign and its incarnation.
type CampaignReference struct {
	// name of the campaign.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// uid of the campaign that planned the round last.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`
}

// PhaseWindow is a phase with its instants: from is included, to is not.
type PhaseWindow struct {
	// name of the phase.
	// +required
	Name PhaseName `json:"name,omitempty"`
	// from is when the phase begins.
	// +required
	From metav1.Time `json:"from,omitzero"`
	// to is when the phase ends.
	// +required
	To metav1.Time `json:"to,omitzero"`
}

// SessionWindow is a session: from is included, to is not.
type SessionWindow struct {
	// from is when codes start to open forms.
	// +required
	From metav1.Time `json:"from,omitzero"`
	// to is when drafts are finalised.
	// +required
	To metav1.Time `json:"to,omitzero"`
}

// SchoolWindows is when the students of one school answer.
type SchoolWindows struct {
	// name of the School.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
	// sessions in which they answer, in order.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=260
	Sessions []SessionWindow `json:"sessions,omitempty"`
}

// ScreeningRoundStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type ScreeningRoundStatus struct {
	// conditions of the object: Ready, GatesPassed and one for each gate, MeaningPinned, Open, Intervening, Released,
	// Replanned, Extended.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchStrategy=merge
	// +patchMergeKey=type
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
	// observedGeneration is the generation the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// meaningDigest is the digest of the meaning pinned for the round, recorded before it is sent. The
	// condition MeaningPinned says whether the district holds it.
	// +optional
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	MeaningDigest string `json:"meaningDigest,omitempty"`
	// cohortSchools are the schools that take part, fixed together with the meaning; a school that is
	// declared later takes part in the next round.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2000
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	CohortSchools []string `json:"cohortSchools,omitempty"`
	// openedTime is when the district first said that the round was open. A round that has opened
	// finishes even if its campaign is deleted.
	// +optional
	OpenedTime *metav1.Time `json:"openedTime,omitempty"`
	// controlRevision is the revision of the control document that the district has applied.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ControlRevision int64 `json:"controlRevision,omitempty"`
	// controlDigest is the digest of the control document that the district has applied.
	// +optional
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	ControlDigest string `json:"controlDigest,omitempty"`
	// nextOpenTime is when the next session begins.
	// +optional
	NextOpenTime *metav1.Time `json:"nextOpenTime,omitempty"`
	// closeTime is when Stage1 ends, endAt considered.
	// +optional
	CloseTime *metav1.Time `json:"closeTime,omitempty"`
	// window is when Stage1 is planned to open and close, endAt not considered.
	// +optional
	Window SessionWindow `json:"window,omitzero"`
	// lastReplan is how the window changed last.
	// +optional
	LastReplan Replan `json:"lastReplan,omitzero"`
	// participation is students with an answer out of those invited, both rounded to ten.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Participation string `json:"participation,omitempty"`
	// release is the one publication of the round's figures.
	// +optional
	Release RoundRelease `json:"release,omitzero"`
}

// Replan is a change of a round's window.
type Replan struct {
	// time when the operator saw it.
	// +required
	Time metav1.Time `json:"time,omitzero"`
	// was is the window before.
	// +required
	Was SessionWindow `json:"was,omitzero"`
	// is the window after.
	// +required
	Is SessionWindow `json:"is,omitzero"`
}

// RoundRelease is the suppressed figures of a round.
type RoundRelease struct {
	// floor under which counts are suppressed, zero included.
	// +required
	// +kubebuilder:validation:Minimum=1
	Floor int64 `json:"floor,omitempty"`
	// participants is the number of students with an answer; left out when suppressed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Participants *int64 `json:"participants,omitempty"`
	// tiers in the policy's order, severest first, then None.
	// +required
	// +listType=map
	// +listMapKey=tier
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=11
	Tiers []TierCount `json:"tiers,omitempty"`
}

// TierCount is the count of one tier.
type TierCount struct {
	// tier of the policy, or None.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Tier string `json:"tier,omitempty"`
	// students in the tier; left out when suppressed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Students *int64 `json:"students,omitempty"`
}

// ScreeningRound is one occurrence of a campaign in one district.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=round,categories=screening
// +kubebuilder:printcolumn:name="Campaign",type=string,JSONPath=`.spec.campaign.name`
// +kubebuilder:printcolumn:name="Purpose",type=string,JSONPath=`.spec.purpose`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.conditions[?(@.type=="Open")].reason`
// +kubebuilder:printcolumn:name="Gates",type=string,JSONPath=`.status.conditions[?(@.type=="GatesPassed")].reason`
// +kubebuilder:printcolumn:name="Answered",type=string,JSONPath=`.status.participation`
// +kubebuilder:printcolumn:name="Closes",type=date,JSONPath=`.status.closeTime`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ScreeningRound struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the occurrence.
	// +required
	Spec ScreeningRoundSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status ScreeningRoundStatus `json:"status,omitzero"`
}

// ScreeningRoundList is a list of objects of the kind ScreeningRound.
//
// +kubebuilder:object:root=true
type ScreeningRoundList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ScreeningRound `json:"items"`
}
