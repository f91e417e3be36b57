package web

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// Problems makes a mux answer unknown paths and methods with problem documents too.
func Problems(next http.Handler) http.Handler {
	mux, ok := next.(interface {
		Handler(*http.Request) (http.Handler, string)
	})
	if !ok {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			next.ServeHTTP(w, r)
			return
		}
		seen := &statusOnly{header: http.Header{}}
		next.ServeHTTP(seen, r)
		if seen.status == http.StatusMethodNotAllowed {
			w.Header().Set("allow", seen.header.Get("allow"))
			fault.Write(w, fault.New(fault.NotAllowed, "method", "this path does not take "+r.Method, "use "+seen.header.Get("allow")))
			return
		}
		fault.Write(w, fault.New(fault.NotFound, "path", "there is nothing here", "see docs/spec/processes.md for the paths"))
	})
}

// statusOnly learns what a mux would answer and writes nothing.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
