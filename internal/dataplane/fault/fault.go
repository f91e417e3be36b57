// Package fault is the one error type of the data plane that a caller may see:
// which field, what is wrong with it, and what to do. It is mapped to HTTP here
// and nowhere else.
//
// None of the texts may carry anything about a student.
package fault

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
)

// Code says what kind of fault it is.
type Code string

// The codes, each with the HTTP status it is answered with.
const (
	BadRequest   Code = "BadRequest"   // 400: not readable at all
	Unauthorised Code = "Unauthorised" // 401: nobody is signed in, or the signature is wrong
	Forbidden    Code = "Forbidden"    // 403: known, and not allowed
	NotFound     Code = "NotFound"     // 404
	NotAllowed   Code = "NotAllowed"   // 405: wrong method
	Conflict     Code = "Conflict"     // 409: at odds with what is stored or with the state
	Gone         Code = "Gone"         // 410: was possible once, is over
	TooLarge     Code = "TooLarge"     // 413
	WrongType    Code = "WrongType"    // 415
	Invalid      Code = "Invalid"      // 422: readable, but a field is wrong
	TooMany      Code = "TooMany"      // 429
	Internal     Code = "Internal"     // 500: ours
	Unavailable  Code = "Unavailable"  // 503: try again
)

var statuses = map[Code]int{
	BadRequest:   http.StatusBadRequest,
	Unauthorised: http.StatusUnauthorized,
	Forbidden:    http.StatusForbidden,
	NotFound:     http.StatusNotFound,
	NotAllowed:   http.StatusMethodNotAllowed,
	Conflict:     http.StatusConflict,
	Gone:         http.StatusGone,
	TooLarge:     http.StatusRequestEntityTooLarge,
	WrongType:    http.StatusUnsupportedMediaType,
	Invalid:      http.StatusUnprocessableEntity,
	TooMany:      http.StatusTooManyRequests,
	Internal:     http.StatusInternalServerError,
	Unavailable:  http.StatusServiceUnavailable,
}

// Status is the HTTP status of the code; an unknown code is an internal fault.
func (c Code) Status() int {
	if status, ok := statuses[c]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Error is a fault that may be shown.
type Error struct {
	Code   Code
	Field  string // the field or header at fault; empty when it is none in particular
	Fault  string // what is wrong
	Remedy string // what to do about it
	Cause  error  // for our own log; never shown
}

// New returns an Error.
func New(code Code, field, fault, remedy string) *Error {
	return &Error{Code: code, Field: field, Fault: fault, Remedy: remedy}
}

// Because returns a copy of e with a cause for the log.
func (e *Error) Because(cause error) *Error {
	with := *e
	with.Cause = cause
	return &with
}

func (e *Error) Error() string {
	text := e.Fault
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is compare code, field and fault, so that sentinels work.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Field == e.Field && t.Fault == e.Fault
}

// Of returns the Error in err's chain. Anything else becomes an internal fault
// whose text says nothing about its cause.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "", "the server failed", "try again; if it stays, tell the district's platform engineers").Because(err)
}

// ContentType is that of every error answer (RFC 9457).
const ContentType = "application/problem+json"

// Problem returns the members of the problem document of err.
func Problem(err error) map[string]any {
	e := Of(err)
	return map[string]any{
		"type":   "about:blank",
		"title":  string(e.Code),
		"status": e.Code.Status(),
		"field":  e.Field,
		"fault":  e.Fault,
		"remedy": e.Remedy,
	}
}

// Write answers with the problem document of err.
func Write(w http.ResponseWriter, err error) { WriteWith(w, err, nil) }

// WriteWith answers with the problem document of err and further members.
func WriteWith(w http.ResponseWriter, err error, members map[string]any) {
	problem := Problem(err)
	maps.Copy(problem, members)
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if Of(err).Code == TooMany || Of(err).Code == Unavailable {
		h.Set("Retry-After", "30")
	}
	w.WriteHeader(Of(err).Code.Status())
	_ = json.NewEncoder(w).Encode(problem) // the connection may be gone; there is nobody to tell
}
