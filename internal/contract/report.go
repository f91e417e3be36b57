package contract

import (
	"fmt"
	"slices"
)

// Report is all that a district tells the operator: integers, booleans, closed
// enums and fixed-length digests. Counts of students are rounded to ten while a
// round is open and suppressed afterwards.
type Report struct {
	AtUnix        int64       `json:"atUnix"` // database clock, seconds
	SchemaVersion int64       `json:"schemaVersion"`
	Keys          KeysState   `json:"keys"`
	KeyDigest     Digest      `json:"keyDigest,omitempty"` // fingerprint of the key material
	Directory     *Revision   `json:"directory,omitempty"`
	DutyChain     Reach       `json:"dutyChain"`       // every level has a duty person and every transport answers
	Obligations   bool        `json:"obligationsOpen"` // any obligation open; never how many
	Covered       bool        `json:"covered"`         // every source that obliges has its obligation, and the reverse
	OnTime        bool        `json:"onTime"`          // no obligation past a step whose next one was not attempted
	AuditHead     Digest      `json:"auditHead,omitempty"`
	Rescore       *Rescore    `json:"rescore,omitempty"` // nil: never yet
	Drill         *Drill      `json:"drill,omitempty"`   // nil: none was acknowledged yet
	Coverage      *Coverage   `json:"coverage,omitempty"`
	Timeliness    Timeliness  `json:"timeliness,omitempty"` // "": not reported
	Channels      []Probe     `json:"channels,omitempty"`
	Transports    []Probe     `json:"transports,omitempty"`
	Rounds        []RoundView `json:"rounds,omitempty"`
}

// Drill is the latest drill of the chain of duty that was acknowledged at every level that a round calls.
type Drill struct {
	AcknowledgedAtUnix int64 `json:"acknowledgedAtUnix"` // database clock, seconds: when the last of the levels answered
}

// Coverage says how many students were screened in the present school year. Digest is Sum, taken with Schools in it
// and before Schools is left out, as it is when the request names that digest.
type Coverage struct {
	YearFromUnix int64            `json:"yearFromUnix"` // when the school year began, seconds
	Digest       Digest           `json:"digest"`
	Eligible     int64            `json:"eligible"` // students to be screened, without those who declined; rounded to 10
	Screened     int64            `json:"screened"` // rounded to 10
	Schools      []SchoolCoverage `json:"schools,omitempty"`
}

// Sum is the digest of all of a coverage but its Digest. Of one without its schools it is another.
func (c Coverage) Sum() (Digest, error) {
	c.Digest = ""
	return DigestOf(c)
}

// SchoolCoverage is how many students of one school were screened.
type SchoolCoverage struct {
	School   Ref   `json:"school"`   // of the School's name
	Eligible int64 `json:"eligible"` // rounded to 10
	Screened int64 `json:"screened"` // rounded to 10
	Met      bool  `json:"met"`      // by the exact numbers; true when there is nobody to be screened
}

// Timeliness is how many obligations of the present school year, of those that were due, were answered in time.
type Timeliness string

// The values. TooFew: fewer were due than the cell floor, so that nothing is said.
const (
	AllInTime  Timeliness = "AllInTime"
	MostInTime Timeliness = "MostInTime" // nine of ten or more
	SomeLate   Timeliness = "SomeLate"
	TooFew     Timeliness = "TooFew"
)

// Rescore is what came of the last comparison of stored results with those of a second
// scorer. What differs, and for whom, stays in the district.
type Rescore struct {
	FinishedAtUnix int64         `json:"finishedAtUnix"`  // database clock, seconds
	Asked          Ref           `json:"asked,omitempty"` // the last request that it answers
	Compared       int64         `json:"compared"`        // responses, rounded to 10
	Outcome        RescoreResult `json:"outcome"`
}

// RescoreResult is whether two scorers agree.
type RescoreResult string

