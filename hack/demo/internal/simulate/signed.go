package simulate

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// maxBody is the most that either side sends, by docs/spec/partners.md.
const maxBody = 16 << 10

// Message is a signed message that was verified.
type Message struct {
	ID   string
	Body []byte
}

// webhook makes the signer and verifier of a secret.
func webhook(secret string) (*standardwebhooks.Webhook, error) {
	if strings.HasPrefix(secret, "whsec_") {
		return standardwebhooks.NewWebhook(secret)
	}
	return standardwebhooks.NewWebhookRaw([]byte(secret))
}

// readSigned reads a request's body and verifies its signature and age.
func readSigned(r *http.Request, secret string) (Message, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return Message{}, fmt.Errorf("read the body: %w", err)
	}
	if len(body) > maxBody {
		return Message{}, errors.New("the body is over 16 KiB")
	}
	hook, err := webhook(secret)
	if err != nil {
		return Message{}, err
	}
	if err := hook.Verify(body, r.Header); err != nil {
		return Message{}, err
	}
	return Message{ID: r.Header.Get(standardwebhooks.HeaderWebhookID), Body: body}, nil
}

// sign puts the three headers on a request.
func sign(r *http.Request, secret, id string, now time.Time, body []byte) error {
	hook, err := webhook(secret)
	if err != nil {
		return err
	}
	signature, err := hook.Sign(id, now, body)
	if err != nil {
		return err
	}
	r.Header.Set(standardwebhooks.HeaderWebhookID, id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}

// newID names a new message.
func newID() string { return "msg_" + uuid.NewString() }

// ids remembers the names of messages, so that a resend acts once.
type ids struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether the id had not been seen.
func (s *ids) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if s.seen[id] {
		return false
	}
	s.seen[id] = true
	return true
}
