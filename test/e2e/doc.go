// Package e2e runs the demo of hack/demo as a test on the development cluster, asserts
// every figure, and then does to that cluster what the design says it must bear:
// uninstalls, deletions, re-creations, holds, and the loss of a key.
//
//	make e2e
//
// It takes down what an earlier demo left, and leaves its own cluster up; `make demo-down`
// takes that down. EVENKEEL_E2E_STUDENTS=60 plays a few students only (a quick try of what
// comes after the demo), EVENKEEL_E2E_REUSE=1 goes on with the cluster that is there.
package e2e
