package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migration says what Migrate brings a database to.
type Migration struct {
	District string // code
	// RolePasswords, when not nil, makes the roles that are missing: process
	// (intake, scorer, casework, auditor) -> password. Only for a server of the
	// district's own; otherwise the roles must exist and are checked.
	RolePasswords map[string]string
}

// Migrate brings schema, rights and roles to this build's version, as the owner.
// It is idempotent; a second run changes nothing.
func Migrate(ctx context.Context, owner Config, m Migration) error {
	owner.Process, owner.MaxConns = "migrate", 4
	pool, err := Connect(ctx, owner)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := checkInstallation(ctx, pool, m.District); err != nil {
		return err
	}
	if m.RolePasswords != nil {
		if err := createRoles(ctx, pool, m); err != nil {
			return err
		}
	}
	if err := checkRoles(ctx, pool, m.District); err != nil {
		return err
	}
	version, err := runMigrations(ctx, pool)
	if err != nil {
		return err
	}
	return InTx(ctx, pool, func(tx pgx.Tx) error {
		if err := grant(ctx, tx, m.District); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO ek.installation (district_code, schema_version) VALUES ($1, $2)
			ON CONFLICT (one) DO UPDATE SET schema_version = excluded.schema_version`, m.District, version)
		return err
	})
}

// ErrOtherDistrict is returned for a database that another district lives in.
var ErrOtherDistrict = errors.New("this database belongs to another district; " +
	"give every district a database of its own (EVENKEEL_DB_NAME)")

func checkInstallation(ctx context.Context, pool *pgxpool.Pool, district string) error {
	var there bool
	err := pool.QueryRow(ctx, "SELECT to_regclass('ek.installation') IS NOT NULL").Scan(&there)
	if err != nil || !there {
		return Describe(err)
	}
	var code string
	err = pool.QueryRow(ctx, "SELECT district_code FROM ek.installation").Scan(&code)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err == nil && code != district:
		return ErrOtherDistrict
	}
	return Describe(err)
}

func runMigrations(ctx context.Context, pool *pgxpool.Pool) (version int64, err error) {
	err = withMigrations(pool, func(m *goose.Provider) error {
		if _, err := m.Up(ctx); err != nil {
			return fmt.Errorf("migrating: %w", err)
		}
		version, err = m.GetDBVersion(ctx)
		return err
	})
	return version, err
}

func withMigrations(pool *pgxpool.Pool, do func(*goose.Provider) error) error {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	return do(provider)
}

// SchemaVersion is the newest migration of this build.
func SchemaVersion() int64 {
	entries, err := embedded.ReadDir("migrations")
	if err != nil {
		panic(err) // embedded at build time
	}
	var version int64
	for _, entry := range entries {
		if v, err := goose.NumericComponent(entry.Name()); err == nil {
			version = max(version, v)
		}
	}
	return version
}
