package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ProviderConfig names the identity provider.
type ProviderConfig struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	GroupsClaim  string // empty: "groups"
	RedirectURL  string
	Client       *http.Client
}

// Provider verifies staff against the identity provider. It discovers the provider
// when first needed: a duty chain must run while the provider is down.
type Provider struct {
	config ProviderConfig

	mu         sync.Mutex
	discovered *oidc.Provider
	failedAt   time.Time
}

// rediscoverAfter spares a provider that is down, and those who wait for it.
const rediscoverAfter = 2 * time.Second

// errProvider is a provider that cannot be reached; the caller may try again.
var errProvider = errors.New("the identity provider cannot be reached")

// NewProvider returns a provider that has not been contacted yet.
func NewProvider(c ProviderConfig) *Provider {
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	return &Provider{config: c}
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.discovered != nil {
		return p.discovered, nil
	}
	if time.Since(p.failedAt) < rediscoverAfter {
		return nil, errProvider
	}
	// The key set keeps this context for as long as it lives.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.config.Client), p.config.Issuer)
	if err != nil {
		p.failedAt = time.Now()
		return nil, errors.Join(errProvider, err)
	}
	p.discovered = found
	return found, nil
}

// Verify checks an ID token and returns whom it stands for.
func (p *Provider) Verify(ctx context.Context, raw, nonce string) (Identity, error) {
	provider, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(p.context(ctx), raw)
	if err != nil {
		return Identity{}, fmt.Errorf("verifying an ID token: %w", err)
	}
	if nonce != "" && token.Nonce != nonce {
		return Identity{}, errors.New("verifying an ID token: the nonce is another sign-in's")
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return Identity{}, fmt.Errorf("reading an ID token: %w", err)
	}
	return readIdentity(payload, p.config.GroupsClaim)
}

// AuthURL is where a browser is sent to sign in.
func (p *Provider) AuthURL(ctx context.Context, f flow) (string, error) {
	config, err := p.oauth(ctx)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), nil
}

// Redeem exchanges the code a browser came back with.
func (p *Provider) Redeem(ctx context.Context, code string, f flow) (Identity, error) {
	config, err := p.oauth(ctx)
	if err != nil {
		return Identity{}, err
	}
	token, err := config.Exchange(p.context(ctx), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Identity{}, fmt.Errorf("redeeming a sign-in code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, errors.New("redeeming a sign-in code: the provider sent no ID token")
	}
	return p.Verify(ctx, raw, f.Nonce)
}

func (p *Provider) oauth(ctx context.Context) (*oauth2.Config, error) {
	provider, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.RedirectURL,
		Endpoint: provider.Endpoint(), Scopes: scopes(provider),
	}, nil
}

// scopes asks for groups only where the provider knows that scope: some refuse a
// sign-in that names one they do not.
func scopes(provider *oidc.Provider) []string {
	var known struct {
		Scopes []string `json:"scopes_supported"`
	}
	wanted := []string{oidc.ScopeOpenID, "profile"}
	if provider.Claims(&known) == nil && slices.Contains(known.Scopes, "groups") {
		wanted = append(wanted, "groups")
	}
	return wanted
}

func (p *Provider) context(ctx context.Context) context.Context {
	if p.config.Client == nil {
		return ctx
	}
	return oidc.ClientContext(ctx, p.config.Client)
}
