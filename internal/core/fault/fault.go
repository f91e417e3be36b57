// Package fault collects what is wrong with a document, each fault at the path of
// the field that cures it, so that an author sees all of them at once.
package fault

import (
	"errors"
	"fmt"
)

// Error is one fault of a document.
type Error struct {
	Path    string // of the field, e.g. "rules[2].when"
	Problem string // what is wrong and what to write instead
}

// Error returns "path: problem".
func (e *Error) Error() string { return e.Path + ": " + e.Problem }

// List gathers faults. The zero List is empty and ready.
type List struct{ faults []error }

// Addf adds a fault at path.
func (l *List) Addf(path, format string, args ...any) {
	l.faults = append(l.faults, &Error{Path: path, Problem: fmt.Sprintf(format, args...)})
}

// AddIf adds the fault when bad is true.
func (l *List) AddIf(bad bool, path, format string, args ...any) {
	if bad {
		l.Addf(path, format, args...)
	}
}

// Len is how many faults have been added.
func (l *List) Len() int { return len(l.faults) }

// Err joins the faults in the order in which they were added; nil when there are none.
func (l *List) Err() error { return errors.Join(l.faults...) }

// All lists every *Error in err's tree, in order.
func All(err error) []*Error {
	switch e := err.(type) {
	case *Error:
		return []*Error{e}
	case interface{ Unwrap() error }:
		return All(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, one := range e.Unwrap() {
			all = append(all, All(one)...)
		}
		return all
	}
	return nil
}

// Paths lists the paths of every *Error in err's tree, in order. Callers use it to
// name the field at fault in a condition.
func Paths(err error) []string {
	var paths []string
	for _, one := range All(err) {
		paths = append(paths, one.Path)
	}
	return paths
}
