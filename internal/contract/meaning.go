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

// Instrument is one version of one questionnaire.
type Instrument struct {
	Code    string  `json:"code"`    // e.g. "phq-9"
	Version string  `json:"version"` // e.g. "1"
	Title   Text    `json:"title"`
	Stem    Text    `json:"stem"` // the sentence before the first item
	MinAge  int     `json:"minAge"`
	MaxAge  int     `json:"maxAge"` // 0: no upper bound
	Items   []Item  `json:"items"`
	Scales  []Scale `json:"scales"`
}

// Item is one question.
type Item struct {
	Code     string           `json:"code"`
	Text     Text             `json:"text"`
	Options  []Option         `json:"options"`
	Critical []CriticalAnswer `json:"critical,omitempty"`
}

// Option is one possible answer to an item.
type Option struct {
	Value int  `json:"value"`
	Text  Text `json:"text"`
}

// CriticalAnswer says which class an answer value belongs to. It fires by itself,
// whatever any total is.
type CriticalAnswer struct {
	Value int   `json:"value"`
	Class Class `json:"class"`
}

// Class is how urgent a critical answer is.
type Class string

// The classes, most urgent first.
const (
	Immediate Class = "Immediate"
	Urgent    Class = "Urgent"
	Review    Class = "Review"
)

// Rank orders classes: 3 for Immediate, 2 for Urgent, 1 for Review, 0 for none.
func (c Class) Rank() int {
	switch c {
	case Immediate:
		return 3
	case Urgent:
		return 2
	case Review:
		return 1
	}
	return 0
}

// Scale is one score computed from items of its instrument.
type Scale struct {
	Code       string   `json:"code"` // e.g. "total"; the name used in policy rules
	Items      []string `json:"items"`
	Method     Method   `json:"method"`
	MaxMissing int      `json:"maxMissing"` // more missing items than this: Insufficient
	Bands      []Band   `json:"bands"`      // contiguous, lowest first
}

// Method is how a scale is computed.
type Method string

// ProratedSum is the sum of the answered items times the number of items over the
// number answered, rounded half up (PHQ-9 manual; instruments table 2a).
const ProratedSum Method = "ProratedSum"

// Band names a closed range of a scale.
type Band struct {
	Name string `json:"name"`
	From int    `json:"from"`
	To   int    `json:"to"`
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
