package roster

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
)

// Unscreened is a student who has still to be screened in the school year.
type Unscreened struct {
	Grade string `json:"grade"`
	Class string `json:"class"`
	Seat  string `json:"seat"`
	Label string `json:"label"` // class, seat and masked name
	State string `json:"state"` // NotScreened, or ConsentMissing: the guardian has not said yet
}

// NotScreened lists whom a school has still to bring, for its registrar. Who declined is not
// among them, nor is it said who was absent and whose answers could not be scored.
func (s *Service) NotScreened(ctx context.Context, who Actor, school string) ([]Unscreened, error) {
	return store.Rows[Unscreened](ctx, s.Pool, "SELECT * FROM ek_casework.not_screened($1, $2, $3)", who.Subject, who.Groups, school)
}
