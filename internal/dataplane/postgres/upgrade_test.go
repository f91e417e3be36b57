package postgres_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// lastYears is a round that was released before the upgrade.
const lastYears = "autumn-check-up-20250915"

// yearAgo is a database of version 30 in the middle of a round, with a round that was released before.
func yearAgo(t *testing.T) *pgtest.Database {
	t.Helper()
	db := pgtest.New(t)
	if err := postgres.MigrateDown(t.Context(), db.Owner, 30); err != nil {
		t.Fatal(err)
	}
	db.OpenRound(t)
	m := pgtest.Meaning()
	m.Round = lastYears
	db.AddRound(t, m, time.Now().AddDate(0, 0, -30), time.Now().AddDate(0, 0, -20))
	const cohort = `{"cohort": {"schools": ["fengtai-no-1"], "stages": ["SeniorSecondary"]}}`
	db.Exec(t, "UPDATE ek.round SET control = $1::jsonb", cohort)
	db.Exec(t, "INSERT INTO ek.transport (name, url) VALUES ('sms', 'https://sms.invalid'), ('voice', 'https://voice.invalid')")
	db.Exec(t, "INSERT INTO ek.staff_group (group_name, role) VALUES ('registrars', 'Registrar'), ('district-duty', 'DistrictDuty'), ('city-duty', 'CityDuty')")
	db.Exec(t, `WITH p AS (INSERT INTO ek.duty_person (subject, level) VALUES ('li', 'District'), ('wang', 'City') RETURNING id)
		INSERT INTO ek.duty_address (person_id, transport, sealed) SELECT p.id, t.name, '' FROM p, ek.transport t`)
	for range 7 {
		db.AddAttempt(t, db.AddStudent(t, pgtest.StudentWith{}).ID, lastYears, pgtest.Scored, time.Now().AddDate(0, 0, -25))
	}
	db.AddStudent(t, pgtest.StudentWith{}) // absent
	db.Exec(t, "SELECT ek_casework.store_release($1, '{}')", lastYears)
	return db
}

// replica is a process that ran before the upgrade and runs on beside the new schema: its connection is
// the same, and so is all that the server keeps prepared for it.
type replica struct {
	*testing.T
	pool *pgxpool.Pool
}

func (r replica) one(sql string, args ...any) (text string) {
	r.Helper()
	err := postgres.InTx(r.Context(), r.pool, func(tx pgx.Tx) error {
		return tx.QueryRow(r.Context(), "SELECT ("+sql+")::text", args...).Scan(&text)
	})
	if err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
	return text
}

// Everything that was there is there, and what runs goes on: a form that was opened before the upgrade takes a
// danger signal after it, from an intake that knows nothing of the new version, and casework of before it sends on.
func TestADistrictInTheMiddleOfARoundIsUpgraded(t *testing.T) {
	t.Parallel()
	db := yearAgo(t)
	student, late := db.AddStudent(t, pgtest.StudentWith{}), db.AddStudent(t, pgtest.StudentWith{})
	intake, casework := replica{t, db.Intake}, replica{t, db.Casework}
	record := func(save, item, class string) string {
		return intake.one("SELECT status || ' ' || disposition FROM ek_intake.record('a key', $1::integer, '', $2, false, '{phq-9}', ARRAY[$3], '{x}', ARRAY[$4::smallint])",
			save, uuid.New(), item, class)
	}
	open := func(s pgtest.Student, key string) string {
		return intake.one("SELECT outcome FROM ek_intake.open_form($1, '', 60, $2, $3)", pgtest.Keys().CodeHMAC(s.Code), []byte(key), uuid.New())
	}
	// The number of the notification that casework took in hand, told as its gateway tells it.
	deliver := func() string {
		casework.one("SELECT ek_casework.advance_due(100)")
		n := casework.one("SELECT id FROM ek_casework.claim_notifications('sms', 16, '30 seconds') LIMIT 1")
		casework.one("SELECT ek_casework.store_receipt('sms', $1, '', $2, true)", "receipt of "+n, n)
		return pgtest.One[string](t, db, "SELECT o.state FROM ek.obligation o JOIN ek.notification n ON n.obligation_id = o.id WHERE n.id = $1", n)
	}
	if got := open(student, "a key"); got != "Opened" {
		t.Fatalf("before the upgrade a form is %s", got)
	}
	intake.one("SELECT ek_intake.begin_form('a key', true)")
	if got := record("1", "q9", "2"); got != "201 Accepted" {
		t.Fatalf("before the upgrade a save is answered with %s", got)
	}
	if got := deliver(); got != "Notified" {
		t.Errorf("before the upgrade an obligation whose notification was delivered is %s", got)
	}
	const report = "SELECT jsonb_path_query_array(r, '$.rounds[*].invited') || jsonb_build_array(r -> 'covered', r -> 'obligationsOpen', r -> 'dutyChain') FROM ek_casework.report() r"
	before := casework.one(report)

	if err := postgres.Migrate(t.Context(), db.Config("owner"), migration()); err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(before, casework.one(report)); diff != "" {
		t.Errorf("the report of the rounds (-before +after):\n%s", diff)
	}
	if got := record("2", "q9", "3"); got != "201 Accepted" {
		t.Errorf("after the upgrade a save is answered with %s", got)
	}
	if got := deliver(); got != "Notified" {
		t.Errorf("after the upgrade an obligation that was raised again is %s", got)
	}
	if got := open(late, "another key"); got != "Opened" {
		t.Errorf("after the upgrade a form is %s", got)
	}
	const standing = "SELECT coalesce(string_agg(f.fact, ' '), '') FROM (SELECT * FROM ek_casework.facts() UNION ALL SELECT * FROM ek_casework.rescore_facts()) f WHERE f.since IS NOT NULL"
	if got := casework.one(standing); got != "" {
		t.Errorf("what must not stand: %s", got)
	}
	// what is new works on what is old
	if got := casework.one("SELECT ek_casework.count_coverage(clock_timestamp() - interval '90 days', '1 minute')"); got != "true" {
		t.Error("the school year is not counted")
	}
	if got := pgtest.One[string](t, db, "SELECT schools #>> '{0,eligible}' || ' ' || (schools #>> '{0,screened}') FROM ek.coverage_count"); got != "10 7" {
		t.Errorf("eligible and screened: %s, want 10 7", got)
	}
	casework.one("SELECT ek_casework.begin_drill('reg', true, '{registrars}')")
	casework.one("SELECT ek_casework.acknowledge_drill('li', true, '{district-duty}')")
	casework.one("SELECT ek_casework.acknowledge_drill('wang', true, '{city-duty}')")
	if got := casework.one("SELECT ek_casework.drill_report() IS NOT NULL"); got != "true" {
		t.Error("an acknowledged drill is not reported")
	}
	// a casework of before the upgrade that hears of a drill refuses it, and mistakes it for nothing
	call := pgtest.One[uuid.UUID](t, db, "SELECT id FROM ek.drill_call LIMIT 1")
	if err := postgres.InTx(t.Context(), db.Casework, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT ek_casework.store_receipt('sms', 'of a drill', '', $1, true)", call)
		return err
	}); err == nil {
		t.Error("the receipt of a drill's call passes for a notification's")
	}
}
