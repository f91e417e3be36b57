package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// Statistics that say "empty" are what a round begins with. Whatever intake does then
// must not read whole tables: the plan is kept while they grow.
func TestIntakeFindsEverythingByIndexWhateverTheStatistics(t *testing.T) {
	for name, control := range map[string]string{
		"a round": "{}", "a make-up round": `{"cohort": {"notScreenedSince": "2026-09-01T00:00:00Z"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findsEverythingByIndex(t, control)
		})
	}
}

func findsEverythingByIndex(t *testing.T, control string) {
	t.Helper()
	db := pgtest.New(t)
	db.OpenRound(t)
	db.Exec(t, "UPDATE ek.round SET control = $1::jsonb", control)
	student := db.AddStudent(t, pgtest.StudentWith{})
	db.Superuser(t, "ANALYZE")
	key, code := []byte("a key"), pgtest.Keys().CodeHMAC(student.Code)
	calls := []struct {
		sql  string
		args []any
	}{
		{"SELECT ek_intake.open_form($1, '', 60, $2, $3)", []any{code, key, uuid.New()}},
		{"SELECT ek_intake.begin_form($1, true)", []any{key}},
		{"SELECT ek_intake.form($1)", []any{key}},
		{"SELECT ek_intake.record($1, 1, '', $2, false, '{phq-9}', '{q1}', '{x}', '{0}')", []any{key, uuid.New()}},
		{"SELECT ek_intake.record($1, 2, '', $2, false, '{phq-9}', '{q9}', '{x}', '{3}')", []any{key, uuid.New()}},
		{"SELECT ek_intake.talk($1, $2)", []any{key, uuid.New()}},
		{"SELECT ek_intake.submit($1, $2)", []any{key, uuid.New()}},
	}
	for _, call := range calls {
		var whole []string
		err := postgres.InTx(t.Context(), db.Intake, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), call.sql, call.args...); err != nil {
				return err
			}
			rows, err := tx.Query(t.Context(), `SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND relname IN
				('student', 'student_key', 'code', 'attempt', 'form_key', 'save', 'answer_event', 'talk_request', 'case', 'obligation',
				'obligation_cause', 'notification', 'referral', 'follow_up', 'result')`)
			if err != nil {
				return err
			}
			whole, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err != nil || len(whole) > 0 {
			t.Errorf("%s reads all of %v, error %v", call.sql, whole, err)
		}
	}
}
