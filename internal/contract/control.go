package contract

import "time"

// Control says when a round is open and for whom. Instants are UTC; the data
// plane compares them with its database's clock. Once the round is open only
// ClosesAt, sessions that have not begun, and Hold may change.
type Control struct {
	Version       int              `json:"version"`
	Round         string           `json:"round"`
	Revision      int64            `json:"revision"` // rises with every change
	MeaningDigest Digest           `json:"meaningDigest"`
	OpensAt       time.Time        `json:"opensAt"`
	ClosesAt      time.Time        `json:"closesAt"` // exclusive
	Sessions      []Session        `json:"sessions"` // of every school without its own list
	Overrides     []SchoolSessions `json:"overrides,omitempty"`
	Hold          Hold             `json:"hold"`
	Cohort        Cohort           `json:"cohort"`
}

// Session is a half-open interval [From, To) in which codes open forms. Sessions
// are disjoint and ordered; adjoining ones are merged, so that a session round
// the clock does not cut a draft off at midnight.
type Session struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// SchoolSessions replaces the default list for one school; it has at least one session.
// A school that takes no part is not in the cohort.
type SchoolSessions struct {
	School   string    `json:"school"`
	Sessions []Session `json:"sessions"`
}

// Hold is whether the round is paused.
type Hold string

// The holds. On Hold no form is opened and running ones may finish; on
// HoldAndDrain running ones are refused too. Danger signals are stored and acted
// on under every hold.
const (
	HoldNone     Hold = "None"
	HoldNew      Hold = "Hold"
	HoldAndDrain Hold = "HoldAndDrain"
)

// Cohort says which students of the district the round is for.
type Cohort struct {
	Schools []string `json:"schools"` // School names; sorted
	Stages  []string `json:"stages"`  // PrimaryUpper, JuniorSecondary, SeniorSecondary, Vocational
	// NotScreenedSince, of a make-up round, leaves only the students who were not screened from this instant
	// on; nil: all. A student counts as screened once a response of theirs could be scored, and one who, or whose guardian, declined
	// is not asked again.
	NotScreenedSince *time.Time `json:"notScreenedSince,omitempty"`
}
