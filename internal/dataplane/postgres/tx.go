package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const durable = "SET LOCAL synchronous_commit = on"

// InTx runs fn in a transaction that is on disk before it is acknowledged, at
// isolation level read committed. fn's error rolls back and is returned, described.
func InTx(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return Describe(err)
	}
	defer rollback(ctx, tx)
	if _, err := tx.Exec(ctx, durable); err != nil {
		return Describe(err)
	}
	if err := fn(tx); err != nil {
		return Describe(err)
	}
	return Describe(tx.Commit(ctx))
}

// rollback also runs when ctx has ended, since the connection goes back to the pool.
func rollback(ctx context.Context, tx pgx.Tx) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = tx.Rollback(bounded) // after a commit there is nothing to roll back
}

// Call runs one statement that returns one row, usually a function call, in a
// durable transaction and in a single round trip: BEGIN, SET LOCAL, the statement
// and COMMIT travel together. It repeats a call that was the victim of a deadlock.
func Call(ctx context.Context, pool *pgxpool.Pool, sql string, args []any, dest ...any) error {
	for tries := 0; ; tries++ {
		err := Describe(call(ctx, pool, sql, args, dest))
		var e *Error
		if tries < 2 && errors.As(err, &e) && (e.SQLState == "40P01" || e.SQLState == "40001") {
			continue
		}
		return err
	}
}

var errNotCommitted = errors.New("the transaction was not committed")

func call(ctx context.Context, pool *pgxpool.Pool, sql string, args, dest []any) error {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	batch.Queue(durable)
	batch.Queue(sql, args...)
	batch.Queue("COMMIT")
	// A failed batch leaves the connection inside a transaction; the pool closes
	// such a connection instead of keeping it.
	results := pool.SendBatch(ctx, batch)
	err := readCall(results, dest)
	return errors.Join(err, results.Close())
}

func readCall(results pgx.BatchResults, dest []any) error {
	for range 2 {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	noRow := results.QueryRow().Scan(dest...)
	if noRow != nil && !errors.Is(noRow, pgx.ErrNoRows) {
		return noRow
	}
	tag, err := results.Exec()
	if err == nil && tag.String() != "COMMIT" {
		err = errNotCommitted
	}
	return errors.Join(err, noRow)
}

func isConnectionLoss(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || pgconn.SafeToRetry(err)
}
