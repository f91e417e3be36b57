package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Timeout bounds every call to a partner: a gateway that does not answer within
// it has failed, and the next attempt or transport must not wait longer.
const Timeout = 10 * time.Second

// maxDrain is how much of an answer is read so that the connection can be reused.
const maxDrain = 4 << 10

// NewClient returns the HTTP client for calls to partners: certificates verified
// against roots (nil: the system's), no redirects, no proxy surprises, time-bound.
func NewClient(roots *x509.CertPool) *http.Client {
	transport := &http.Transport{
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DialContext:           (&net.Dialer{Timeout: Timeout / 2}).DialContext,
		TLSHandshakeTimeout:   Timeout / 2,
		ResponseHeaderTimeout: Timeout,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       30 * time.Second,
		ForceAttemptHTTP2:     true,
	}
	return &http.Client{Transport: transport, Timeout: Timeout, CheckRedirect: refuseRedirect}
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Message is one outgoing message.
type Message struct {
	URL         string
	ContentType string
	ID          string // the same on every resend
	Secret      []byte // as configured, see Key
	Body        []byte
}

// StatusError is an answer other than 2xx. It carries no body: a partner's text
// has no place in our logs.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string { return "the partner answered " + strconv.Itoa(e.Status) }

// Post signs m and sends it once.
func Post(ctx context.Context, client *http.Client, m Message, now time.Time) error {
	request, err := newRequest(ctx, m, now)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("calling the partner: %w", withoutURL(err))
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxDrain)
	if response.StatusCode/100 != 2 {
		return &StatusError{Status: response.StatusCode}
	}
	return nil
}

func newRequest(ctx context.Context, m Message, now time.Time) (*http.Request, error) {
	signature, err := Sign(m.Secret, m.ID, now, m.Body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return nil, errors.New("the partner's URL cannot be read; write https://host/path")
	}
	request.Header.Set("content-type", m.ContentType)
	request.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return request, nil
}

// Sign returns the webhook-signature header for a body.
func Sign(secret []byte, id string, at time.Time, body []byte) (string, error) {
	key, err := Key(secret)
	if err != nil {
		return "", err
	}
	hook, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return "", fmt.Errorf("preparing a signature: %w", err)
	}
	return hook.Sign(id, at, body)
}

// Probe asks url for a sign of life: HEAD, any answer under 500.
func Probe(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode < http.StatusInternalServerError
}

// withoutURL drops the address from a *url.Error: it may hold what a district
// would not want in a log.
func withoutURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}
