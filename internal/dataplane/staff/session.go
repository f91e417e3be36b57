package staff

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
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
	Until    time.Time `json:"until"`
}

// Cookies seals what a browser keeps for us. Every replica has the same key, so
// any of them can serve the next request.
type Cookies struct {
	aead   cipher.AEAD
	secure bool
	now    func() time.Time
}

// NewCookies derives the cookie key from the district's key. staffURL says whether
// cookies are for https alone.
func NewCookies(districtKey []byte, staffURL string, now func() time.Time) (*Cookies, error) {
	key, err := hkdf.Key(sha256.New, districtKey, nil, "evenkeel staff cookie v1", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the cookie key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing the cookie cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("preparing the cookie cipher: %w", err)
	}
	return &Cookies{aead: aead, secure: strings.HasPrefix(staffURL, "https://"), now: now}, nil
}

func (c *Cookies) seal(name string, value any) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encoding a cookie: %w", err)
	}
	nonce := make([]byte, c.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, raw, []byte(name))), nil
}

func (c *Cookies) open(name, sealed string, value any) error {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < c.aead.NonceSize() {
		return errors.New("the cookie is not one of ours")
	}
	plain, err := c.aead.Open(nil, raw[:c.aead.NonceSize()], raw[c.aead.NonceSize():], []byte(name))
	if err != nil {
		return errors.New("the cookie is not one of ours")
	}
	return json.Unmarshal(plain, value)
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
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func (c *Cookies) clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode})
}

// session returns the live session of a request, if it has one.
func (c *Cookies) session(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	var s session
	if c.open(sessionCookie, cookie.Value, &s) != nil || !c.now().Before(s.Until) {
		return session{}, false
	}
	return s, true
}

// start begins a session for who.
func (c *Cookies) start(w http.ResponseWriter, who Identity) error {
	return c.set(w, sessionCookie, session{Identity: who, CSRF: rand.Text(), Until: c.now().Add(sessionLifetime)}, sessionLifetime)
}
