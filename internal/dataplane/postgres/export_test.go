package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// CreateRoles is tested by itself: a database belongs to one district.
var CreateRoles = createRoles

// MigrateDown takes a database back to an earlier version.
func MigrateDown(ctx context.Context, owner *pgxpool.Pool, version int64) error {
	return withMigrations(owner, func(m *goose.Provider) error {
		_, err := m.DownTo(ctx, version)
		return err
	})
}
