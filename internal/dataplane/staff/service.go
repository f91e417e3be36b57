package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// pageSize bounds a list. What is most urgent comes first, so nothing that matters
// waits behind the bound.
const pageSize = 500

// Service calls the database for people.
type Service struct {
	Pool *pgxpool.Pool
	Keys *seal.Keys
}

// Obligation is one line of the worklist.
type Obligation struct {
	Number           string    `json:"number"`
	School           string    `json:"school"`
	SchoolZh         string    `json:"schoolZh"`
	SchoolEn         string    `json:"schoolEn"`
	Grade            string    `json:"grade"`
	Label            string    `json:"label"`
	Tier             string    `json:"tier"`
	Urgency          string    `json:"urgency"`
	State            string    `json:"state"`
	RaisedAt         time.Time `json:"raisedAt"`
	DeadlineAt       time.Time `json:"deadlineAt"`
	RemainingSeconds int64     `json:"remainingSeconds"`
	Owner            *string   `json:"owner,omitempty"`
	Mine             bool      `json:"mine"`
	Arming           int       `json:"arming"`
	FoundLate        bool      `json:"foundLate"`
}

// Worklist returns the open obligations in scope: first those whose child nobody has
// reached, the nearest deadline first.
func (s *Service) Worklist(ctx context.Context, who Identity) ([]Obligation, error) {
	return store.Rows[Obligation](ctx, s.Pool, "SELECT * FROM ek_casework.worklist($1, $2, $3)", who.Subject, who.Groups, pageSize)
}

// Record is one obligation with what a person needs to reach the child.
type Record struct {
	Obligation

	SchoolPhone string  `json:"schoolPhone"`
	CaseNumber  string  `json:"caseNumber"`
	Referral    *string `json:"referral,omitempty"`
	Name        string  `json:"name" db:"-"`
	Causes      []Cause `json:"causes"`
	Events      []Event `json:"events"`
}

// Cause is why an obligation stands. It says what kind of thing was seen, not the answer.
type Cause struct {
	Kind  string    `json:"kind"`
	Class int       `json:"class"`
	At    time.Time `json:"at"`
}

// Event is one thing that was done about an obligation.
type Event struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Actor   string    `json:"actor"`
	Step    *int      `json:"step,omitempty"`
	Outcome *string   `json:"outcome,omitempty"`
}

type sealedRecord struct {
	Record

	StudentID  uuid.UUID
	SealedName []byte
	Wrapped    []byte
}

// Record returns one obligation in scope. The audit entry has been committed before
// the name is opened.
func (s *Service) Record(ctx context.Context, who Identity, number string) (Record, error) {
	rows, err := store.Rows[sealedRecord](ctx, s.Pool, "SELECT * FROM ek_casework.obligation_record($1, $2, $3)", who.Subject, who.Groups, number)
	if err != nil {
		return Record{}, err
	}
	if len(rows) != 1 {
		return Record{}, fault.New(fault.NotFound, "number", "there is no such obligation in your scope", "check the number")
	}
	r := rows[0].Record
	r.Name, err = s.name(rows[0])
	return r, err
}

// name opens a sealed name; one whose key was shredded stays empty.
func (s *Service) name(r sealedRecord) (string, error) {
	if len(r.Wrapped) == 0 {
		return "", nil
	}
	opener, err := s.Keys.Opener(r.StudentID, r.Wrapped)
	if err != nil {
		return "", fmt.Errorf("opening a student's key: %w", err)
	}
	name, err := opener.Open(seal.Roster, roster.NameContext(r.StudentID), r.SealedName)
	if err != nil {
		return "", fmt.Errorf("opening a name: %w", err)
	}
	return string(name), nil
}

// Own makes who the owner of an obligation.
func (s *Service) Own(ctx context.Context, who Identity, number string) error {
	return store.Exec(ctx, s.Pool, "SELECT ek_casework.own($1, $2, $3, $4)", who.Subject, who.Human, who.Groups, number)
}

