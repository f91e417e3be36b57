package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// Status says how a scale was scored.
type Status string

// The statuses of a scale. Only Scored and Prorated have a value.
const (
	Scored       Status = "Scored"       // every asked item had a value
	Prorated     Status = "Prorated"     // some were missing and completed by the instrument's rule
	Insufficient Status = "Insufficient" // too many were missing, or no norm covers the student
	Invalid      Status = "Invalid"      // the response is void
)

// StatusCode is a Status in a column of them.
type StatusCode uint8

// The codes of the statuses.
const (
	ScoredCode StatusCode = iota
	ProratedCode
	InsufficientCode
	InvalidCode
)

// Status is the status that the code stands for.
func (s StatusCode) Status() Status {
	switch s {
	case ScoredCode:
		return Scored
	case ProratedCode:
		return Prorated
	case InsufficientCode:
		return Insufficient
	}
	return Invalid
}

// Basis says what a scale's value is.
type Basis string

// The bases. A scale with norms is Standard, even where it has no value.
const (
	Raw      Basis = "Raw"
	Standard Basis = "Standard"
)

// ScaleResult is the score on one scale. Value and Raw are 0 and Band is empty unless
// it is Scored or Prorated.
type ScaleResult struct {
	Code    string
	Status  Status
	Value   float64 // what bands and rules look at
	Raw     float64 // before norms; Value where the scale has none
	Basis   Basis
	Band    string
	Missing int // asked items without a value
}

// CriticalHit is a critical answer that was given. It stands whatever any total is.
type CriticalHit struct {
	Item  string
	Value int
	Class contract.Class
}

// Finding is a quality rule that the response did not pass.
type Finding struct {
	Check  contract.QualityCheck
	Scale  string // of ValidityScale
	Effect contract.QualityEffect
}

// Result is a scored response.
type Result struct {
	Scales        []ScaleResult // in the instrument's order
	Critical      []CriticalHit // in the order asked
	CriticalBlank []string      // asked items with a critical answer that were left without a value
	Findings      []Finding     // in the order of the quality rules
	Void          bool          // a finding's effect is Void: every scale but Validity ones is Invalid
}
