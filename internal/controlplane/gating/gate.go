// Package gating judges the gates of a round that its declared Schools, District and campaign
// decide: staff, publicity, training, rooms and experts, how strictly they are asked for, and
// exceptions.
// It is pure; the operator and the plugin call it alike, so that a gate read beforehand is the
// gate that a round meets.
package gating

import (
	"fmt"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// State is how a gate stands. Until the round opens a gate passes only when it is known
// to; afterwards it is lost only when it is known to be. So a report that is late
// never interrupts children who are answering.
type State int

// The states, the worst last.
const (
	Pass State = iota
	Unknown
	Fail
)

// Gate is the standing of one gate. When it passes, reason and message are empty unless
// there is something to say all the same.
type Gate struct {
	State    State
	Advisory bool // of one that is shut: the round opens all the same
	Reason   string
	Message  string
	Lacks    []Lack            // that the message is about
	Notes    []string          // of exceptions
	Settled  *metav1.Condition // what was found before the opening and is not asked again; nil: all the above
}

// Lack is what a gate finds wanting: of a school, an area or a class of channels by name, without
// one of the district, and why.
type Lack struct {
	Name string `json:"name,omitempty"`
	Why  string `json:"why,omitempty"`
}

func (l Lack) String() string {
	switch {
	case l.Name == "":
		return l.Why
	case l.Why == "":
		return l.Name
	}
	return l.Name + " (" + l.Why + ")"
}

// NamedAtMost is how many names a condition of a gate has. Fewer if they are long: a message has
// at most 1,024 characters, and how many more there are comes last.
const NamedAtMost = 20

// How long names and notes may be together: of notes there are as many as leave room for what
// the gate counts for.
const (
	namesLength = 600
	notesEnd    = 880
)

// Text is the message with at most so many names; it ends with (advisory) when the gate is shut
// and only advised.
func (g Gate) Text(names int) string {
	text := g.Words(names)
	if g.Advisory {
		text += " (advisory)"
	}
	return text
}

// Words is the text without how strict the gate is.
func (g Gate) Words(names int) string {
	var parts []string
	if g.Message != "" {
		parts = append(parts, g.Message)
	}
	if len(g.Lacks) > 0 {
		texts := make([]string, 0, len(g.Lacks))
		for _, l := range g.Lacks {
			texts = append(texts, l.String())
		}
		parts = []string{g.Message + ": " + named(texts, names)}
	}
	return strings.Join(noted(parts, g.Notes), "; ")
}

// noted adds the notes that there is room for.
func noted(parts, notes []string) []string {
	length := utf8.RuneCountInString(strings.Join(parts, ""))
	for i, note := range notes {
		if length += utf8.RuneCountInString(note); length > notesEnd {
			return append(parts, fmt.Sprintf("and %d more about exceptions", len(notes)-i))
		}
		parts = append(parts, note)
	}
	return parts
}

func named(names []string, most int) string {
	n, length := 0, 0
	for n < min(most, len(names)) && (n == 0 || length+len(names[n]) <= namesLength) {
		length += len(names[n])
		n++
	}
	text := strings.Join(names[:n], ", ")
	if more := len(names) - n; more > 0 {
		text = fmt.Sprintf("%s and %d more", text, more)
	}
	return text
}

// Weight is what a gate counts for in the sum of all.
func (g Gate) Weight() (State, string) {
	switch {
	case g.Advisory:
		return Pass, v1alpha1.ReasonAdvisoryNotMet
	case g.Reason == v1alpha1.ReasonExceptionGranted:
		return Pass, ""
	}
	return g.State, g.Reason
}

// Shut is a gate that is known to be shut.
func Shut(reason, format string, args ...any) Gate {
	return Gate{State: Fail, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Unclear is a gate of which nothing is known.
func Unclear(format string, args ...any) Gate {
	return Gate{State: Unknown, Reason: v1alpha1.ReasonNoReport, Message: fmt.Sprintf(format, args...)}
}