// The outcomes. One difference that stands is enough for ScoresDiffer.
const (
	ScoresAgree  RescoreResult = "Agree"
	ScoresDiffer RescoreResult = "Differ"
)

// KeysState is whether the key material fits the database.
type KeysState string

// The key states. In any but KeysReady the data plane serves nothing but the exchange.
const (
	KeysReady    KeysState = "Ready"
	KeysMissing  KeysState = "Missing"
	KeysMismatch KeysState = "Mismatch"
)

// Reach is whether something outside could be reached when last tried.
type Reach string

// The reaches.
const (
	ReachUnknown Reach = "Unknown"
	Reachable    Reach = "Reachable"
	Unreachable  Reach = "Unreachable"
)

// Probe is the last probe of a channel or transport.
type Probe struct {
	Ref   Ref   `json:"ref"`
	Reach Reach `json:"reach"`
}

// RoundView is what a district says about one round.
type RoundView struct {
	Round    Ref        `json:"round"`
	State    RoundState `json:"state"`
	Meaning  Digest     `json:"meaning,omitempty"`
	Control  Revision   `json:"control"`
	Invited  int64      `json:"invited"`           // cohort on the roster, rounded to 10
	Answered int64      `json:"answered"`          // students with an answer, rounded to 10
	Release  *Release   `json:"release,omitempty"` // once, after closing
}

// RoundState is where a round stands by the district's database clock.
type RoundState string

// The states of a round in the data plane.
const (
	RoundScheduled RoundState = "Scheduled"
	RoundOpen      RoundState = "Open"
	RoundHeld      RoundState = "Held"
	RoundClosed    RoundState = "Closed"   // past closing, not everything is scored yet
	RoundReleased  RoundState = "Released" // the suppressed figures are final
)

// Release is the one publication of a round's figures.
type Release struct {
	Floor        int64  `json:"floor"`        // cells under it are suppressed, zero included
	Participants Cell   `json:"participants"` // students with at least one answer
	Tiers        []Cell `json:"tiers"`        // in the policy's order, severest first, then None
}

// Cell is a published count, or none when suppressed.
type Cell struct {
	Suppressed bool  `json:"suppressed"`
	Count      int64 `json:"count"` // 0 when suppressed
}

// CheckReport returns an error naming the first field of a report that could
// carry more than it should: an unknown enum value, a digest of the wrong form, an
// unrounded count or a cell under the floor. The operator drops such a report.
func CheckReport(r Report) error {
	checks := []func(Report) error{checkEnums, checkDigests, checkRescore, checkDrill, checkCoverage, checkRounds}
	for _, check := range checks {
		if err := check(r); err != nil {
			return err
		}
	}
	return nil
}

func checkEnums(r Report) error {
	if !slices.Contains([]KeysState{KeysReady, KeysMissing, KeysMismatch}, r.Keys) {
		return fmt.Errorf("report.keys is not one of Ready, Missing, Mismatch")
	}
	reaches := []Reach{ReachUnknown, Reachable, Unreachable}
	if !slices.Contains(reaches, r.DutyChain) {
		return fmt.Errorf("report.dutyChain is not one of Unknown, Reachable, Unreachable")
	}
	if !slices.Contains([]Timeliness{"", AllInTime, MostInTime, SomeLate, TooFew}, r.Timeliness) {
		return fmt.Errorf("report.timeliness is not one of AllInTime, MostInTime, SomeLate, TooFew")
	}
	for _, p := range slices.Concat(r.Channels, r.Transports) {
		if !p.Ref.Valid() || !slices.Contains(reaches, p.Reach) {
			return fmt.Errorf("report has a probe with a malformed ref or reach")
		}
	}
	return nil
}

func checkDigests(r Report) error {
	for name, d := range map[string]Digest{"keyDigest": r.KeyDigest, "auditHead": r.AuditHead} {
		if d != "" && !d.Valid() {
			return fmt.Errorf("report.%s is not 64 lower-case hexadecimal characters", name)
		}
	}
	if r.Directory != nil && !r.Directory.Digest.Valid() {
		return fmt.Errorf("report.directory.digest is not 64 lower-case hexadecimal characters")
	}
	return nil
}

