// Package rescore is a second scorer of responses. It is written from the comments of
// contract.Instrument and nothing else, shares no code with core/instrument, computes in
// whole-number fractions and prefers the obvious to the fast. It is there to find the
// other one out: a fuzz test compares them to the bit, and a district's stored results
// are compared with it every night. It is pure.
//
// Only types are taken from core/instrument: what a response and a result look like.
package rescore
