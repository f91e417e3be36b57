package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// ErrOldSchema is returned when the migration of this build has not run yet.
var ErrOldSchema = errors.New("the database's schema is older than this program; run district migrate")

// Ready reports whether the database answers and has this build's schema, for
// processes that may read ek.installation.
func Ready(pool *pgxpool.Pool) func(context.Context) error {
	return func(ctx context.Context) error {
		var version int64
		err := pool.QueryRow(ctx, "SELECT schema_version FROM ek.installation").Scan(&version)
		if err == nil && version < SchemaVersion() {
			err = ErrOldSchema
		}
		return Describe(err)
	}
}

// CheckKey compares a key's fingerprint with the database's record, recording the
// first; for seal.Keys.Check.
func CheckKey(pool *pgxpool.Pool) func(context.Context, string, contract.Digest) (bool, error) {
	return CheckKeyBy(pool, "ek.check_key")
}

// CheckKeyBy is CheckKey through the function that a role may execute. It waits out a
// database that is restarting.
func CheckKeyBy(pool *pgxpool.Pool, function string) func(context.Context, string, contract.Digest) (bool, error) {
	return func(ctx context.Context, name string, digest contract.Digest) (same bool, err error) {
		err = patiently(ctx, func(ctx context.Context) error {
			return Call(ctx, pool, "SELECT "+function+"($1, $2)", []any{name, string(digest)}, &same)
		}, func(err error) bool { return !Unreachable(err) })
		return same, err
	}
}
