package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DistrictSpec declares one district: its own database, workers and people.
//
// +kubebuilder:validation:XValidation:rule="self.code == oldSelf.code",message="code cannot change: the district's database and roles are named after it"
// +kubebuilder:validation:XValidation:rule="self.database.name == oldSelf.database.name",message="database.name cannot change: the district's answers are in it"
// +kubebuilder:validation:XValidation:rule="self.staff.all(s, !has(s.area) || self.areas.exists(a, a.code == s.area))",message="staff names an area that is not listed in areas"
type DistrictSpec struct {
	// code of the district, such as the six-digit administrative division 110106.
	// +required
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=12
	// +kubebuilder:validation:Pattern=`^[a-z0-9]+$`
	Code string `json:"code,omitempty"`
	// displayName is the district's name.
	// +required
	DisplayName Text `json:"displayName,omitzero"`
	// timeZone of the district, such as Asia/Shanghai.
	// +required
	TimeZone TimeZone `json:"timeZone,omitempty"`
	// areas (片区) group the district's schools.
	// +optional
	// +default=[]
	// +listType=map
	// +listMapKey=code
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=50
	Areas []Area `json:"areas,omitempty"`
	// staff binds groups of the identity provider to roles and scopes. Who is in a group is the
	// identity provider's business; no person is named here.
	// +required
	// +listType=map
	// +listMapKey=group
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	Staff []StaffGroup `json:"staff,omitempty"`
	// identityProvider signs staff in.
	// +required
	IdentityProvider IdentityProvider `json:"identityProvider,omitzero"`
	// transports reach the people on duty; two independent ones at least.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=5
	Transports []Transport `json:"transports,omitempty"`
	// helpCard is shown on every page a student sees.
	// +required
	// +listType=map
	// +listMapKey=phone
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	HelpCard []HelpLine `json:"helpCard,omitempty"`
	// database of the district.
	// +required
	Database Database `json:"database,omitzero"`
	// keys says where the key material comes from. The operator makes none anew while it has any sign
	// that the district was in use. A namespace that is deleted and made again leaves no sign; the
	// database then serves nothing but the exchange until the keys that it knows are back.
	// +optional
	// +default={"source": "Generated"}
	Keys Keys `json:"keys,omitzero"`
	// addresses under which people reach the district's pages.
	// +required
	Addresses Addresses `json:"addresses,omitzero"`
	// network is what the district's processes may reach and be reached from.
	// +required
	Network Network `json:"network,omitzero"`
	// workers sizes the district's processes.
	// +optional
	// +default={"intake": {"replicas": 2}, "scorer": {"replicas": 1}, "casework": {"replicas": 2}}
	Workers Workers `json:"workers,omitzero"`
	// cellFloor is the smallest count that is published; the larger of this and the province's applies.
	// +optional
	// +default=10
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=100
	CellFloor int32 `json:"cellFloor,omitempty"`
	// narrowing is when, within the hours and days of campaigns, the district's students answer; it never
	// widens them.
	// +optional
	Narrowing Narrowing `json:"narrowing,omitzero"`
	// coverage is the district's own rule for screening every student once a school year, where it is
	// stricter than the province's.
	// +optional
	Coverage StricterCoverage `json:"coverage,omitzero"`
	// stricterDeadlines shorten the deadlines of tiers of the policy: the sooner of both holds. Of one
	// that is longer, or that names a tier which the policy does not have, rounds say so.
	// +optional
	// +listType=map
	// +listMapKey=tier
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	StricterDeadlines []StricterDeadline `json:"stricterDeadlines,omitempty"`
	// stricterFloors raise the least tiers of critical and undetermined answers above the policy's:
	// the severer of both holds. Of one that is milder, or that names a tier which the policy does
	// not have, rounds say so.
	// +optional
	StricterFloors StricterFloors `json:"stricterFloors,omitzero"`
}

// Narrowing is a district's own hours and days within those of campaigns.
//
// +kubebuilder:validation:MinProperties=1
type Narrowing struct {
	// session is the hours of the day in which students answer: of a campaign's session the part within
	// them. A district with which no hours are left is Blocked in the campaign.
	// +optional
	Session SessionHours `json:"session,omitzero"`
	// withoutSessions are days on which school is held and nobody is screened, such as examinations.
	// Stage1 does not become longer for them.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	WithoutSessions []Closure `json:"withoutSessions,omitempty"`
}

