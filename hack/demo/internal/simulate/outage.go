package simulate

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// outage makes a server unreachable for a while: connections are closed without an
// answer. Paths under /demo/ stay reachable, or nobody could look inside.
type outage struct {
	mu     sync.Mutex
	until  time.Time
	turned int // calls that found nobody
}

// down reports whether nobody answers now, and counts the caller who finds out.
func (o *outage) down() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !time.Now().Before(o.until) {
		return false
	}
	o.turned++
	return true
}

// turnedAway is how many calls found nobody.
func (o *outage) turnedAway() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.turned
}

// around closes connections while the outage lasts.
func (o *outage) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/demo/") && o.down() {
			panic(http.ErrAbortHandler) // net/http's way to close the connection without an answer
		}
		next.ServeHTTP(w, r)
	})
}

// serveDown handles POST /demo/down?for=30s; for=0s ends an outage.
func (o *outage) serveDown(w http.ResponseWriter, r *http.Request) {
	length, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || length < 0 || length > time.Hour {
		http.Error(w, "for: is not a duration up to 1h; write for=30s", http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = time.Now().Add(length)
	writeJSON(w, http.StatusOK, map[string]any{"until": o.until.UTC()})
}
