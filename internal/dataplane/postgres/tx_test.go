package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestCommitsAreDurableThoughTheRoleSaysOtherwise(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Superuser(t, "ALTER ROLE ek_110106_intake IN DATABASE "+db.Config("intake").Name+" SET synchronous_commit = off")
	pool := db.Pool(t, "intake")

	var role, inCall, inTx string
	if err := pool.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&role); err != nil || role != "off" {
		t.Fatalf("the role's own setting = %q, %v; the test needs off", role, err)
	}
	if err := postgres.Call(t.Context(), pool, "SELECT current_setting('synchronous_commit')", nil, &inCall); err != nil {
		t.Fatal(err)
	}
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&inTx)
	})
	if err != nil || inCall != "on" || inTx != "on" {
		t.Errorf("in Call %q, in InTx %q, %v; want on", inCall, inTx, err)
	}
	_, err = pool.Exec(t.Context(), "SELECT ek_intake.talk('\\x00', gen_random_uuid())")
	var e *postgres.Error
	if !errors.As(postgres.Describe(err), &e) || e.SQLState != "55000" {
		t.Errorf("writing past InTx: %v, want it refused", err)
	}
}

func TestAFailedCallLeavesThePoolUsable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for range 50 {
		if err := postgres.Call(t.Context(), db.Owner, "SELECT 1/0", nil, new(int)); err == nil {
			t.Fatal("division by zero succeeded")
		}
	}
	var one int
	if err := postgres.Call(t.Context(), db.Owner, "SELECT 1", nil, &one); err != nil || one != 1 {
		t.Errorf("%d, %v", one, err)
	}
}

func TestErrorsCarryNoRow(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	insert := "INSERT INTO ek.school (name, title_zh) VALUES ('school-1', 'a private matter')"
	db.Exec(t, insert)
	err := postgres.InTx(t.Context(), db.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), insert)
		return err
	})
	if !postgres.Is(err, "school_pkey") || strings.Contains(err.Error(), "school-1") {
		t.Errorf("err = %v", err)
	}
	if strings.Contains(db.ServerLog(), "(school-1") {
		t.Error("the server's log has the row")
	}
}

func TestUnsafeServersAreRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	name := db.Config("casework").Name
	db.Superuser(t, "ALTER DATABASE "+name+" SET log_error_verbosity = verbose")
	_, err := postgres.Connect(t.Context(), db.Config("casework"))
	var unsafe *postgres.SettingError
	if !errors.As(err, &unsafe) || unsafe.Setting != "log_error_verbosity" || !strings.Contains(unsafe.Remedy, "ALTER SYSTEM") {
		t.Errorf("err = %v", err)
	}
}