// Contact records a contact; only Reached stops the chain. arming is what the caller
// had read, nil for what stood when the caller owned.
func (s *Service) Contact(ctx context.Context, who Identity, number, outcome string, arming *int) error {
	return store.Exec(ctx, s.Pool, "SELECT ek_casework.contact($1, $2, $3, $4, $5, $6)", who.Subject, who.Human, who.Groups, number, outcome, arming)
}

// Close closes an obligation that was contacted.
func (s *Service) Close(ctx context.Context, who Identity, number, reason string) error {
	return store.Exec(ctx, s.Pool, "SELECT ek_casework.close_obligation($1, $2, $3, $4, $5)", who.Subject, who.Human, who.Groups, number, reason)
}

// FollowUp is one task without a clock of minutes.
type FollowUp struct {
	ID       uuid.UUID `json:"id"`
	Kind     string    `json:"kind"`
	School   string    `json:"school"`
	SchoolZh string    `json:"schoolZh"`
	SchoolEn string    `json:"schoolEn"`
	Grade    string    `json:"grade"`
	Label    string    `json:"label"`
	Tier     string    `json:"tier"`
	MadeAt   time.Time `json:"madeAt"`
	DueAt    time.Time `json:"dueAt"`
}

// FollowUps returns the follow-ups in scope.
func (s *Service) FollowUps(ctx context.Context, who Identity) ([]FollowUp, error) {
	return store.Rows[FollowUp](ctx, s.Pool, "SELECT * FROM ek_casework.follow_ups($1, $2, $3)", who.Subject, who.Groups, pageSize)
}

// ScoreDifference is one thing on which a second scorer does not agree with a stored
// result. It says where, never what either of them found.
type ScoreDifference struct {
	Attempt    uuid.UUID `json:"attempt"`
	School     string    `json:"school"`
	Round      string    `json:"round"`
	Instrument string    `json:"instrument"` // empty when it is of the whole attempt
	Scale      string    `json:"scale"`
	Kind       string    `json:"kind"` // docs/spec/database.md lists them
	FoundAt    time.Time `json:"foundAt"`
}

// ScoreDifferences returns the differences that stand, in scope.
func (s *Service) ScoreDifferences(ctx context.Context, who Identity) ([]ScoreDifference, error) {
	return store.Rows[ScoreDifference](ctx, s.Pool, "SELECT * FROM ek_casework.score_differences($1, $2, $3)", who.Subject, who.Groups, pageSize)
}

// Referral is one referral as staff see it.
type Referral struct {
	Number      string     `json:"number"`
	Obligation  string     `json:"obligation"`
	School      string     `json:"school"`
	SchoolZh    string     `json:"schoolZh"`
	SchoolEn    string     `json:"schoolEn"`
	Label       string     `json:"label"`
	Class       string     `json:"class"`
	Channel     *string    `json:"channel,omitempty"`
	Urgency     string     `json:"urgency"`
	State       string     `json:"state"`
	DraftedAt   time.Time  `json:"draftedAt"`
	ReleasedAt  *time.Time `json:"releasedAt,omitempty"`
	DeliveredAt *time.Time `json:"deliveredAt,omitempty"`
	AnsweredAt  *time.Time `json:"answeredAt,omitempty"`
	Releasable  bool       `json:"releasable"`
}

// Referrals returns the referrals in scope, or the one with a number.
func (s *Service) Referrals(ctx context.Context, who Identity, number string) ([]Referral, error) {
	return store.Rows[Referral](ctx, s.Pool, "SELECT * FROM ek_casework.referrals($1, $2, nullif($3, ''), $4)", who.Subject, who.Groups, number, pageSize)
}

// Release releases a drafted referral and returns the channel it goes through.
func (s *Service) Release(ctx context.Context, who Identity, number, channel string) (string, error) {
	return store.One[string](ctx, s.Pool, "SELECT ek_casework.release_referral($1, $2, $3, $4, $5)", who.Subject, who.Human, who.Groups, number, channel)
}

// knownGroups keeps the groups that mean anything here: a cookie has little room, and
// the rest is none of our business.
func (s *Service) knownGroups(ctx context.Context, groups []string) ([]string, error) {
	return store.One[[]string](ctx, s.Pool, "SELECT coalesce(array_agg(DISTINCT group_name), '{}') FROM ek_casework.staff_roles($1)", groups)
}
