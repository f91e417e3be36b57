// Package repeat makes HTTP calls until they are answered for good.
package repeat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// Repeater makes HTTP calls that are repeated with the same bytes until they are
// answered for good: processes are killed in the demo.
type Repeater struct {
	HTTP     *http.Client
	Patience time.Duration // bounds how long one call is repeated
	First    time.Duration // the first pause; each is about twice the one before, 2 s at most
	Retried  Counter       // counts repeated calls, by reason
}

// Counter counts by reason.
type Counter interface{ Add(reason string) }

// Reply is what was answered.
type Reply struct {
	Status int
	Body   []byte
}

// Do sends what request makes until good says that a reply is the last one. The error
// names the call and the last status.
func (r *Repeater) Do(ctx context.Context, name string, request func(context.Context) (*http.Request, error), good func(Reply) bool) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for wait := r.First; ; wait = min(2*wait, 2*time.Second) {
		reply, err := r.once(ctx, request)
		if err == nil && good(reply) {
			return reply, nil
		}
		r.Retried.Add(reason(name, reply.Status, err))
		if !Pause(ctx, wait/2+rand.N(wait)) {
			return reply, fmt.Errorf("%s was not answered within %s (last: %d %w)", name, r.Patience, reply.Status, errOr(err, ctx.Err()))
		}
	}
}

func (r *Repeater) once(ctx context.Context, prepare func(context.Context) (*http.Request, error)) (Reply, error) {
	request, err := prepare(ctx)
	if err != nil {
		return Reply{}, err
	}
	response, err := r.HTTP.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer response.Body.Close()
	// An answer that breaks off is no answer: the call is repeated.
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	return Reply{Status: response.StatusCode, Body: body}, err
}

// JSON makes a request with a body.
func JSON(method, url string, body []byte) func(context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
		if err == nil {
			request.Header.Set("content-type", "application/json")
		}
		return request, err
	}
}

func reason(name string, status int, err error) string {
	if err != nil {
		return name + ": no answer"
	}
	return fmt.Sprintf("%s: %d", name, status)
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Pause waits, and reports whether the context still lasts.
func Pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
