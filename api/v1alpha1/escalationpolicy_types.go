package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EscalationPolicySpec turns scores and critical answers into tiers, and tiers into duties. The tier
// of a response is the severest of the critical floor, the undetermined floor and the first rule
// that matches. A policy takes effect in rounds that have not opened yet.
//
// +kubebuilder:validation:XValidation:rule="[self.critical.immediate, self.critical.urgent, self.critical.review, self.undetermined.tier].all(n, self.tiers.exists(t, t.name == n))",message="critical and undetermined must name tiers that are listed in tiers"
// +kubebuilder:validation:XValidation:rule="self.rules.all(r, self.tiers.exists(t, t.name == r.tier))",message="every rule must name a tier that is listed in tiers"
// +kubebuilder:validation:XValidation:rule="self.tiers.all(t, !(t.name in [self.critical.immediate, self.critical.urgent]) || 'Notify' in t.actions)",message="critical.immediate and critical.urgent must name tiers that list the action Notify"
type EscalationPolicySpec struct {
	// tiers of response, severest first. The name None is reserved for "no tier".
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Tiers []Tier `json:"tiers,omitempty"`
	// critical maps each class of critical answer to the least tier it leads to. A request to talk
	// to someone counts as urgent.
	// +required
	Critical CriticalFloors `json:"critical,omitzero"`
	// undetermined is the tier of what could not be scored or left a critical item blank.
	// +required
	Undetermined Undetermined `json:"undetermined,omitzero"`
	// referralRelease says who sends a drafted referral. Human: the machine drafts, a person sends.
	// +optional
	// +default="Human"
	// +kubebuilder:validation:Enum=Human
	ReferralRelease string `json:"referralRelease,omitempty"`
	// rules over scores, in falling severity; the first that matches decides.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	Rules []Rule `json:"rules,omitempty"`
}

// Tier is one level of response.
//
// +kubebuilder:validation:XValidation:rule="self.name != 'None'",message="the tier name None is reserved: choose another"
// +kubebuilder:validation:XValidation:rule="('Notify' in self.actions) == ('OpenCase' in self.actions) && ('Notify' in self.actions) == (has(self.onOverdue) && size(self.onOverdue) > 0)",message="OpenCase, Notify and a non-empty onOverdue come together: give all three or none"
// +kubebuilder:validation:XValidation:rule="!('DraftReferral' in self.actions) || has(self.channelClass)",message="a tier that drafts referrals needs channelClass"
// +kubebuilder:validation:XValidation:rule="!('DraftReferral' in self.actions) || 'OpenCase' in self.actions",message="a tier that drafts referrals must also list OpenCase, Notify and onOverdue"
type Tier struct {
	// name of the tier; it is the policy's own.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Name string `json:"name,omitempty"`
	// lead is the level that answers for the child.
	// +required
	Lead Level `json:"lead,omitempty"`
	// with lists the levels that support the lead.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	With []Level `json:"with,omitempty"`
	// respondWithinMinutes is the deadline, from the receipt of the answer to contact with the child.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	RespondWithinMinutes int32 `json:"respondWithinMinutes,omitempty"`
	// actions that the tier sets in motion.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Actions []TierAction `json:"actions,omitempty"`
	// channelClass is the class of referral channel that a drafted referral goes through.
	// +optional
	ChannelClass ChannelClass `json:"channelClass,omitempty"`
	// onOverdue is the chain of duty after the deadline; its last step repeats.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.filter(b, b.afterMinutes == a.afterMinutes).size() == 1)",message="two steps of a chain cannot have the same afterMinutes"
	OnOverdue []ChainStep `json:"onOverdue,omitempty"`
	// repeatEveryMinutes is how often the last step of the chain repeats.
	// +optional
	// +default=30
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1440
	RepeatEveryMinutes int32 `json:"repeatEveryMinutes,omitempty"`
}

// TierAction is what a tier sets in motion.
//
// +kubebuilder:validation:Enum=OpenCase;Notify;DraftReferral;FollowUp
type TierAction string

// The actions.
const (
	ActionOpenCase      TierAction = "OpenCase"
	ActionNotify        TierAction = "Notify"
	ActionDraftReferral TierAction = "DraftReferral"
	ActionFollowUp      TierAction = "FollowUp"
)

// ChainStep is one step of the chain of duty.
type ChainStep struct {
	// afterMinutes is how long after the deadline the step is taken; 0 is at the deadline.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10080
	AfterMinutes *int32 `json:"afterMinutes,omitempty"`
	// notify is the level whose duty staff are notified.
	// +required
	Notify Level `json:"notify,omitempty"`
}

// CriticalFloors maps each class of critical answer to a tier.
type CriticalFloors struct {
	// immediate is the least tier of an Immediate answer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Immediate string `json:"immediate,omitempty"`
	// urgent is the least tier of an Urgent answer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Urgent string `json:"urgent,omitempty"`
	// review is the least tier of a Review answer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Review string `json:"review,omitempty"`
}

// Undetermined is what becomes of responses that could not be scored.
type Undetermined struct {
	// tier of such a response.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Tier string `json:"tier,omitempty"`
	// retestWithinSchoolDays is when the student should be seen again.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60
	RetestWithinSchoolDays int32 `json:"retestWithinSchoolDays,omitempty"`
}

// Rule is one rule over scores.
type Rule struct {
	// name of the rule, shown in the explanation of a decision.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
	// when is a CEL expression over scores, such as scores['phq-9'].total >= 15.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1000
	When string `json:"when,omitempty"`
	// tier that the rule leads to.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Tier string `json:"tier,omitempty"`
}

// EscalationPolicyStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type EscalationPolicyStatus struct {
	// conditions of the object: Ready, InUse.
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
	// digest of the policy as it would be sent to districts.
	// +optional
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest,omitempty"`
}

// EscalationPolicy says which answers and scores lead to which response.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=escpol,categories=screening
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="InUse",type=string,JSONPath=`.status.conditions[?(@.type=="InUse")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type EscalationPolicy struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is the policy.
	// +required
	Spec EscalationPolicySpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status EscalationPolicyStatus `json:"status,omitzero"`
}

// EscalationPolicyList is a list of objects of the kind EscalationPolicy.
//
// +kubebuilder:object:root=true
type EscalationPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []EscalationPolicy `json:"items"`
}
