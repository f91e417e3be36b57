// Package district runs one district as it runs in production, without Kubernetes:
// a PostgreSQL on disk and the processes intake, scorer and casework of
// cmd/district, each of which can be ended with SIGKILL and started again. All of it
// is on the loopback and ends with the process that started it.
//
// It is shared by test/loss and test/bench; functions return errors, so that a
// program can use it as well as a test.
package district
