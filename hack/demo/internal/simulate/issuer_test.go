package simulate

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const redirect = "http://127.0.0.1/auth/callback"

func startIssuer(t *testing.T) *httptest.Server {
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	issuer, err := NewIssuer(IssuerConfig{
		Issuer:  server.URL,
		Clients: []IssuerClient{{ID: "fengtai", Secret: "s3cret/+", Redirects: []string{redirect}}},
		Users:   []IssuerUser{{Subject: "li-na", Name: "李娜", Email: "li@example.test", Groups: []string{"duty"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = issuer.Handler()
	return server
}

func provider(t *testing.T, server *httptest.Server) (*oidc.Provider, oauth2.Config) {
	p, err := oidc.NewProvider(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return p, oauth2.Config{ClientID: "fengtai", ClientSecret: "s3cret/+", RedirectURL: redirect, Endpoint: p.Endpoint(), Scopes: []string{oidc.ScopeOpenID}}
}

// click chooses a person on the login page and returns where the browser is sent.
func click(t *testing.T, page, user string) *url.URL {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.PostForm(page, url.Values{"user": {user}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	back, err := response.Location()
	if err != nil {
		t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	return back
}

func TestPersonSignsInByAuthorizationCode(t *testing.T) {
	server := startIssuer(t)
	p, config := provider(t, server)
	verifier := oauth2.GenerateVerifier()
	page := config.AuthCodeURL("the-state", oidc.Nonce("the-nonce"), oauth2.S256ChallengeOption(verifier))
	back := click(t, page, "li-na")
	if back.Query().Get("state") != "the-state" {
		t.Errorf("state = %q", back.Query().Get("state"))
	}
	token, err := config.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := p.Verifier(&oidc.Config{ClientID: "fengtai"}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims profile
	if err := verified.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if verified.Subject != "li-na" || claims.Nonce != "the-nonce" || !claims.EmailVerified || len(claims.Groups) != 1 {
		t.Errorf("subject %q, claims %+v", verified.Subject, claims)
	}
}

func TestCodeIsGoodOnceAndForItsVerifierOnly(t *testing.T) {
	server := startIssuer(t)
	_, config := provider(t, server)
	verifier := oauth2.GenerateVerifier()
	page := config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))
	code := click(t, page, "li-na").Query().Get("code")
	if _, err := config.Exchange(t.Context(), code, oauth2.VerifierOption("another")); err == nil {
		t.Error("a wrong verifier was taken")
	}
	if _, err := config.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code was taken twice")
	}
}

func TestBrowserIsNeverSentToAnAddressTheClientDidNotRegister(t *testing.T) {
	server := startIssuer(t)
	_, config := provider(t, server)
	config.RedirectURL = "http://elsewhere.example/"
	response, err := http.Get(config.AuthCodeURL("s"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestLoginPageListsEverybody(t *testing.T) {
	server := startIssuer(t)
	_, config := provider(t, server)
	response, err := http.Get(config.AuthCodeURL("s"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page strings.Builder
	if _, err := io.Copy(&page, response.Body); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "李娜") || !strings.Contains(page.String(), `value="li-na"`) {
		t.Error(page.String())
	}
}

func TestDemoTokenIsAGoodIDToken(t *testing.T) {
	server := startIssuer(t)
	p, _ := provider(t, server)
	response, err := http.Post(server.URL+"/demo/token?user=li-na&client=fengtai", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verifier(&oidc.Config{ClientID: "fengtai"}).Verify(t.Context(), answer.IDToken); err != nil {
		t.Error(err)
	}
}
