package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a finding keeps a set from being used.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // refused by the API server, or by the compilers that gate a round
	Warning Severity = "warning" // accepted, and probably not meant
)

// Finding is one thing that is wrong with a set.
type Finding struct {
	Severity  Severity `json:"severity"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Kind      string   `json:"kind,omitempty"`
	Namespace string   `json:"namespace,omitempty"`
	Name      string   `json:"name,omitempty"`
	Field     string   `json:"field,omitempty"`
	Message   string   `json:"message"` // what is wrong and what to write instead
}

// Find is a finding at a field of an object; "" is the object itself.
func (o *Object) Find(severity Severity, field, message string) Finding {
	return Finding{
		Severity: severity, File: o.File, Line: o.Line(field), Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
		Field: field, Message: message,
	}
}

// String is the finding on one line: file:line: object: field: message.
func (f Finding) String() string {
	text := fmt.Sprintf("%s:%d: ", name(f.File), f.Line)
	if subject := f.Subject(); subject != "" {
		text += subject + ": "
	}
	if f.Field != "" {
		text += f.Field + ": "
	}
	return text + f.Message
}

// Subject is the object, kind/name or kind/namespace/name; "" when a file is no object.
func (f Finding) Subject() string {
	parts := slices.DeleteFunc([]string{f.Kind, f.Namespace, f.Name}, func(part string) bool { return part == "" })
	return strings.Join(parts, "/")
}

// Sort orders findings by where they are.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Severity, b.Severity))
	})
}

// Err joins the findings of severity Error; nil when there are none.
func Err(findings []Finding) error {
	var errs []error
	for _, f := range findings {
		if f.Severity == Error {
			errs = append(errs, errors.New(f.String()))
		}
	}
	return errors.Join(errs...)
}
