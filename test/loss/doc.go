// Package loss shows that nothing acknowledged is lost: real processes and a real
// PostgreSQL are ended with SIGKILL, again and again, under the load of students who
// repeat what was not answered. The students' own log of acknowledgements is the
// oracle; it lives in the test's process, which is not killed.
//
// Controls that must lose (commits that are not on disk, acknowledgements before the
// commit) show that the oracle can see a loss; mutations of a healthy database show
// that it can see everything else it looks for.
//
// EVENKEEL_LOSS_KILLS is how many kills the main test makes (12).
package loss
