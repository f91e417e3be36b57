package contract

import "time"

// Directory is who is who in a district. It is always present and replaced as a
// whole by one with a higher revision.
type Directory struct {
	Version   int    `json:"version"`
	Revision  int64  `json:"revision"`
	District  string `json:"district"` // the code, e.g. "110106"
	Name      Text   `json:"name"`
	TimeZone  string `json:"timeZone"`
	CellFloor int    `json:"cellFloor"` // effective: the larger of province's and district's

	Areas      []Area       `json:"areas,omitempty"`
	Schools    []SchoolInfo `json:"schools"`
	Staff      []StaffGroup `json:"staff"`
	Transports []Transport  `json:"transports"`
	Channels   []Channel    `json:"channels"`
	HelpCard   []HelpLine   `json:"helpCard"`
	Tighter    []Tighter    `json:"tighter,omitempty"`

	Coverage *CoverageRule `json:"coverage,omitempty"` // nil: coverage is not reported
}

// CoverageRule says what it means that a school's students are screened once a school year.
type CoverageRule struct {
	YearBegins    string `json:"yearBegins"`    // MM-DD, in the district's time zone: 09-01
	TargetPercent int    `json:"targetPercent"` // 1 to 100
}

// Area (片区) groups schools for coordination and inspection.
type Area struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
}

// SchoolInfo is what the data plane needs to know about a school.
type SchoolInfo struct {
	Name   string   `json:"name"` // of the School object
	Title  Text     `json:"title"`
	Area   string   `json:"area,omitempty"`
	Stages []string `json:"stages"`
	Phone  string   `json:"phone,omitempty"` // shown on the help card
}

// StaffGroup binds a group of the identity provider to a role and a scope.
// Membership lives in the identity provider, never in YAML.
type StaffGroup struct {
	Group string `json:"group"`
	Role  Role   `json:"role"`
	// School is set for Role SchoolDuty, PsychTeacher and ClassTeacher: the one school of the scope.
	School string `json:"school,omitempty"`
	// Area is set for Role AreaCoordinator.
	Area string `json:"area,omitempty"`
}

// Role is what a member of staff may see and do.
type Role string

// The roles. Duty roles may own, contact and close obligations in their scope and
// release referrals; Registrar imports rosters and issues codes and sees no
// clinical detail; AreaCoordinator and ClassTeacher see no clinical detail.
const (
	SchoolDuty      Role = "SchoolDuty"
	DistrictDuty    Role = "DistrictDuty"
	CityDuty        Role = "CityDuty"
	Registrar       Role = "Registrar"
	AreaCoordinator Role = "AreaCoordinator"
	ClassTeacher    Role = "ClassTeacher"
)

// Transport is one way to reach duty staff: an HTTPS gateway (SMS, voice, work
// chat) that is given an opaque number and an address from the duty list.
type Transport struct {
	Name          string `json:"name"`
	URL           string `json:"url"`
	SendSecret    []byte `json:"sendSecret"`    // signs what we send
	ReceiptSecret []byte `json:"receiptSecret"` // verifies the gateway's receipts
}

// Channel is a signed agreement with a hospital or centre.
type Channel struct {
	Name           string    `json:"name"`
	FacilityCode   string    `json:"facilityCode"`
	Class          string    `json:"class"` // e.g. Psychiatric
	ValidFrom      time.Time `json:"validFrom"`
	ValidUntil     time.Time `json:"validUntil"`
	WeeklyCapacity int       `json:"weeklyCapacity"`
	URL            string    `json:"url"`
	SendSecret     []byte    `json:"sendSecret"`
	ReceiveSecret  []byte    `json:"receiveSecret"`
	DutyPhone      string    `json:"dutyPhone"` // where the hospital reaches the district's duty
}

// HelpLine is one line of the help card shown on every page.
type HelpLine struct {
	Label Text   `json:"label"`
	Phone string `json:"phone"`
}

// Tighter is a district's own stricter deadline for a tier; it never loosens.
type Tighter struct {
	Tier                 string `json:"tier"`
	RespondWithinMinutes int    `json:"respondWithinMinutes"`
}
