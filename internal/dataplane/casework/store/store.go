// Package store calls casework's database functions: in a durable transaction, with
// what a function refuses on purpose turned into the fault that a caller may see.
package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// refusals are the SQLSTATEs with which ek.refuse speaks.
var refusals = map[string]fault.Code{
	"EK403": fault.Forbidden,
	"EK404": fault.NotFound,
	"EK409": fault.Conflict,
	"EK422": fault.Invalid,
}

// Refusal turns what ek.refuse raised into its fault, and a database that is away
// into one that says so. Other errors pass through.
func Refusal(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		if code, ok := refusals[server.Code]; ok {
			return fault.New(code, server.Detail, server.Message, server.Hint)
		}
	}
	if described := postgres.Describe(err); postgres.Unreachable(described) {
		return fault.New(fault.Unavailable, "", "the district's database does not answer", "try again in a moment").Because(described)
	}
	return err
}

// InTx runs fn in a durable transaction; refusals come back as faults.
func InTx(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	return Refusal(postgres.InTx(ctx, pool, func(tx pgx.Tx) error { return Refusal(fn(tx)) }))
}

// Exec runs one statement in a transaction of its own.
func Exec(ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) error {
	return InTx(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

// One returns the single value of a statement in a transaction of its own.
func One[T any](ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) (value T, err error) {
	err = InTx(ctx, pool, func(tx pgx.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&value) })
	return value, err
}

// Rows returns the rows of a statement, by column name, after its transaction has
// committed: what an audit entry speaks of is not shown before the entry stands.
func Rows[T any](ctx context.Context, pool *pgxpool.Pool, sql string, args ...any) (list []T, err error) {
	err = InTx(ctx, pool, func(tx pgx.Tx) error {
		list, err = Collect[T](ctx, tx, sql, args...)
		return err
	})
	return list, err
}

// Collect is Rows within a transaction.
func Collect[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
