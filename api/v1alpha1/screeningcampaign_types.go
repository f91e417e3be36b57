package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ScreeningCampaignSpec is to a round what a CronJob is to a Job: when, where and what.
//
// +kubebuilder:validation:XValidation:rule="!has(self.rollout) || (!has(self.rollout.pilot) && !has(self.rollout.maxConcurrentDistricts)) || self.template.spec.phases.all(p, !has(p.dates))",message="dates cannot be shifted from wave to wave: give the phases schoolDays, or take pilot and maxConcurrentDistricts out of rollout"
// +kubebuilder:validation:XValidation:rule="!has(self.schedule.extraDates) || self.template.spec.phases.all(p, !has(p.dates))",message="dates cannot be shifted to schedule.extraDates: give the phases schoolDays, or take extraDates out"
// +kubebuilder:validation:XValidation:rule="!has(self.rollout) || !has(self.rollout.capacity) || !has(self.rollout.capacity.schoolDaysPerSchool) || self.template.spec.phases.all(p, p.name != 'Stage1' || !has(p.schoolDays) || self.rollout.capacity.schoolDaysPerSchool <= p.schoolDays)",message="schoolDaysPerSchool is more than the school days of Stage1: write at most as many"
type ScreeningCampaignSpec struct {
	// timeZone in which the schedule is read.
	// +required
	TimeZone TimeZone `json:"timeZone,omitempty"`
	// calendarRef names the AcademicCalendar.
	// +required
	CalendarRef ObjectReference `json:"calendarRef,omitzero"`
	// schedule marks the first day of the first phase.
	// +required
	Schedule Schedule `json:"schedule,omitzero"`
	// suspend stops new rounds and holds new sessions of open ones.
	// +optional
	// +default=false
	Suspend *bool `json:"suspend,omitempty"`
	// whenSuspended is how suspend holds open rounds. Hold: no form is opened, running ones may finish.
	// HoldAndDrain: running ones are refused too. Danger signals are acted on in any case.
	// +optional
	// +default="Hold"
	// +kubebuilder:validation:Enum=Hold;HoldAndDrain
	WhenSuspended SuspendMode `json:"whenSuspended,omitempty"`
	// districtSelector selects the Namespaces of the districts by label.
	// +required
	DistrictSelector metav1.LabelSelector `json:"districtSelector,omitzero"`
	// template of the rounds.
	// +required
	Template RoundTemplate `json:"template,omitzero"`
	// rollout says which districts and schools are screened one after another; without it all are at once.
	// +optional
	Rollout Rollout `json:"rollout,omitzero"`
	// gates say what must be there before students are asked. One that is not listed: Staffing,
	// ReferralChannel and DutyChain are Required, the others Advisory. Instruments and policy are
	// always Required.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Gates []GateRule `json:"gates,omitempty"`
	// gateExceptions let a gate pass for schools, areas or a district, until a day, by somebody's word.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	GateExceptions []GateException `json:"gateExceptions,omitempty"`
}

// Rollout spreads a campaign over time: districts in waves, schools by who is there for them. Wave k is
// the campaign begun k times the school days of Stage1 later.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.pilot) || !has(self.order) || self.order.all(d, !(d in self.pilot))",message="a district is in pilot and in order: take it out of one of them"
// +kubebuilder:validation:XValidation:rule="!has(self.pilot) || !has(self.maxConcurrentDistricts) || size(self.pilot) <= self.maxConcurrentDistricts",message="pilot has more districts than maxConcurrentDistricts: raise it or make pilot shorter"
type Rollout struct {
	// pilot lists the districts of a first wave of their own, by namespace.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Pilot []string `json:"pilot,omitempty"`
	// order lists the districts that come next, by namespace; the others follow by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Order []string `json:"order,omitempty"`
	// maxConcurrentDistricts is how many districts are in Stage1 at a time; without it any number.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxConcurrentDistricts int32 `json:"maxConcurrentDistricts,omitempty"`
	// capacity compares the cases that are expected with who is there to take them.
	// +optional
	Capacity Capacity `json:"capacity,omitzero"`
}

