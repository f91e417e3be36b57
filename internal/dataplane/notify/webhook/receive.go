package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

// MaxBody bounds what a partner may send.
const MaxBody = 16 << 10

// maxID bounds a webhook-id: it is stored for as long as a replay could hurt.
const maxID = 128

// Inbound is a message whose signature has been verified.
type Inbound struct {
	ID     string
	Digest []byte // of the body
	Body   []byte
}

// Receive reads and verifies one message. An unknown peer has no secret: it is
// answered exactly as a wrong signature is, so that names cannot be tried out.
func Receive(w http.ResponseWriter, r *http.Request, secret []byte) (Inbound, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("content-type")); err != nil || kind != "application/json" {
		return Inbound{}, fault.New(fault.WrongType, "content-type", "is not application/json", "send the body as application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return Inbound{}, fault.New(fault.TooLarge, "body", "is over 16 KiB", "send what docs/spec/partners.md describes and nothing else")
	case err != nil:
		return Inbound{}, fault.New(fault.BadRequest, "body", "ended early", "send it again").Because(err)
	}
	if err := verify(body, r.Header, secret); err != nil {
		return Inbound{}, err
	}
	sum := sha256.Sum256(body)
	return Inbound{ID: r.Header.Get(standardwebhooks.HeaderWebhookID), Digest: sum[:], Body: body}, nil
}

func verify(body []byte, header http.Header, secret []byte) error {
	key, err := Key(secret)
	if err != nil {
		return wrongSignature.Because(err)
	}
	hook, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return wrongSignature.Because(err)
	}
	if len(header.Get(standardwebhooks.HeaderWebhookID)) > maxID {
		return fault.New(fault.Unauthorised, "webhook-id", "is longer than 128 characters", "send a shorter id")
	}
	switch err := hook.Verify(body, header); {
	case err == nil:
		return nil
	case errors.Is(err, standardwebhooks.ErrRequiredHeaders):
		return fault.New(fault.Unauthorised, "webhook-signature", "the message is not signed",
			"send webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks v1)")
	case errors.Is(err, standardwebhooks.ErrMessageTooOld), errors.Is(err, standardwebhooks.ErrMessageTooNew), errors.Is(err, standardwebhooks.ErrInvalidHeaders):
		return fault.New(fault.Unauthorised, "webhook-timestamp", "is not within five minutes of the district's clock",
			"sign again with the present time, and check the clock")
	default:
		return wrongSignature.Because(err)
	}
}

var wrongSignature = fault.New(fault.Unauthorised, "webhook-signature", "does not fit", "sign with the secret of this direction (Standard Webhooks v1)")

// Decode reads a message's body into v, refusing members it does not know.
func (m Inbound) Decode(v any) error {
	decoder := json.NewDecoder(bytes.NewReader(m.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return fault.New(fault.BadRequest, "body", "cannot be read", "send the members that docs/spec/partners.md lists").Because(err)
	}
	if decoder.More() {
		return fault.New(fault.BadRequest, "body", "holds more than one value", "send one JSON object")
	}
	return nil
}
