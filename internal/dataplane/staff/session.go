package staff

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// How long a sign-in lasts. Membership of groups is read at sign-in, so this is
// also how long a revoked membership can linger; the provider signs a person in again
// without a question as long as its own session lasts.
const (
	sessionLifetime = time.Hour
	flowLifetime    = 10 * time.Minute
)

const (
	sessionCookie = "ek_session"
	flowCookie    = "ek_flow"
)

// session is what the cookie holds.
type session struct {
	Identity Identity  `json:"id"`
	CSRF     string    `json:"csrf"`
	Until    time.Time `json:"until"`
}

// flow is one sign-in under way.
type flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Next     string    `json:"next"` // the page to go on to
	Until    time.Time `json:"until"`
}

// Sealer seals under the district's key, which every replica holds: any of them can
// serve the next request.
type Sealer interface {
	SealSecret(kind, name string, value []byte) []byte
	OpenSecret(kind, name string, sealed []byte) ([]byte, error)
}

// Cookies seals what a browser keeps for us.
type Cookies struct {
	Sealer Sealer
	Secure bool // for https alone
	Now    func() time.Time
}

const cookieKind = "StaffCookie"

func (c *Cookies) seal(name string, value any) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encoding a cookie: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(c.Sealer.SealSecret(cookieKind, name, raw)), nil
}

func (c *Cookies) open(r *http.Request, name string, value any) bool {
	cookie, err := r.Cookie(name)
	if err != nil {
		return false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return false
	}
	raw, err := c.Sealer.OpenSecret(cookieKind, name, sealed)
	return err == nil && json.Unmarshal(raw, value) == nil
}

// set writes a sealed cookie. It is HttpOnly and SameSite=Lax: a link from a
// notification opens the worklist signed in, a form of another site does not.
func (c *Cookies) set(w http.ResponseWriter, name string, value any, lifetime time.Duration) error {
	sealed, err := c.seal(name, value)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: sealed, Path: "/", MaxAge: int(lifetime.Seconds()),
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func (c *Cookies) clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode})
}

// session returns the live session of a request, if it has one.
func (c *Cookies) session(r *http.Request) (session, bool) {
	var s session
	return s, c.open(r, sessionCookie, &s) && c.Now().Before(s.Until)
}

// start begins a session for who.
func (c *Cookies) start(w http.ResponseWriter, who Identity) error {
	return c.set(w, sessionCookie, session{Identity: who, CSRF: rand.Text(), Until: c.Now().Add(sessionLifetime)}, sessionLifetime)
}
