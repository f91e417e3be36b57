package pgtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// District is the code of the district every test database belongs to.
const District = "110106"

// Database is a fresh migrated database with a pool for every role.
type Database struct {
	Owner, Intake, Scorer, Casework *pgxpool.Pool

	name   string
	server *server
}

var template struct {
	once  sync.Once
	err   error
	mu    sync.Mutex // one CREATE DATABASE ... TEMPLATE at a time
	count atomic.Int64
}

const templateName = "ek_template"

// New gives the test a database of its own, dropped when the test ends.
func New(t testing.TB) *Database {
	t.Helper()
	s, err := instance()
	if err != nil {
		t.Fatal(err)
	}
	template.once.Do(func() { template.err = s.makeTemplate() })
	if template.err != nil {
		t.Fatal(template.err)
	}
	d := &Database{name: fmt.Sprintf("t%d", template.count.Add(1)), server: s}
	if err := d.create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.drop)
	d.Owner, d.Intake = d.Pool(t, "owner"), d.Pool(t, "intake")
	d.Scorer, d.Casework = d.Pool(t, "scorer"), d.Pool(t, "casework")
	return d
}

// Config says how a process's role, or "owner", reaches the database.
func (d *Database) Config(process string) postgres.Config {
	return d.server.config(postgres.RoleName(District, process), d.name, process)
}

func (s *server) config(role, database, process string) postgres.Config {
	return postgres.Config{Host: s.dir, Port: 5432, Name: database, User: role, SSLMode: "disable", Process: process}
}

// Pool opens one more pool for a process's role; it closes with the test.
func (d *Database) Pool(t testing.TB, process string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(d.Config(process))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Superuser runs statements as the server's superuser inside the test's database.
func (d *Database) Superuser(t testing.TB, statements ...string) {
	t.Helper()
	if err := d.server.exec(d.name, statements...); err != nil {
		t.Fatal(err)
	}
}

// ServerLog is all the server has written, for tests that nothing private is in it.
func (d *Database) ServerLog() string { return d.server.Log() }

// Exec runs a statement as the owner and fails the test on an error.
func (d *Database) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	err := postgres.InTx(t.Context(), d.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// One reads one value as the owner.
func One[T any](t testing.TB, d *Database, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := d.Owner.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (s *server) exec(database string, statements ...string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url(superuser, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (s *server) makeTemplate() error {
	owner := postgres.OwnerRole(District)
	if err := s.exec("postgres",
		"CREATE ROLE "+owner+" LOGIN CREATEROLE", "CREATE DATABASE "+templateName+" OWNER "+owner); err != nil {
		return err
	}
	return postgres.Migrate(context.Background(), s.config(owner, templateName, "owner"), postgres.Migration{
		District: District,
		RolePasswords: map[string]string{
			"intake": "intake-password", "scorer": "scorer-password",
			"casework": "casework-password", "auditor": "auditor-password",
		},
	})
}

// create copies the template. Rights on the database itself are not copied.
func (d *Database) create() error {
	template.mu.Lock()
	defer template.mu.Unlock()
	err := d.server.exec("postgres", "CREATE DATABASE "+d.name+" TEMPLATE "+templateName+" OWNER "+postgres.OwnerRole(District))
	if err != nil {
		return err
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, d.server.url(postgres.OwnerRole(District), d.name))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return postgres.GrantConnect(ctx, tx, District) })
}

func (d *Database) drop() {
	_ = d.server.exec("postgres", "DROP DATABASE "+d.name+" WITH (FORCE)") // the server goes soon anyway
}

// SuperuserElsewhere is Superuser in another database of the server.
func (d *Database) SuperuserElsewhere(t testing.TB, statements ...string) {
	t.Helper()
	if err := d.server.exec("postgres", statements...); err != nil {
		t.Fatal(err)
	}
}
