package notify

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// ReceiptPath is where gateways send receipts, on the partner listener.
const ReceiptPath = "POST /partner/v1/transports/{name}/receipts"

type receipt struct {
	Notification uuid.UUID `json:"notification"`
	Status       string    `json:"status"`
	At           time.Time `json:"at"`
}

// Receipts serves the gateways' receipts.
func Receipts(secrets store.Secrets, log *slog.Logger) http.HandlerFunc {
	return web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if err := hearReceipt(w, r, secrets); err != nil {
			return err
		}
		return web.JSON(w, map[string]bool{"stored": true})
	})
}

func hearReceipt(w http.ResponseWriter, r *http.Request, secrets store.Secrets) error {
	name := r.PathValue("name")
	secret, err := secrets.Secret(r.Context(), exchange.TransportReceipt, name)
	if err != nil {
		return err
	}
	message, err := webhook.Receive(w, r, secret)
	if err != nil {
		return err
	}
	var body receipt
	if err := message.Decode(&body); err != nil {
		return err
	}
	if body.Status != "delivered" && body.Status != "failed" {
		return fault.New(fault.BadRequest, "status", "is not a known status", "write delivered or failed")
	}
	return store.Exec(r.Context(), secrets.Pool, "SELECT ek_casework.hear_receipt($1, $2, $3, $4, $5)",
		name, message.ID, message.Digest, body.Notification, body.Status == "delivered")
}
