// Package casework runs the chain of duty: it takes the steps that are due, finds
// obligations that are missing, and wires what the casework process serves.
//
// Steps, scope and states live in the database (migrations 00011 and 00012), where a
// row is locked while it is judged; this package decides only when to look.
package casework