// StricterCoverage is a district's own rule for annual screening: the stricter of it and the province's holds.
//
// +kubebuilder:validation:MinProperties=1
type StricterCoverage struct {
	// targetPercent is how many of a hundred students of a school are to be screened in a school year.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	TargetPercent int32 `json:"targetPercent,omitempty"`
	// dueBy is the last day of the school year by which they are, such as 05-31.
	// +optional
	DueBy DayOfYear `json:"dueBy,omitempty"`
}

// Area (片区) groups schools for coordination and inspection.
type Area struct {
	// code of the area, unique in the district.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Code string `json:"code,omitempty"`
	// displayName is the area's name.
	// +required
	DisplayName Text `json:"displayName,omitzero"`
	// expertGroups are the identity-provider groups of the experts paired with the area.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=200
	ExpertGroups []string `json:"expertGroups,omitempty"`
}

// StaffGroup binds a group to a role and a scope.
//
// +kubebuilder:validation:XValidation:rule="(self.role in ['SchoolDuty', 'ClassTeacher']) == has(self.school)",message="the roles SchoolDuty and ClassTeacher, and no others, name a school"
// +kubebuilder:validation:XValidation:rule="(self.role == 'AreaCoordinator') == has(self.area)",message="the role AreaCoordinator, and no other, names an area"
type StaffGroup struct {
	// group of the identity provider.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Group string `json:"group,omitempty"`
	// role that members of the group have.
	// +required
	Role StaffRole `json:"role,omitempty"`
	// school is the one School of the scope.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	School string `json:"school,omitempty"`
	// area is the one area of the scope.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Area string `json:"area,omitempty"`
}

// StaffRole is what a member of staff may see and do.
//
// +kubebuilder:validation:Enum=SchoolDuty;DistrictDuty;CityDuty;Registrar;AreaCoordinator;ClassTeacher
type StaffRole string

// IdentityProvider is an OpenID Connect issuer.
type IdentityProvider struct {
	// issuer of the tokens, over HTTPS.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https'",message="issuer must be an https address"
	Issuer string `json:"issuer,omitempty"`
	// clientID of the district at the issuer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	ClientID string `json:"clientID,omitempty"`
	// clientSecretRef names a Secret in the same namespace with the key client-secret.
	// +required
	ClientSecretRef ObjectReference `json:"clientSecretRef,omitzero"`
	// groupsClaim is the claim that lists the groups.
	// +optional
	// +default="groups"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	GroupsClaim string `json:"groupsClaim,omitempty"`
}

// Transport is one way to reach the people on duty.
type Transport struct {
	// name of the transport, as used in the duty list.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
	// endpoint of the gateway.
	// +required
	Endpoint Endpoint `json:"endpoint,omitzero"`
}

// HelpLine is one line of the help card.
type HelpLine struct {
	// label says who answers.
	// +required
	Label Text `json:"label,omitzero"`
	// phone number.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[0-9+][0-9 ()-]*$`
	Phone string `json:"phone,omitempty"`
}

// Database is a PostgreSQL database of the district's own.
type Database struct {
	// host of the server.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host,omitempty"`
	// port of the server.
	// +optional
	// +default=5432
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// name of the database.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
	// sslMode of the connection.
	// +optional
	// +default="verify-full"
	// +kubebuilder:validation:Enum=verify-full;require
	SSLMode string `json:"sslMode,omitempty"`
	// caSecretRef names a Secret in the same namespace with the key ca.crt.
	// +optional
	CASecretRef ObjectReference `json:"caSecretRef,omitzero"`
	// ownerSecretRef names a Secret in the same namespace with the keys username and password of the
	// owner role; only the migration Job mounts it.
	// +required
	OwnerSecretRef ObjectReference `json:"ownerSecretRef,omitzero"`
	// roles says who makes the roles ek_<code>_intake, _scorer and _casework. Existing: they are
	// there, and Secrets named <district>-db-intake, -db-scorer and -db-casework hold their username
	// and password. Create: the migration Job makes them, on a server of the district's own.
	// +optional
	// +default="Existing"
	// +kubebuilder:validation:Enum=Existing;Create
	Roles string `json:"roles,omitempty"`
}