// Capacity says what is expected and what is to be done where that is more than counsellors and
// channels take in a week.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.expected) || self.expected.map(e, e.perThousand).sum() <= 1000",message="expected adds up to more than 1000 per thousand, and a student has one tier: write smaller rates"
type Capacity struct {
	// policy for a school whose expected cases do not fit. Required: it answers on other or more days
	// until it fits, or takes no part. Preferred: it answers when the excess is least, with a warning.
	// Ignore: no school is moved.
	// +optional
	// +default="Ignore"
	// +kubebuilder:validation:Enum=Required;Preferred;Ignore
	Policy CapacityPolicy `json:"policy,omitempty"`
	// schoolDaysPerSchool is on how many school days of Stage1 one school answers, at least; without it
	// on all of them. Under Ignore it has no effect.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	SchoolDaysPerSchool int32 `json:"schoolDaysPerSchool,omitempty"`
	// counsellorCasesPerWeek is how many cases a full-time psych teacher takes in a week; a part-time one
	// takes half of them. Without it counsellors are not counted.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	CounsellorCasesPerWeek int32 `json:"counsellorCasesPerWeek,omitempty"`
	// providerCasesPerWeek is how many cases a week an engaged institution takes at one school that has
	// no psych teacher. Without it such a school has nobody where counsellors are counted.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	ProviderCasesPerWeek int32 `json:"providerCasesPerWeek,omitempty"`
	// expected is how many students of a thousand are expected in each tier of the policy. Without it,
	// as many as the district published in the latest earlier round of the campaign.
	// +optional
	// +listType=map
	// +listMapKey=tier
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Expected []ExpectedRate `json:"expected,omitempty"`
}

// CapacityPolicy is what becomes of a school whose expected cases do not fit.
type CapacityPolicy string

// The policies.
const (
	CapacityRequired  CapacityPolicy = "Required"
	CapacityPreferred CapacityPolicy = "Preferred"
	CapacityIgnore    CapacityPolicy = "Ignore"
)

// ExpectedRate is how often a tier is expected.
type ExpectedRate struct {
	// tier of the escalation policy.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Tier string `json:"tier,omitempty"`
	// perThousand is how many students of a thousand are expected in the tier.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	PerThousand *int32 `json:"perThousand,omitempty"`
}

// Schedule is a recurring or a one-off date.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="has(self.cron) != has(self.startDate)",message="give either cron or startDate"
// +kubebuilder:validation:XValidation:rule="!has(self.cron) || (!self.cron.contains('TZ=') && self.cron.split(' ').size() == 5)",message="cron has five fields and no time zone: set spec.timeZone instead"
type Schedule struct {
	// cron is a five-field cron expression; each time it fires is the first day of a round.
	// +optional
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=100
	Cron string `json:"cron,omitempty"`
	// startDate is the first day of the one round.
	// +optional
	StartDate Civil `json:"startDate,omitempty"`
	// extraDates are further first days of rounds, whatever cron or startDate says; kubectl evenkeel
	// trigger adds one.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	ExtraDates []Civil `json:"extraDates,omitempty"`
	// startingDeadlineSeconds is how late a round may still be started.
	// +optional
	// +default=604800
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31536000
	StartingDeadlineSeconds *int64 `json:"startingDeadlineSeconds,omitempty"`
	// missedRunPolicy says what happens to a start that was missed by more than the deadline.
	// RunOnce starts the latest missed one when it becomes possible; Skip waits for the next.
	// +optional
	// +default="RunOnce"
	// +kubebuilder:validation:Enum=RunOnce;Skip
	MissedRunPolicy string `json:"missedRunPolicy,omitempty"`
}

// RoundTemplate is what every round of the campaign looks like.
type RoundTemplate struct {
	// spec of the rounds.
	// +required
	Spec RoundTemplateSpec `json:"spec,omitzero"`
}

// RoundTemplateSpec is the part of a round that the campaign fixes.
type RoundTemplateSpec struct {
	// cohort says which students take part.
	// +required
	Cohort Cohort `json:"cohort,omitzero"`
	// phases in order; Stage1 opens intake to the cohort.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +kubebuilder:validation:XValidation:rule="self.exists(p, p.name == 'Stage1')",message="phases must include Stage1"
	Phases []Phase `json:"phases,omitempty"`
	// stage1 is what the cohort is asked.
	// +required
	Stage1 StageContent `json:"stage1,omitzero"`
	// escalationPolicyRef names the EscalationPolicy.
	// +required
	EscalationPolicyRef ObjectReference `json:"escalationPolicyRef,omitzero"`
	// makeUp is a second round in every district for those whom the first did not screen; none without it.
	// +optional
	MakeUp MakeUp `json:"makeUp,omitzero"`
}

// MakeUp is a second round for the students of the first who were not screened in the school year:
// absent, come later, or answered what cannot be scored.
type MakeUp struct {
	// afterSchoolDays is how many school days after the last of Stage1 it begins; 1 is the next school day.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=120
	AfterSchoolDays int32 `json:"afterSchoolDays,omitempty"`
	// schoolDays is how many school days it lasts, with the session of Stage1.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60
	SchoolDays int32 `json:"schoolDays,omitempty"`
}

