package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/outbox"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

const (
	// lease is how long a notification stays with the replica that took it: longer
	// than a call can last (webhook.Timeout), short enough that a killed replica costs little.
	lease = webhook.Timeout + 2*time.Second
	// inFlight bounds the calls to one gateway at a time, per replica.
	inFlight = 16
	// MaxWait bounds the pause between two tries.
	MaxWait = 60 * time.Second
)

// AddressKind is what a duty person's address is sealed as; AddressName says whose
// and for which transport.
const AddressKind = "DutyAddress"

// AddressName binds an address to its person and transport.
func AddressName(subject, transport string) string { return subject + "/" + transport }

// Message is all that a gateway is told.
type Message struct {
	Notification uuid.UUID `json:"notification"`
	Obligation   string    `json:"obligation"`
	Level        string    `json:"level"`
	Urgency      string    `json:"urgency"`
	District     string    `json:"district"`
	Address      string    `json:"address"`
}

// Sender sends notifications.
type Sender struct {
	Pool     *pgxpool.Pool
	District string
	Secrets  store.Secrets
	Client   *http.Client
	Log      *slog.Logger
	Wake     worker.Signal
}

// Fleet is the sender's workers: a loop per active transport.
func (s *Sender) Fleet() worker.Fleet {
	return s.outbox().Fleet("transports", "notify", s.Wake, s.Log)
}

// SendDue takes the due notifications of one transport in hand, tries each once, and
// returns how many there were.
func (s *Sender) SendDue(ctx context.Context, transport string) (int, error) {
	return s.outbox().HandOn(ctx, transport)
}

func (s *Sender) outbox() *outbox.Outbox[due] {
	return &outbox.Outbox[due]{
		Pool:     s.Pool,
		Partners: "SELECT coalesce(array_agg(name), '{}') FROM ek.transport WHERE active",
		Claim:    "SELECT * FROM ek_casework.claim_notifications($1, $2, $3)",
		Accepted: "SELECT ek_casework.notification_accepted($1)",
		Failed:   "SELECT ek_casework.notification_failed($1, $2, $3)",
		InFlight: inFlight, Lease: lease, MaxWait: MaxWait, Prepare: s.prepare, Word: faultWord,
	}
}

// due is one notification in hand.
type due struct {
	ID      uuid.UUID
	Number  string
	Level   string
	Urgency string
	Subject string
	Sealed  []byte
	Tries   int
}

func (d due) Key() uuid.UUID { return d.ID }
func (d due) Attempts() int  { return d.Tries }

func (s *Sender) prepare(ctx context.Context, transport string) (func(context.Context, due) error, error) {
	url, err := store.One[string](ctx, s.Pool, "SELECT url FROM ek.transport WHERE name = $1", transport)
	if err != nil {
		return nil, err
	}
	secret, err := s.Secrets.Secret(ctx, exchange.TransportSend, transport)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, d due) error { return s.send(ctx, d, transport, url, secret) }, nil
}

var errAddress = errors.New("the address cannot be opened")

func (s *Sender) send(ctx context.Context, d due, transport, url string, secret []byte) error {
	address, err := s.Secrets.Opener.OpenSecret(AddressKind, AddressName(d.Subject, transport), d.Sealed)
	if err != nil {
		return errAddress // the duty list changed under it; the next step names others
	}
	body, err := json.Marshal(Message{
		Notification: d.ID, Obligation: d.Number, Level: d.Level, Urgency: d.Urgency, District: s.District, Address: string(address),
	})
	if err != nil {
		return fmt.Errorf("encoding a notification: %w", err)
	}
	return webhook.Post(ctx, s.Client, webhook.Message{
		URL: url, ContentType: "application/json", ID: d.ID.String(), Secret: secret, Body: body,
	}, time.Now())
}

// faultWord is what is kept of a failure: one word, and nothing of the partner's.
func faultWord(err error) string {
	if errors.Is(err, errAddress) {
		return "NoAddress"
	}
	return outbox.FaultWord(err)
}
