package contract

// Meaning is what the answers of one round mean. It is pinned when the round
// opens and never changes afterwards, whatever becomes of the Instrument and
// EscalationPolicy objects it was made from.
type Meaning struct {
	Version     int          `json:"version"`
	Round       string       `json:"round"`
	Instruments []Instrument `json:"instruments"` // in the order in which they are asked
	Policy      Policy       `json:"policy"`
}

// Text is what a person reads, in Chinese first and English beside it.
type Text struct {
	ZhCN string `json:"zhCN,omitempty"`
	En   string `json:"en,omitempty"`
}

// Policy turns scores and critical answers into tiers, and tiers into duties.
type Policy struct {
	Name            string          `json:"name"`
	Tiers           []Tier          `json:"tiers"` // severest first
	Critical        CriticalFloors  `json:"critical"`
	Undetermined    Undetermined    `json:"undetermined"`
	ReferralRelease ReferralRelease `json:"referralRelease"`
	Rules           []Rule          `json:"rules"` // in falling severity, first match wins
}

// NoTier is the reserved name of the tier of a student to whom no floor and no
// rule applies.
const NoTier = "None"

// Tier is one level of response.
type Tier struct {
	Name                 string      `json:"name"`
	Lead                 Level       `json:"lead"`
	With                 []Level     `json:"with,omitempty"`
	RespondWithinMinutes int         `json:"respondWithinMinutes"` // from receipt to contacted
	Actions              []Action    `json:"actions"`
	ChannelClass         string      `json:"channelClass,omitempty"`
	OnOverdue            []ChainStep `json:"onOverdue,omitempty"`
	RepeatEveryMinutes   int         `json:"repeatEveryMinutes,omitempty"` // of the last step
}

// Does reports whether the tier lists the action.
func (t Tier) Does(action Action) bool {
	for _, a := range t.Actions {
		if a == action {
			return true
		}
	}
	return false
}

// Level is a level of the care hierarchy.
type Level string

// The levels, nearest to the student first.
const (
	School   Level = "School"
	District Level = "District"
	City     Level = "City"
)

// Action is what a tier sets in motion.
type Action string

// The actions. OpenCase, Notify and a non-empty OnOverdue come together.
const (
	OpenCase      Action = "OpenCase"
	Notify        Action = "Notify"
	DraftReferral Action = "DraftReferral"
	FollowUp      Action = "FollowUp"
)

// ChainStep is one step of the chain of duty once a deadline has passed.
type ChainStep struct {
	AfterMinutes int   `json:"afterMinutes"` // after the deadline; 0: at the deadline
	Notify       Level `json:"notify"`
}

// CriticalFloors maps each class of critical answer to the least tier it leads to.
// A request to talk to someone counts as Urgent.
type CriticalFloors struct {
	Immediate string `json:"immediate"`
	Urgent    string `json:"urgent"`
	Review    string `json:"review"`
}

// Undetermined is the tier of what could not be scored or left a critical item blank.
type Undetermined struct {
	Tier                   string `json:"tier"`
	RetestWithinSchoolDays int    `json:"retestWithinSchoolDays"`
}

// StricterFloors are a district's own least tiers, named as in the policy; an empty one
// leaves the policy's. They never loosen: escalation.Tighten says what that means.
type StricterFloors struct {
	Immediate    string `json:"immediate,omitempty"`
	Urgent       string `json:"urgent,omitempty"`
	Review       string `json:"review,omitempty"`
	Undetermined string `json:"undetermined,omitempty"`
}

// ReferralRelease says who sends a drafted referral.
type ReferralRelease string

// Human means that the machine drafts and a person sends. There is no other value.
const Human ReferralRelease = "Human"

// Rule is one CEL rule over scores: "scores['phq-9'].total >= 15".
type Rule struct {
	Name string `json:"name"`
	When string `json:"when"`
	Tier string `json:"tier"`
}
