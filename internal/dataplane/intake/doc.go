// Package intake listens to students: it opens forms with access codes, stores
// answers and requests to talk, and tells nobody what was answered.
//
// The order of truth is the point of it. Every valid answer of a save and every
// obligation that follows from it are committed first, in one database function;
// only then is the save accepted or refused. Intake cannot read a value back: it has
// the right to execute a handful of functions, and they return receipts.
package intake
