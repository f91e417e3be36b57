// Package fhir translates an Instrument to a FHIR R4 Questionnaire and back, for the
// exchange with programs that know nothing of Evenkeel.
//
// A Questionnaire of ours carries everything twice where FHIR has a place of its own for
// it: as other programs expect it (answer options with their ordinal values, enableWhen,
// a FHIRPath expression for every scale, translations) and, for what FHIR has no word for,
// in extensions named after the fields of the API, so that Import gives back what Export
// was given. A Questionnaire of somebody else gives items, options and, when every option
// says what it counts, a sum; whatever is not understood is reported and never passed over.
//
// The package is pure.
package fhir

import "fmt"

// Note is one thing that a translation did not carry over, or had to choose by itself.
type Note struct {
	Path    string // in the document that was read, e.g. "item[2].prefix"
	Message string
	// Count is how often the same was found, at paths that differ only in their indexes.
	Count int
}

// String is the note in one line.
func (n Note) String() string {
	if n.Count > 1 {
		return fmt.Sprintf("%s and %d more like it: %s", n.Path, n.Count-1, n.Message)
	}
	return n.Path + ": " + n.Message
}

// notes gathers Notes; those that differ only in indexes become one.
type notes struct {
	list  []Note
	known map[string]int // the place in list
}

func (n *notes) addf(path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	key := withoutIndexes(path) + "\x00" + message
	if at, found := n.known[key]; found {
		n.list[at].Count++
		return
	}
	if n.known == nil {
		n.known = map[string]int{}
	}
	n.known[key] = len(n.list)
	n.list = append(n.list, Note{Path: path, Message: message, Count: 1})
}

func withoutIndexes(path string) string {
	out := make([]byte, 0, len(path))
	inside := false
	for i := range len(path) {
		c := path[i]
		inside = (inside || c == '[') && c != ']'
		if !inside || c == '[' {
			out = append(out, c)
		}
	}
	return string(out)
}
