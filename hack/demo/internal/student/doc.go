// Package student plays students against intake's JSON API and keeps the log of what
// was acknowledged to them: the oracle of "nothing lost, nothing doubled".
package student
