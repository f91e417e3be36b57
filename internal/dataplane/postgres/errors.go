package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Error is a database error without anything of the row it was about: PostgreSQL's
// message, detail and where are dropped, since any of them can quote values.
type Error struct {
	SQLState   string // empty: the server could not be reached or went away
	Constraint string
}

func (e *Error) Error() string {
	switch {
	case e.SQLState == "":
		return "the database cannot be reached"
	case e.Constraint != "":
		return fmt.Sprintf("database error %s on constraint %s", e.SQLState, e.Constraint)
	}
	return "database error " + e.SQLState
}

// Unreachable reports whether err means that the database is away for now.
func Unreachable(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	class := e.SQLState
	if len(class) > 2 {
		class = class[:2]
	}
	return class == "" || class == "08" || class == "57" || class == "53" || e.SQLState == "55P03" // connection, shutdown, resources, lock
}

// Is reports whether err violates the named constraint.
func Is(err error, constraint string) bool {
	var e *Error
	return errors.As(err, &e) && e.Constraint == constraint
}

// Describe turns a pgx error into one that may be logged. Errors of other packages,
// a cancelled context and pgx.ErrNoRows pass through.
func Describe(err error) error {
	var (
		mine    *Error
		unsafe  *SettingError
		server  *pgconn.PgError
		connect *pgconn.ConnectError
	)
	switch {
	case err == nil, errors.As(err, &mine), errors.Is(err, pgx.ErrNoRows):
		return err
	case errors.As(err, &unsafe):
		return unsafe
	case errors.As(err, &server):
		return &Error{SQLState: server.Code, Constraint: server.ConstraintName}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &connect), pgconn.SafeToRetry(err), pgconn.Timeout(err), isConnectionLoss(err):
		return &Error{}
	}
	return err
}
