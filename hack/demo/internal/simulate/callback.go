package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/repeat"
)

// caller sends signed messages to districts until they arrive.
type caller struct {
	client *http.Client
	wait   time.Duration // before the second try; doubles up to thirty times
}

// deliver sends a message, the same id on every try, until the district has it. A
// 409 says that it arrived, or that a later status did; other 4xx are final.
func (c caller) deliver(ctx context.Context, url, secret string, message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	id := newID()
	for wait := c.wait; ; wait = min(2*wait, 30*c.wait) {
		status, err := c.post(ctx, url, secret, id, body)
		switch {
		case err == nil && (status/100 == 2 || status == http.StatusConflict):
			return nil
		case err == nil && status/100 == 4 && status != http.StatusTooManyRequests && status != http.StatusNotFound:
			return fmt.Errorf("the district refused the message: %d", status)
		}
		slog.Info("the district did not take a message; trying again", "status", status, "error", err)
		if !repeat.Pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (c caller) post(ctx context.Context, url, secret, id string, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("content-type", "application/json")
	if err := sign(request, secret, id, time.Now(), body); err != nil {
		return 0, err
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // only so that the connection is reused
	return response.StatusCode, nil
}

// writeJSON answers with a document.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may be gone; there is nobody to tell
}