// Keys says where the key material comes from.
type Keys struct {
	// source of the key material. Provided: the custodian made the Secrets <district>-keys-intake and
	// <district>-keys-seal. Generated: the operator makes them, unless it sees that there were some.
	// +required
	// +kubebuilder:validation:Enum=Provided;Generated
	Source string `json:"source,omitempty"`
}

// Addresses under which people reach the district's pages.
type Addresses struct {
	// students is the address of intake.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self)",message="students must be a complete address, such as https://xinli.example.cn"
	Students string `json:"students,omitempty"`
	// staff is the address of casework's pages.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:XValidation:rule="isURL(self)",message="staff must be a complete address, such as https://xinli-staff.example.cn"
	Staff string `json:"staff,omitempty"`
}

// Network is what the district's processes may reach.
type Network struct {
	// egress lists what may be reached, by purpose.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	Egress []EgressRule `json:"egress,omitempty"`
	// ingressCIDRs lists from where pages and partners' calls come; the ingress controller's
	// addresses, as a rule.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=50
	// +kubebuilder:validation:XValidation:rule="self.all(c, isCIDR(c))",message="an entry is not a CIDR such as 10.0.0.0/8"
	IngressCIDRs []string `json:"ingressCIDRs,omitempty"`
	// caSecretRef names a Secret in the same namespace with the key ca.crt: the private CA of
	// gateways, hospitals and the identity provider.
	// +optional
	CASecretRef ObjectReference `json:"caSecretRef,omitzero"`
}

// EgressRule is one destination.
type EgressRule struct {
	// purpose of the destination; each process may reach only the purposes it needs.
	// +required
	// +kubebuilder:validation:Enum=Database;Transport;Hospital;IdentityProvider
	Purpose string `json:"purpose,omitempty"`
	// cidr of the destination.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=50
	// +kubebuilder:validation:XValidation:rule="isCIDR(self)",message="cidr is not a CIDR such as 10.0.0.5/32"
	CIDR string `json:"cidr,omitempty"`
	// port of the destination.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
}

// Workers sizes the district's processes.
//
// +kubebuilder:validation:MinProperties=1
type Workers struct {
	// intake serves students.
	// +optional
	// +default={"replicas": 2}
	Intake Worker `json:"intake,omitzero"`
	// scorer scores.
	// +optional
	// +default={"replicas": 1}
	Scorer Worker `json:"scorer,omitzero"`
	// casework serves staff and keeps the clock of obligations.
	// +optional
	// +default={"replicas": 2}
	Casework Worker `json:"casework,omitzero"`
}

// Worker sizes one process.
type Worker struct {
	// replicas that the process is started with; afterwards the scale subresource is in charge.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=50
	Replicas int32 `json:"replicas,omitempty"`
	// cpu that each replica asks for.
	// +optional
	CPU *resource.Quantity `json:"cpu,omitempty"`
	// memory that each replica asks for and may use.
	// +optional
	Memory *resource.Quantity `json:"memory,omitempty"`
}

// StricterDeadline shortens the deadline of a tier.
type StricterDeadline struct {
	// tier of the policy.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Tier string `json:"tier,omitempty"`
	// respondWithinMinutes is the shorter deadline.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=525600
	RespondWithinMinutes int32 `json:"respondWithinMinutes,omitempty"`
}

// StricterFloors are a district's own least tiers; one that is left out is the policy's.
//
// +kubebuilder:validation:MinProperties=1
type StricterFloors struct {
	// immediate is the least tier of an Immediate answer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Immediate string `json:"immediate,omitempty"`
	// urgent is the least tier of an Urgent answer and of a request to talk to someone.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Urgent string `json:"urgent,omitempty"`
	// review is the least tier of a Review answer.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Review string `json:"review,omitempty"`
	// undetermined is the least tier of what could not be scored or left a critical item blank.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Undetermined string `json:"undetermined,omitempty"`
}

