package referral

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

// AnswerPath is where hospitals answer, on the partner listener.
const AnswerPath = "POST /partner/v1/channels/{name}/referrals"

type answer struct {
	Number string    `json:"number"`
	Status Status    `json:"status"`
	At     time.Time `json:"at"`
}

// Answers serves the hospitals' answers.
func Answers(secrets store.Secrets, log *slog.Logger) http.HandlerFunc {
	return web.Handle(log, func(w http.ResponseWriter, r *http.Request) error {
		if err := hear(w, r, secrets); err != nil {
			return err
		}
		return web.JSON(w, map[string]bool{"stored": true})
	})
}

func hear(w http.ResponseWriter, r *http.Request, secrets store.Secrets) error {
	channel := r.PathValue("name")
	secret, err := secrets.Secret(r.Context(), exchange.ChannelReceive, channel)
	if err != nil {
		return err
	}
	message, err := webhook.Receive(w, r, secret)
	if err != nil {
		return err
	}
	var said answer
	if err := message.Decode(&said); err != nil {
		return err
	}
	if !said.Status.Known() {
		return fault.New(fault.BadRequest, "status", "is not a known status", "write accepted, scheduled, attended, declined or closed")
	}
	return store.InTx(r.Context(), secrets.Pool, func(tx pgx.Tx) error { return storeAnswer(r, tx, channel, message, said) })
}

// storeAnswer takes the message id and stores the answer in one transaction: an
// answer that is refused has not used its id up.
func storeAnswer(r *http.Request, tx pgx.Tx, channel string, message webhook.Inbound, said answer) error {
	var state string
	err := tx.QueryRow(r.Context(), "SELECT ek_casework.hear_hospital($1, $2, $3, $4)", channel, message.ID, message.Digest, said.Number).Scan(&state)
	if err != nil {
		return err
	}
	if !DecideAnswer(statusOf(state), said.Status) {
		return fault.New(fault.Conflict, "status", "the referral has come further already", "statuses only move forward; nothing was changed")
	}
	_, err = tx.Exec(r.Context(), "SELECT ek_casework.store_hospital_answer($1, $2, $3, $4)", channel, message.ID, said.Number, stateOf(said.Status))
	return err
}

// statusOf is the last answer that a stored state stands for, "" before the first.
func statusOf(state string) Status {
	if s := Status(strings.ToLower(state)); s.Known() {
		return s
	}
	return ""
}

func stateOf(s Status) string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }
