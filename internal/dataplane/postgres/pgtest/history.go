package pgtest

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// Act is what became of one form of a student.
type Act string

// The acts.
const (
	Scored       Act = "Scored"       // submitted, with a result
	Undetermined Act = "Undetermined" // submitted, with a result that says it could not be scored
	Failed       Act = "Failed"       // submitted, and scoring it failed three times
	Waiting      Act = "Waiting"      // submitted, and not scored yet
	Left         Act = "Left"         // opened, and ended with its session without an answer
	Declined     Act = "Declined"
)

// AddAttempt puts a form that a student ended at an instant into the history of a round.
func (d *Database) AddAttempt(t testing.TB, student uuid.UUID, round string, act Act, at time.Time) {
	t.Helper()
	state := "Submitted"
	switch act {
	case Left:
		state = "Finalised"
	case Declined:
		state = "Declined"
	}
	id := uuid.New()
	d.Exec(t, `INSERT INTO ek.attempt (id, student_id, round, code_hmac, state, age, needs_assent, opened_at, finalise_at, finished_at, scored_at, failed)
		VALUES ($1, $2, $3, '\x00', $4, 16, true, $5::timestamptz - interval '10 minutes', $5, $5,
			CASE WHEN $6 NOT IN ('Waiting', 'Failed') THEN clock_timestamp() END, $6 = 'Failed')`, id, student, round, state, at, string(act))
	if act == Scored || act == Undetermined {
		d.Exec(t, `INSERT INTO ek.result (id, attempt_id, student_id, round, meaning_digest, undetermined, sealed, obliges)
			VALUES ($1, $2, $3, $4, '', $5, '', false)`, uuid.New(), id, student, round, act == Undetermined)
	}
}
