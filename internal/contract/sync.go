package contract

// SyncPath is the one path of the exchange, on casework's internal listener.
const SyncPath = "/internal/v1/sync"

// SyncRequest says what the district should have, with whatever documents it
// was last known to lack.
type SyncRequest struct {
	Version     int            `json:"version"`
	District    string         `json:"district"`    // code
	DistrictUID string         `json:"districtUID"` // of the District object
	Directory   *Revision      `json:"directory,omitempty"`
	Coverage    Digest         `json:"coverage,omitempty"` // of the report's coverage that the operator holds in full: its schools are not sent again
	Rescore     Ref            `json:"rescore,omitempty"`  // a new one asks for a comparison of all scores: Report.Rescore
	Rounds      []RoundDesired `json:"rounds"`
	Documents   Documents      `json:"documents"`
}

// Revision names one revision of a document.
type Revision struct {
	Revision int64  `json:"revision"`
	Digest   Digest `json:"digest"`
}

// RoundDesired names the documents a round should have. A round that the data
// plane knows and that is not listed is put on hold.
type RoundDesired struct {
	Round   string   `json:"round"`
	Meaning Digest   `json:"meaning,omitempty"`
	Control Revision `json:"control"`
}

// Documents carries documents in full.
type Documents struct {
	Directory *Directory `json:"directory,omitempty"`
	Meanings  []Meaning  `json:"meanings,omitempty"`
	Controls  []Control  `json:"controls,omitempty"`
}

// SyncResponse says what has been applied, what is missing or refused, and how
// the district is.
type SyncResponse struct {
	Version  int       `json:"version"`
	Missing  []Missing `json:"missing,omitempty"`
	Refusals []Refusal `json:"refusals,omitempty"`
	Report   Report    `json:"report"`
}

// Kind names a kind of document.
type Kind string

// The kinds of document.
const (
	KindDirectory Kind = "Directory"
	KindMeaning   Kind = "Meaning"
	KindControl   Kind = "Control"
)

// Missing names a document that the district lacks. Round is empty for a directory.
type Missing struct {
	Kind  Kind `json:"kind"`
	Round Ref  `json:"round,omitempty"`
}

// Refusal names a document that the district did not apply, and why.
type Refusal struct {
	Kind   Kind          `json:"kind"`
	Round  Ref           `json:"round,omitempty"`
	Reason RefusalReason `json:"reason"`
}

// RefusalReason is why a document was not applied.
type RefusalReason string

// The reasons.
const (
	RefusedDigestMismatch RefusalReason = "DigestMismatch" // the document is not the one it was announced as
	RefusedPinned         RefusalReason = "Pinned"         // the round is open: its meaning can no longer change
	RefusedOpen           RefusalReason = "Open"           // the round is open: this field of control can no longer change
	RefusedStale          RefusalReason = "Stale"          // a lower revision than the one applied
	RefusedInvalid        RefusalReason = "Invalid"        // does not compile or contradicts itself
	RefusedWrongDistrict  RefusalReason = "WrongDistrict"  // made for another district
)
