// Package postgres is the district's database: connecting to it safely, writing to
// it durably, and bringing its schema and rights to the version of this build.
//
// InTx, and Call for a single function, are the only ways to write. Both turn
// synchronous_commit on inside the transaction, because any role may have set it off
// for itself and a function's own setting ends before the commit; every writing
// function refuses to run without (ek.require_durable).
package postgres
