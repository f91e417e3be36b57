// Package score reads answers from tables as people have them and scores them, offline:
// it finds out which column is which item, turns cells into answers, says of every cell
// that is none where it stands and why, and writes one row of results for each row read.
//
// Reports name rows and columns, never what is in a cell. The results themselves are as
// confidential as the answers.
package score
