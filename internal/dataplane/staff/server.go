package staff

import (
	"embed"
	"log/slog"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
)

//go:embed pages
var files embed.FS

// Server is the staff listener.
type Server struct {
	Service  *Service
	Roster   *roster.Service
	Provider *Provider
	Cookies  *Cookies
	Log      *slog.Logger
}

// Handler returns the listener's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routeAPI(mux)
	s.routeAuth(mux)
	s.routePages(mux)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", assets()))
	return secured(web.Problems(mux))
}

// secured sets the headers of every answer: nothing is kept, framed, sniffed or
// loaded from elsewhere.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("content-security-policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("x-content-type-options", "nosniff")
		h.Set("referrer-policy", "no-referrer")
		h.Set("cross-origin-opener-policy", "same-origin")
		h.Set("cache-control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) handle(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return web.Handle(s.Log, fn)
}
