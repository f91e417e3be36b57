package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migration() postgres.Migration { return postgres.Migration{District: pgtest.District} }

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := postgres.Migrate(t.Context(), db.Config("owner"), migration()); err != nil {
		t.Fatal(err)
	}
	got := pgtest.One[int64](t, db, "SELECT schema_version FROM ek.installation")
	if got != postgres.SchemaVersion() {
		t.Errorf("schema version = %d, want %d", got, postgres.SchemaVersion())
	}
}

func TestMigrateRefusesAnotherDistrictsDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	err := postgres.Migrate(t.Context(), db.Config("owner"), postgres.Migration{District: "510116"})
	if !errors.Is(err, postgres.ErrOtherDistrict) {
		t.Errorf("err = %v", err)
	}
}

func TestMigrateTakesBackARightThatIsNotInTheTable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Superuser(t, "GRANT SELECT ON ek.student TO ek_110106_intake", "GRANT USAGE ON SCHEMA ek TO ek_110106_intake")
	if err := postgres.Migrate(t.Context(), db.Config("owner"), migration()); err != nil {
		t.Fatal(err)
	}
	if pgtest.One[bool](t, db, "SELECT has_table_privilege('ek_110106_intake', 'ek.student', 'SELECT')") {
		t.Error("intake can still read students")
	}
}

func TestIntakeCanReadNoTable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows, err := db.Owner.Query(t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
		WHERE schemaname IN ('ek', 'ek_intake', 'ek_scorer', 'ek_casework')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 30 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		_, err := db.Intake.Exec(t.Context(), "SELECT 1 FROM "+table+" LIMIT 1")
		var e *postgres.Error
		if !errors.As(postgres.Describe(err), &e) || e.SQLState != "42501" {
			t.Errorf("intake reading %s: %v, want insufficient privilege", table, err)
		}
	}
}

func TestAnotherDistrictsRoleCannotConnect(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Superuser(t, "CREATE ROLE ek_510116_casework LOGIN")
	config := db.Config("casework")
	config.User = "ek_510116_casework"
	pool, err := postgres.NewPool(config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("ping = %v, want permission denied", err)
	}
}

func TestNobodyRewritesHistory(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, table := range []string{"answer_event", "result", "audit_entry", "obligation_event"} {
		for _, statement := range []string{"DELETE FROM ek." + table, "TRUNCATE ek." + table + " CASCADE"} {
			if _, err := db.Owner.Exec(t.Context(), statement); err == nil {
				t.Errorf("%s: the owner could", statement)
			}
			if _, err := db.Casework.Exec(t.Context(), statement); err == nil {
				t.Errorf("%s: casework could", statement)
			}
		}
	}
}

func TestMissingRolesAreNamed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Superuser(t, "UPDATE ek.installation SET district_code = '320101'")
	err := postgres.Migrate(context.Background(), db.Config("owner"), postgres.Migration{District: "320101"})
	if err == nil || !strings.Contains(err.Error(), "CREATE ROLE \"ek_320101_scorer\" LOGIN") {
		t.Errorf("err = %v, want the statement that makes the role", err)
	}
}

func TestRolesAreMadeWithTheirPasswordAndItStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Superuser(t, "SET log_statement = 'all'; ALTER DATABASE "+db.Config("owner").Name+" SET log_statement = 'all'")
	login := db.Config("intake")
	login.User = postgres.RoleName(pgtest.PasswordDistrict, "intake")
	for _, password := range []string{"first-Passw0rd", "second-Passw0rd"} {
		err := postgres.CreateRoles(t.Context(), db.Pool(t, "owner"),
			postgres.Migration{District: pgtest.PasswordDistrict, RolePasswords: map[string]string{"intake": password}})
		if err != nil {
			t.Fatal(err)
		}
		db.Superuser(t, "GRANT CONNECT ON DATABASE "+login.Name+" TO "+login.User)
		for given, want := range map[string]bool{password: true, "another": false} {
			login.Password = given
			pool, err := postgres.NewPool(login)
			if err != nil {
				t.Fatal(err)
			}
			if err := pool.Ping(t.Context()); (err == nil) != want {
				t.Errorf("password %q: %v", given, err)
			}
			pool.Close()
		}
		if log := db.ServerLog(); strings.Contains(log, password) || !strings.Contains(log, "SCRAM-SHA-256$") {
			t.Error("the server's log has the password, or the test does not log statements")
		}
	}
}