// Cohort says which students take part.
type Cohort struct {
	// stages of schooling that take part.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Stages []Stage `json:"stages,omitempty"`
}

// PhaseName names a phase.
//
// +kubebuilder:validation:Enum=Publicity;Training;Stage1;Stage2;Intervention;Summary
type PhaseName string

// The phases.
const (
	PhasePublicity    PhaseName = "Publicity"
	PhaseTraining     PhaseName = "Training"
	PhaseStage1       PhaseName = "Stage1"
	PhaseStage2       PhaseName = "Stage2"
	PhaseIntervention PhaseName = "Intervention"
	PhaseSummary      PhaseName = "Summary"
)

// Phase is one part of a round, counted in school days or given as dates.
//
// +kubebuilder:validation:XValidation:rule="has(self.schoolDays) != has(self.dates)",message="give either schoolDays or dates"
// +kubebuilder:validation:XValidation:rule="(self.name == 'Stage1') == has(self.session)",message="Stage1, and no other phase, has a session"
type Phase struct {
	// name of the phase.
	// +required
	Name PhaseName `json:"name,omitempty"`
	// schoolDays is how many school days the phase lasts, following the phase before it.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=200
	SchoolDays int32 `json:"schoolDays,omitempty"`
	// dates on which the phase begins and ends.
	// +optional
	Dates DateRange `json:"dates,omitzero"`
	// session is when, on each school day of the phase, students answer.
	// +optional
	Session SessionHours `json:"session,omitzero"`
}

// StageContent is what students are asked.
type StageContent struct {
	// instruments in the order in which they are asked.
	// +required
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Instruments []InstrumentKey `json:"instruments,omitempty"`
}

// ScreeningCampaignStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type ScreeningCampaignStatus struct {
	// conditions of the object: Ready, Planned, CapacityFits, AnnualScreeningMet.
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
	// nextSlot is the first day of the next round.
	// +optional
	NextSlot Civil `json:"nextSlot,omitempty"`
	// rounds summarises the rounds that are open or planned, such as 2/3 open.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Rounds string `json:"rounds,omitempty"`
	// lastSkipped is the latest start that was not made, and why.
	// +optional
	LastSkipped SkippedSlot `json:"lastSkipped,omitzero"`
	// blocked lists districts for which no round could be planned.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	Blocked []BlockedDistrict `json:"blocked,omitempty"`
	// blockedSchools lists schools that take no part in their district's round: the first hundred, by
	// district and name.
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +listMapKey=school
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	BlockedSchools []BlockedSchool `json:"blockedSchools,omitempty"`
	// moreBlockedSchools is how many more there are than blockedSchools lists.
	// +optional
	// +kubebuilder:validation:Minimum=1
	MoreBlockedSchools int32 `json:"moreBlockedSchools,omitempty"`
	// coverage of the school year in the districts that the campaign selects.
	// +optional
	Coverage Coverage `json:"coverage,omitzero"`
}

// SkippedSlot is a start that was not made.
type SkippedSlot struct {
	// date of the start.
	// +required
	Date Civil `json:"date,omitempty"`
	// reason why it was skipped.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason,omitempty"`
}

// BlockedDistrict is a district for which no round could be planned.
type BlockedDistrict struct {
	// namespace of the district.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// reason why it is blocked.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason,omitempty"`
	// campaign that has the district's schools at that time, for the reason SchoolsClaimed.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Campaign string `json:"campaign,omitempty"`
}

// BlockedSchool is a school that takes no part in its district's round.
type BlockedSchool struct {
	// namespace of the district.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// school is the name of the School.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	School string `json:"school,omitempty"`
	// reason why it takes no part.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason,omitempty"`
}

// ScreeningCampaign plans rounds of screening in the districts it selects.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=camp,categories=screening
// +kubebuilder:printcolumn:name="Schedule",type=string,JSONPath=`.spec.schedule.cron`
// +kubebuilder:printcolumn:name="Start",type=string,JSONPath=`.spec.schedule.startDate`
// +kubebuilder:printcolumn:name="Suspend",type=boolean,JSONPath=`.spec.suspend`
// +kubebuilder:printcolumn:name="Rounds",type=string,JSONPath=`.status.rounds`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextSlot`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 50",message="the name of a campaign has at most 50 characters: round names are made from it"
type ScreeningCampaign struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec says when, where and what.
	// +required
	Spec ScreeningCampaignSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status ScreeningCampaignStatus `json:"status,omitzero"`
}

// ScreeningCampaignList is a list of objects of the kind ScreeningCampaign.
//
// +kubebuilder:object:root=true
type ScreeningCampaignList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ScreeningCampaign `json:"items"`
}
