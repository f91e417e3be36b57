// Package notifytest provides partners (gateways, hospitals) to tests: real HTTPS
// servers that verify what they are sent and can be told to misbehave.
package notifytest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// Partner is a gateway or hospital.
type Partner struct {
	*httptest.Server

	secret []byte
	gone   chan struct{}

	mu       sync.Mutex
	status   int
	hang     bool
	received []Received
}

// Received is one message that came with a good signature.
type Received struct {
	ID   string
	Body []byte
}

// New starts a partner that takes everything signed with secret. It stops with the test.
func New(t testing.TB, secret []byte) *Partner {
	t.Helper()
	p := &Partner{secret: secret, status: http.StatusAccepted, gone: make(chan struct{})}
	p.Server = httptest.NewTLSServer(p)
	t.Cleanup(func() {
		close(p.gone)
		p.Server.Close()
	})
	return p
}

// Client trusts the given partners and nobody else. Its connections end with the test.
func Client(t testing.TB, partners ...*Partner) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for _, p := range partners {
		roots.AddCert(p.Certificate())
	}
	client := webhook.NewClient(roots)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// ServeHTTP takes messages as the partner was told to.
func (p *Partner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	status, hang := p.status, p.hang
	p.mu.Unlock()
	if hang {
		select {
		case <-p.gone:
		case <-r.Context().Done():
		}
		return
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	body, _ := io.ReadAll(r.Body)
	if err := p.hook().Verify(body, r.Header); err != nil {
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	}
	if status/100 == 2 {
		p.mu.Lock()
		p.received = append(p.received, Received{ID: r.Header.Get(standardwebhooks.HeaderWebhookID), Body: body})
		p.mu.Unlock()
	}
	w.WriteHeader(status)
}

func (p *Partner) hook() *standardwebhooks.Webhook {
	key, err := webhook.Key(p.secret)
	if err != nil {
		panic(err)
	}
	hook, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		panic(err)
	}
	return hook
}

// Answer makes the partner answer with a status from now on.
func (p *Partner) Answer(status int) { p.set(func() { p.status, p.hang = status, false }) }

// Hang makes the partner never answer.
func (p *Partner) Hang() { p.set(func() { p.hang = true }) }

func (p *Partner) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// Received returns what has come so far.
func (p *Partner) Received() []Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Received(nil), p.received...)
}

// Call is one signed call to the district.
type Call struct {
	ID     string
	Secret []byte
	At     time.Time // zero: now
	Body   any       // []byte is sent as it is
}

// Send sends a call to a URL and returns the status and the problem's field.
func Send(t testing.TB, ctx context.Context, client *http.Client, url string, c Call) (status int, field string) {
	t.Helper()
	body, ok := c.Body.([]byte)
	if !ok {
		body, _ = json.Marshal(c.Body)
	}
	if c.At.IsZero() {
		c.At = time.Now()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("content-type", "application/json")
	if c.Secret != nil {
		signature, err := webhook.Sign(c.Secret, c.ID, c.At, body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(standardwebhooks.HeaderWebhookID, c.ID)
		request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(c.At.Unix(), 10))
		request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var problem struct{ Field, Fault, Remedy string }
	_ = json.NewDecoder(response.Body).Decode(&problem)
	if response.StatusCode != http.StatusOK && (problem.Fault == "" || problem.Remedy == "") {
		t.Errorf("status %d without fault and remedy", response.StatusCode)
	}
	return response.StatusCode, problem.Field
}
