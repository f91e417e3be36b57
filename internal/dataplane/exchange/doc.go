// Package exchange is the district's end of the one call between operator and
// district: it judges and applies what comes down (directory, meanings, controls)
// and reports what may be known above.
//
// Judging is pure and in judge.go; applying is one transaction per document, so that
// a document is there with everything projected from it, or not at all.
package exchange
