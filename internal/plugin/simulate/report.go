package simulate

import "github.com/evenkeel/evenkeel/internal/contract"

// Report is what a policy did with a file of answers. Lists are never null.
type Report struct {
	Policy      string   `json:"policy"`
	Instruments []string `json:"instruments"`
	Students    int      `json:"students"` // who answered anything
	Empty       int      `json:"empty"`    // rows without any answer: absent, not counted below
	Rejected    int      `json:"rejected"` // rows that could not be read: not counted below
	Outcome     Outcome  `json:"outcome"`
	Gating      Gating   `json:"gating"`
	Changes     []Change `json:"changes"`
}

// Outcome is what one policy leads to.
type Outcome struct {
	Tiers        []TierCount   `json:"tiers"` // severest first, then None
	Reasons      []ReasonCount `json:"reasons"`
	Undetermined int           `json:"undetermined"` // students to be asked again, whatever their tier
	Obligations  Obligations   `json:"obligations"`
	Work         *Work         `json:"work,omitempty"` // without a plan: none
}

// TierCount is how many students reach a tier.
type TierCount struct {
	Tier     string         `json:"tier"`
	Lead     contract.Level `json:"lead,omitempty"`
	Students int            `json:"students"`
	Share    float64        `json:"share"` // of all students, 0..1
}

// ReasonCount is how many students reach a tier for a reason. A student counts once, with
// the first of the reasons that lead to the tier reached.
type ReasonCount struct {
	Tier     string `json:"tier"`
	Kind     string `json:"kind"`   // an escalation.Kind
	Detail   string `json:"detail"` // a class, a rule, or what has no value
	Students int    `json:"students"`
}

// Obligations is how many students somebody must reach before a deadline.
type Obligations struct {
	Students   int `json:"students"`
	ByAnswer   int `json:"byAnswer"`   // of whom with an Immediate or Urgent answer
	ByDecision int `json:"byDecision"` // and without: by a rule or a floor
}

// Change is what another policy would do with the same answers.
type Change struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Moved   int     `json:"moved"` // students who would reach another tier
	Moves   []Move  `json:"moves"` // by the tier of now, then by the other; without those who stay
}

// Move is how many students go from a tier to another.
type Move struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Students int    `json:"students"`
}