// endOf9999 is the last instant that RFC 3339, and so the status of an object, can write.
const endOf9999 = 253402300799

func checkRescore(r Report) error {
	v := r.Rescore
	switch {
	case v == nil:
		return nil
	case v.Outcome != ScoresAgree && v.Outcome != ScoresDiffer:
		return fmt.Errorf("report.rescore.outcome is not one of Agree, Differ")
	case v.Asked != "" && !v.Asked.Valid():
		return fmt.Errorf("report.rescore.asked is not a reference")
	case !rounded(v.Compared):
		return fmt.Errorf("report.rescore has a count that is not rounded to 10")
	case !instant(v.FinishedAtUnix):
		return fmt.Errorf("report.rescore.finishedAtUnix is not an instant between 1970 and 9999")
	}
	return nil
}

func checkDrill(r Report) error {
	if r.Drill != nil && !instant(r.Drill.AcknowledgedAtUnix) {
		return fmt.Errorf("report.drill.acknowledgedAtUnix is not an instant between 1970 and 9999")
	}
	return nil
}

func instant(unix int64) bool { return unix >= 0 && unix <= endOf9999 }

func checkCoverage(r Report) error {
	c := r.Coverage
	if c == nil {
		return nil
	}
	switch {
	case !instant(c.YearFromUnix):
		return fmt.Errorf("report.coverage.yearFromUnix is not an instant between 1970 and 9999")
	case !c.Digest.Valid():
		return fmt.Errorf("report.coverage.digest is not 64 lower-case hexadecimal characters")
	case !rounded(c.Eligible, c.Screened):
		return fmt.Errorf("report.coverage has a count that is not rounded to 10")
	}
	for _, s := range c.Schools {
		switch {
		case !s.School.Valid():
			return fmt.Errorf("report.coverage.schools has a malformed school reference")
		case !rounded(s.Eligible, s.Screened):
			return fmt.Errorf("report.coverage.schools has a count that is not rounded to 10")
		}
	}
	return nil
}

func rounded(counts ...int64) bool {
	return !slices.ContainsFunc(counts, func(n int64) bool { return n < 0 || n%10 != 0 })
}

func checkRounds(r Report) error {
	for _, round := range r.Rounds {
		if err := checkRound(round); err != nil {
			return err
		}
	}
	return nil
}

func checkRound(v RoundView) error {
	states := []RoundState{RoundScheduled, RoundOpen, RoundHeld, RoundClosed, RoundReleased}
	switch {
	case !v.Round.Valid():
		return fmt.Errorf("report.rounds has a malformed round reference")
	case !slices.Contains(states, v.State):
		return fmt.Errorf("report.rounds has an unknown state")
	case v.Meaning != "" && !v.Meaning.Valid(), v.Control.Digest != "" && !v.Control.Digest.Valid():
		return fmt.Errorf("report.rounds has a malformed digest")
	case !rounded(v.Invited, v.Answered):
		return fmt.Errorf("report.rounds has a participation count that is not rounded to 10")
	case v.Release != nil && v.State != RoundReleased:
		return fmt.Errorf("report.rounds has tier counts for a round that is not released")
	}
	return checkRelease(v.Release)
}

func checkRelease(release *Release) error {
	if release == nil {
		return nil
	}
	for _, c := range append(slices.Clone(release.Tiers), release.Participants) {
		switch {
		case c.Suppressed && c.Count != 0:
			return fmt.Errorf("report.rounds.release has a suppressed cell with a count")
		case !c.Suppressed && c.Count < release.Floor:
			return fmt.Errorf("report.rounds.release has a cell under the floor that is not suppressed")
		}
	}
	return nil
}
