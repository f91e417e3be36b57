package staff

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

func (s *Server) routeAuth(mux *http.ServeMux) {
	mux.HandleFunc("GET /auth/login", s.page(s.login))
	mux.HandleFunc("GET /auth/callback", s.page(s.callback))
	mux.HandleFunc("GET /auth/logout", s.page(func(w http.ResponseWriter, r *http.Request) error {
		s.Cookies.clear(w, sessionCookie)
		return render(w, http.StatusOK, "goodbye", nil)
	}))
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: s.Cookies.Now().Add(flowLifetime), Next: localPath(r.URL.Query().Get("next"))}
	address, err := s.Provider.AuthURL(r.Context(), f)
	if err != nil {
		return refuseToken(w, err)
	}
	if err := s.Cookies.set(w, flowCookie, f, flowLifetime); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

func (s *Server) callback(w http.ResponseWriter, r *http.Request) error {
	var f flow
	known := s.Cookies.open(r, flowCookie, &f) && s.Cookies.Now().Before(f.Until)
	s.Cookies.clear(w, flowCookie)
	state := r.URL.Query().Get("state")
	if !known || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1 {
		return fault.New(fault.BadRequest, "state", "this sign-in was not begun here, or too long ago", "open the worklist and sign in again")
	}
	who, err := s.Provider.Redeem(r.Context(), r.URL.Query().Get("code"), f)
	if err != nil {
		return refuseToken(w, err)
	}
	if who.Groups, err = s.Service.knownGroups(r.Context(), who.Groups); err != nil {
		return err
	}
	if err := s.Cookies.start(w, who); err != nil {
		return err
	}
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
	return nil
}

// localPath keeps a redirect on this site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, "\\") {
		return "/"
	}
	return u.RequestURI()
}
