// Package e2e runs the demo of hack/demo as a test on the development cluster, asserts
// every figure, and then does to that cluster what the design says it must bear:
// uninstalls, deletions, re-creations, holds, and the loss of a key.
//
//	make e2e
//
// It leaves the cluster up; `make demo-down` takes it down.
package e2e
