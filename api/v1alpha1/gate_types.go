package v1alpha1

// GateName names a gate that a campaign has a say in.
//
// +kubebuilder:validation:Enum=Publicity;Training;Staffing;CounsellingRoom;ReferralChannel;DutyChain;DutyDrill;ExpertGroup
type GateName string

// The gates.
const (
	// GatePublicity asks of every school of the cohort that publicity was held.
	GatePublicity GateName = "Publicity"
	// GateTraining asks of every school of the cohort that its staff were trained.
	GateTraining GateName = "Training"
	// GateStaffing asks of every school of the cohort for a psych teacher or a provider with a valid credential.
	GateStaffing GateName = "Staffing"
	// GateCounsellingRoom asks of every school of the cohort for an open counselling room (心理辅导室).
	GateCounsellingRoom GateName = "CounsellingRoom"
	// GateReferralChannel asks for a Usable channel for every tier that drafts referrals.
	GateReferralChannel GateName = "ReferralChannel"
	// GateDutyChain asks that the chain of duty can be reached.
	GateDutyChain GateName = "DutyChain"
	// GateDutyDrill asks that a drill of the chain of duty was acknowledged for the day of the opening.
	GateDutyDrill GateName = "DutyDrill"
	// GateExpertGroup asks that every area (片区) with schools of the cohort has an expert group.
	GateExpertGroup GateName = "ExpertGroup"
)

// GateEnforcement is what becomes of a round whose gate is shut.
//
// +kubebuilder:validation:Enum=Required;Advisory
type GateEnforcement string

// The enforcements. Required: the round does not open, and one that is open is held; Publicity, Training and DutyDrill are
// not asked again once students can answer. Advisory: its condition says so.
const (
	EnforcementRequired GateEnforcement = "Required"
	EnforcementAdvisory GateEnforcement = "Advisory"
)

// GateRule says how strict a gate is.
//
// +kubebuilder:validation:XValidation:rule="!(self.name in ['Staffing', 'ReferralChannel', 'DutyChain']) || self.enforcement == 'Required'",message="Staffing, ReferralChannel and DutyChain are always Required: a child who signals danger must find somebody"
// +kubebuilder:validation:XValidation:rule="!has(self.withinDays) || self.name in ['Publicity', 'Training', 'DutyDrill']",message="withinDays is for Publicity, Training and DutyDrill: take it out here"
// +kubebuilder:validation:XValidation:rule="!has(self.hoursPerWeek) || self.name == 'CounsellingRoom'",message="hoursPerWeek is for CounsellingRoom: take it out here"
type GateRule struct {
	// name of the gate.
	// +required
	Name GateName `json:"name,omitempty"`
	// enforcement of the gate.
	// +required
	Enforcement GateEnforcement `json:"enforcement,omitempty"`
	// withinDays is how many days before the opening the evidence may be at the most. When left out: 180 for
	// Publicity, 365 for Training, 1 for DutyDrill.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=730
	WithinDays int32 `json:"withinDays,omitempty"`
	// hoursPerWeek is how many hours a week the counselling room is open at least; 1 when left out.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=168
	HoursPerWeek int32 `json:"hoursPerWeek,omitempty"`
}

// GateException lets a gate pass where it would be shut.
//
// +kubebuilder:validation:XValidation:rule="(self.gate in ['Publicity', 'Training', 'Staffing', 'CounsellingRoom']) == has(self.schools)",message="an exception from Publicity, Training, Staffing or CounsellingRoom, and no other, lists schools"
// +kubebuilder:validation:XValidation:rule="(self.gate == 'ExpertGroup') == has(self.areas)",message="an exception from ExpertGroup, and no other, lists areas"
type GateException struct {
	// name of the exception.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// gate that it is from. There is none from ReferralChannel and DutyChain: a child who signals danger must find somebody.
	// +required
	// +kubebuilder:validation:XValidation:rule="!(self in ['ReferralChannel', 'DutyChain'])",message="there is no exception from ReferralChannel and DutyChain: a child who signals danger must find somebody"
	Gate GateName `json:"gate,omitempty"`
	// district it is for, by namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	District string `json:"district,omitempty"`
	// schools it is for, by the names of their School objects.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Schools []string `json:"schools,omitempty"`
	// areas it is for, by their codes.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=40
	Areas []string `json:"areas,omitempty"`
	// grantedBy is the office that granted it, such as 市教委德育处; never the name of a person.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	GrantedBy string `json:"grantedBy,omitempty"`
	// until is the last day on which it holds, in the campaign's time zone.
	// +required
	Until Civil `json:"until,omitempty"`
}
