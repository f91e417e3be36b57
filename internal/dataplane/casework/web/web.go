// Package web is what casework's listeners share.
package web

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// Handle serves with fn; an error is answered as a problem document, and logged when
// it is ours.
func Handle(log *slog.Logger, fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			LogOurs(log, r, err)
			fault.Write(w, err)
		}
	}
}

// LogOurs logs an error that the caller cannot cure. The pattern names the route
// without the values in it.
func LogOurs(log *slog.Logger, r *http.Request, err error) {
	if f := fault.Of(err); f.Code == fault.Internal || f.Code == fault.Unavailable {
		cause := f.Cause
		if cause == nil {
			cause = err
		}
		log.Error("a request failed", "route", r.Pattern, "error", cause.Error())
	}
}

// JSON answers with a value that must not be kept by anybody on the way.
func JSON(w http.ResponseWriter, value any) error {
	h := w.Header()
	h.Set("content-type", "application/json; charset=utf-8")
	h.Set("cache-control", "no-store")
	h.Set("x-content-type-options", "nosniff")
	_ = json.NewEncoder(w).Encode(value) // the client may be gone
	return nil
}