// DistrictStatus is what the operator found.
//
// +kubebuilder:validation:MinProperties=1
type DistrictStatus struct {
	// conditions of the object: Ready, Authorised, Provisioned, KeysReady, Reporting, DutyChainReady, DutyDrillAcknowledged,
	// SignalsCovered, ScoresVerified, AnnualScreeningMet.
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
	// keyDigest is the fingerprint of the key material.
	// +optional
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	KeyDigest string `json:"keyDigest,omitempty"`
	// auditHead is the head of the audit chain, recorded at most once a day.
	// +optional
	AuditHead AuditHead `json:"auditHead,omitzero"`
	// image that the data plane runs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Image string `json:"image,omitempty"`
	// schools is how many schools are ready to be screened, such as 3/4.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20
	Schools string `json:"schools,omitempty"`
	// rescore is what came of the last comparison of stored results with those of a second scorer.
	// +optional
	Rescore Rescore `json:"rescore,omitzero"`
	// drill is the latest drill of the chain of duty.
	// +optional
	Drill DutyDrill `json:"drill,omitzero"`
	// coverage of the school year.
	// +optional
	Coverage Coverage `json:"coverage,omitzero"`
	// timeliness says how many obligations of the school year that are due were answered in time.
	// +optional
	Timeliness Timeliness `json:"timeliness,omitempty"`
}

// DutyDrill is a drill of the chain of duty: everybody on duty is called, and somebody of every level answers.
type DutyDrill struct {
	// acknowledgedTime is when the last of the levels answered.
	// +required
	AcknowledgedTime metav1.Time `json:"acknowledgedTime,omitzero"`
}

// Timeliness is how many obligations were answered in time. AllInTime; MostInTime: nine of ten or more; SomeLate;
// TooFew: fewer than the cell floor, so that nothing is said.
//
// +kubebuilder:validation:Enum=AllInTime;MostInTime;SomeLate;TooFew
type Timeliness string

// Coverage is how many students were screened in a school year.
type Coverage struct {
	// schoolYear such as 2026-2027.
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=9
	SchoolYear string `json:"schoolYear,omitempty"`
	// students screened out of those who are to be, both rounded to ten, such as 4810/4930.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=40
	Students string `json:"students,omitempty"`
	// schools that reach the target out of all, such as 38/40.
	// +optional
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=40
	Schools string `json:"schools,omitempty"`
	// overdueSchools is how many do not, although the day by which they should has passed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	OverdueSchools *int32 `json:"overdueSchools,omitempty"`
}

// Rescore says when all stored results were compared last, and for whom. Whether the scorers agree
// is the condition ScoresVerified.
type Rescore struct {
	// finishedTime is when it ended.
	// +required
	FinishedTime metav1.Time `json:"finishedTime,omitzero"`
	// compared is how many responses there were, rounded to ten.
	// +required
	// +kubebuilder:validation:Minimum=0
	Compared *int64 `json:"compared,omitempty"`
	// lastHandled is the value of the annotation screening.evenkeel.dev/rescore that was answered last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	LastHandled string `json:"lastHandled,omitempty"`
}

// AuditHead is the head of the audit chain at a moment.
type AuditHead struct {
	// digest of the head.
	// +required
	// +kubebuilder:validation:MinLength=64
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest,omitempty"`
	// time when the head was recorded.
	// +required
	Time metav1.Time `json:"time,omitzero"`
}

// District is one district, in the namespace of its own name.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=dist,categories=screening
// +kubebuilder:printcolumn:name="Code",type=string,JSONPath=`.spec.code`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Provisioned",type=string,JSONPath=`.status.conditions[?(@.type=="Provisioned")].reason`
// +kubebuilder:printcolumn:name="Reporting",type=string,JSONPath=`.status.conditions[?(@.type=="Reporting")].status`
// +kubebuilder:printcolumn:name="Signals",type=string,JSONPath=`.status.conditions[?(@.type=="SignalsCovered")].reason`
// +kubebuilder:printcolumn:name="Schools",type=string,JSONPath=`.status.schools`
// +kubebuilder:printcolumn:name="Screened",type=string,JSONPath=`.status.coverage.students`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 40",message="the name of a district has at most 40 characters: its workloads are named after it"
type District struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec declares the district.
	// +required
	Spec DistrictSpec `json:"spec,omitzero"`
	// status is what the operator found.
	// +optional
	// +default={"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Pending", "message": "Waiting for the operator", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}
	Status DistrictStatus `json:"status,omitzero"`
}

// DistrictList is a list of objects of the kind District.
//
// +kubebuilder:object:root=true
type DistrictList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []District `json:"items"`
}
