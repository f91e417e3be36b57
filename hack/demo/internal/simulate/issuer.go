package simulate

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// tokenLifetime covers a whole demo.
const tokenLifetime = 2 * time.Hour

// IssuerConfig is who can sign in, and where to.
type IssuerConfig struct {
	Issuer  string         `json:"issuer"` // base address, https
	Clients []IssuerClient `json:"clients"`
	Users   []IssuerUser   `json:"users"`
}

// IssuerClient is an application that signs people in.
type IssuerClient struct {
	ID        string   `json:"id"`
	Secret    string   `json:"secret"`
	Redirects []string `json:"redirects"`
}

// IssuerUser is a person.
type IssuerUser struct {
	Subject string   `json:"subject"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Groups  []string `json:"groups"`
}

// grant is a code on its way through a browser.
type grant struct {
	client, redirect, nonce, challenge string
	user                               IssuerUser
	until                              time.Time
}

// Issuer is a tiny OpenID Connect provider without passwords.
type Issuer struct {
	config IssuerConfig
	key    jose.JSONWebKey
	signer jose.Signer

	mu     sync.Mutex
	grants map[string]grant
}

// NewIssuer makes an issuer with a fresh signing key.
func NewIssuer(config IssuerConfig) (*Issuer, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	key := jose.JSONWebKey{Key: private, KeyID: rand.Text()[:12], Algorithm: string(jose.RS256), Use: "sig"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, err
	}
	return &Issuer{config: config, key: key, signer: signer, grants: map[string]grant{}}, nil
}

// Handler serves the provider, and tokens without a browser under /demo/token.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /authorize", i.signIn)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("POST /demo/token", i.demoToken)
	return mux
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	base := i.config.Issuer
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base,
		"authorization_endpoint":                base + "/authorize",
		"token_endpoint":                        base + "/token",
		"jwks_uri":                              base + "/keys",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "groups"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
}

// authorize shows the people who can sign in.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	if fault := i.checkAuthorize(r.URL.Query()); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	writeLogin(w, i.config.Users, r.URL.Query())
}

func (i *Issuer) checkAuthorize(q url.Values) string {
	client, known := i.client(q.Get("client_id"))
	switch {
	case !known:
		return "client_id: is unknown"
	case !slices.Contains(client.Redirects, q.Get("redirect_uri")):
		return "redirect_uri: is not one of the client's"
	case q.Get("response_type") != "code":
		return "response_type: is not code"
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return "code_challenge_method: is not S256"
	}
	return ""
}

// signIn takes the choice made on the login page and sends the browser back.
func (i *Issuer) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	q := r.URL.Query()
	if fault := i.checkAuthorize(q); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	user, known := i.user(r.PostForm.Get("user"))
	if !known {
		http.Error(w, "user: is unknown", http.StatusBadRequest)
		return
	}
	code := i.remember(grant{
		client: q.Get("client_id"), redirect: q.Get("redirect_uri"), nonce: q.Get("nonce"),
		challenge: q.Get("code_challenge"), user: user, until: time.Now().Add(time.Minute),
	})
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (i *Issuer) remember(g grant) string {
	code := rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.grants[code] = g
	return code
}

// redeem takes a code once.
func (i *Issuer) redeem(code string) (grant, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	g, found := i.grants[code]
	delete(i.grants, code)
	return g, found && time.Now().Before(g.until)
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	client, ok := i.authenticate(r)
	if !ok {
		tokenError(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	g, found := i.redeem(r.PostForm.Get("code"))
	if !found || g.client != client.ID || g.redirect != r.PostForm.Get("redirect_uri") || !verified(g.challenge, r.PostForm.Get("code_verifier")) {
		tokenError(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	i.writeToken(w, client, g.user, g.nonce)
}

// demoToken handles POST /demo/token?user=SUBJECT[&client=ID]: simulated staff have
// no browser.
func (i *Issuer) demoToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user, known := i.user(q.Get("user"))
	client, registered := i.client(q.Get("client"))
	if !known || !registered {
		http.Error(w, "user or client: is unknown", http.StatusNotFound)
		return
	}
	i.writeToken(w, client, user, "")
}

func (i *Issuer) writeToken(w http.ResponseWriter, client IssuerClient, user IssuerUser, nonce string) {
	raw, err := i.issue(client.ID, user, nonce, time.Now())
	if err != nil {
		http.Error(w, "the token could not be signed", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": rand.Text(), "token_type": "Bearer", "id_token": raw, "expires_in": int(tokenLifetime.Seconds()),
	})
}

// profile are the claims beside the standard ones.
type profile struct {
	Name          string   `json:"name"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Groups        []string `json:"groups"`
	Nonce         string   `json:"nonce,omitempty"`
}

func (i *Issuer) issue(audience string, user IssuerUser, nonce string, now time.Time) (string, error) {
	standard := jwt.Claims{
		Issuer: i.config.Issuer, Subject: user.Subject, Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(tokenLifetime)),
	}
	own := profile{Name: user.Name, Email: user.Email, EmailVerified: true, Groups: user.Groups, Nonce: nonce}
	raw, err := jwt.Signed(i.signer).Claims(standard).Claims(own).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return raw, nil
}

// authenticate checks the client's secret, in the header or in the form.
func (i *Issuer) authenticate(r *http.Request) (IssuerClient, bool) {
	if r.ParseForm() != nil || r.PostForm.Get("grant_type") != "authorization_code" {
		return IssuerClient{}, false
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	client, known := i.client(unescape(id))
	return client, known && subtle.ConstantTimeCompare([]byte(client.Secret), []byte(unescape(secret))) == 1
}

// unescape undoes the form encoding that RFC 6749 asks of basic authentication.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func (i *Issuer) client(id string) (IssuerClient, bool) {
	n := slices.IndexFunc(i.config.Clients, func(c IssuerClient) bool { return c.ID == id || id == "" })
	if n < 0 {
		return IssuerClient{}, false
	}
	return i.config.Clients[n], true
}

func (i *Issuer) user(subject string) (IssuerUser, bool) {
	n := slices.IndexFunc(i.config.Users, func(u IssuerUser) bool { return u.Subject == subject })
	if n < 0 {
		return IssuerUser{}, false
	}
	return i.config.Users[n], true
}

// verified checks a PKCE verifier against its challenge.
func verified(challenge, verifier string) bool {
	if challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return strings.TrimRight(challenge, "=") == base64.RawURLEncoding.EncodeToString(sum[:])
}

func tokenError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("cache-control", "no-store")
	writeJSON(w, status, map[string]string{"error": code})
}
