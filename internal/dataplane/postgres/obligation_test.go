package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// The one function that raises obligations, under the load of a whole class pressing
// at once: one case per student, one obligation per source, every cause listed.
func TestRaisingFromManySidesAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	const students, sources, causes = 6, 4, 5
	var all []pgtest.Student
	for range students {
		all = append(all, db.AddStudent(t, pgtest.StudentWith{}))
	}
	var wait sync.WaitGroup
	ctx := context.WithoutCancel(t.Context())
	for c := range causes {
		for s := range sources {
			for i, student := range all {
				wait.Go(func() {
					err := postgres.InTx(ctx, db.Owner, func(tx pgx.Tx) error {
						_, err := tx.Exec(ctx, `SELECT ek.raise_obligation('Attempt', md5($1)::uuid, $2, $3, $4, NULL, 'CriticalAnswer', $5, false)`,
							fmt.Sprint(i, s), student.ID, pgtest.Round, 2+c%2, fmt.Sprint(i, "/", s, "/", c))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	wait.Wait()
	got := pgtest.One[string](t, db, `SELECT (SELECT count(*) FROM ek."case") || ' ' || (SELECT count(*) FROM ek.obligation) || ' ' ||
		(SELECT count(*) FROM ek.obligation_cause) || ' ' || (SELECT count(*) FROM ek.referral) || ' ' ||
		(SELECT count(*) FROM ek.obligation WHERE tier_rank = 0)`)
	if want := fmt.Sprintf("%d %d %d %d %d", students, students*sources, students*sources*causes, students*sources, students*sources); got != want {
		t.Errorf("cases, obligations, causes, referrals, severe = %q, want %q", got, want)
	}
}

func raise(t *testing.T, db *pgtest.Database, s pgtest.Student, class int, ref string) {
	t.Helper()
	db.Exec(t, `SELECT ek.raise_obligation('Attempt', $1, $1, $2, $3, NULL, 'CriticalAnswer', $4, false)`, s.ID, pgtest.Round, class, ref)
}

func TestEscalatingKeepsTheEarlierDeadline(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	s := db.AddStudent(t, pgtest.StudentWith{})
	raise(t, db, s, 2, "1")
	db.Exec(t, "UPDATE ek.obligation SET deadline_at = now() + interval '5 minutes', state = 'Owned', owner = 'someone', step = 2, next_step_at = now() + interval '1 hour'")
	raise(t, db, s, 3, "2") // 30 minutes from now would be later
	left := pgtest.One[time.Duration](t, db, "SELECT deadline_at - now() FROM ek.obligation WHERE state = 'Owned' AND owner = 'someone' AND step = 0 AND next_step_at <= now()")
	if left > 5*time.Minute {
		t.Errorf("%v left, want no more than before", left)
	}
}

func TestTheSameTierAgainOnlyListsTheCause(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	s := db.AddStudent(t, pgtest.StudentWith{})
	raise(t, db, s, 3, "1")
	db.Exec(t, "UPDATE ek.obligation SET state = 'Contacted', contacted_at = now(), next_step_at = NULL")
	raise(t, db, s, 3, "2")
	raise(t, db, s, 2, "3")
	got := pgtest.One[string](t, db, "SELECT state || ' ' || arming || ' ' || (SELECT count(*) FROM ek.obligation_cause) FROM ek.obligation")
	if got != "Contacted 0 3" {
		t.Errorf("%q", got)
	}
}

func TestADangerSignalIsRaisedThoughTheRoundIsNotProjected(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	s := db.AddStudent(t, pgtest.StudentWith{})
	db.Exec(t, "DELETE FROM ek.round_tier")
	db.Exec(t, "DELETE FROM ek.round_floor")
	raise(t, db, s, 2, "1")
	if got := pgtest.One[int](t, db, "SELECT tier_rank FROM ek.obligation WHERE deadline_at - raised_at = interval '30 minutes'"); got != 0 {
		t.Errorf("tier = %d, want the severest", got)
	}
}

func TestAClosedCaseIsFollowedByANewOne(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	s := db.AddStudent(t, pgtest.StudentWith{})
	raise(t, db, s, 2, "1")
	db.Exec(t, "UPDATE ek.obligation SET state = 'Closed', contacted_at = now(), closed_at = now()")
	db.Exec(t, `UPDATE ek."case" SET closed_at = now(), closed_by = 'someone'`)
	raise(t, db, s, 3, "2")
	got := pgtest.One[string](t, db, `SELECT (SELECT count(*) FROM ek."case") || ' ' || (SELECT count(*) FROM ek."case" c JOIN ek.obligation o ON o.case_id = c.id WHERE c.closed_at IS NULL AND o.state = 'Raised')`)
	if got != "2 1" {
		t.Errorf("cases and open ones with an obligation = %q", got)
	}
}

func TestEscalatingADraftedReferralAsksForTheWorseTiersCare(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	db.Exec(t, "UPDATE ek.round_tier SET does_draft_referral = true, channel_class = 'Counselling' WHERE rank = 1")
	s := db.AddStudent(t, pgtest.StudentWith{})
	raise(t, db, s, 2, "1")
	raise(t, db, s, 3, "2")
	if got := pgtest.One[string](t, db, "SELECT class || ' ' || urgency || ' ' || state FROM ek.referral"); got != "Psychiatric stat Drafted" {
		t.Errorf("the draft is %q", got)
	}
}

func TestAWorseClassInTheSameTierRaisesAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	db.Exec(t, "UPDATE ek.round_floor SET tier_rank = 0 WHERE class = 2")
	s := db.AddStudent(t, pgtest.StudentWith{})
	raise(t, db, s, 2, "1")
	db.Exec(t, "UPDATE ek.obligation SET state = 'Contacted', contacted_at = now(), next_step_at = NULL")
	raise(t, db, s, 3, "2")
	if got := pgtest.One[string](t, db, "SELECT state || ' ' || arming FROM ek.obligation"); got != "Raised 1" {
		t.Errorf("contacted for an Urgent answer, then an Immediate one: %q", got)
	}
}
