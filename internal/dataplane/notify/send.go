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

// Sender sends notifications, and the calls of drills.
type Sender struct {
	Pool       *pgxpool.Pool
	District   string
	Secrets    store.Secrets
	Client     *http.Client
	Log        *slog.Logger
	Wake       worker.Signal // of Fleet
	WakeDrills worker.Signal // of DrillFleet
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

const activeTransports = "SELECT coalesce(array_agg(name), '{}') FROM ek.transport WHERE active"

func (s *Sender) outbox() *outbox.Outbox[due] {
	return &outbox.Outbox[due]{
		Pool:     s.Pool,
		Partners: activeTransports,
		Claim:    "SELECT * FROM ek_casework.claim_notifications($1, $2, $3)",
		Accepted: "SELECT ek_casework.notification_accepted($1)",
		Failed:   "SELECT ek_casework.notification_failed($1, $2, $3)",
		InFlight: inFlight, Lease: lease, MaxWait: MaxWait, Word: faultWord,
		Prepare: func(ctx context.Context, transport string) (func(context.Context, due) error, error) {
			g, err := s.gateway(ctx, transport)
			return func(ctx context.Context, d due) error { return s.send(ctx, g, d) }, err
		},
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

// gateway is what every call over one transport needs.
type gateway struct {
	transport, url string
	secret         []byte
}

func (s *Sender) gateway(ctx context.Context, transport string) (gateway, error) {
	url, err := store.One[string](ctx, s.Pool, "SELECT url FROM ek.transport WHERE name = $1", transport)
	if err != nil {
		return gateway{}, err
	}
	secret, err := s.Secrets.Secret(ctx, exchange.TransportSend, transport)
	return gateway{transport, url, secret}, err
}

func (s *Sender) send(ctx context.Context, g gateway, d due) error {
	address, err := s.address(g, d.Subject, d.Sealed)
	if err != nil {
		return err
	}
	body, err := json.Marshal(Message{
		Notification: d.ID, Obligation: d.Number, Level: d.Level, Urgency: d.Urgency, District: s.District, Address: address,
	})
	if err != nil {
		return fmt.Errorf("encoding a notification: %w", err)
	}
	return s.post(ctx, g, d.ID, body)
}

var errAddress = errors.New("the address cannot be opened")

// address opens a duty person's address. One that cannot be opened: the duty list changed
// under it; the next step names others.
func (s *Sender) address(g gateway, subject string, sealed []byte) (string, error) {
	address, err := s.Secrets.Opener.OpenSecret(AddressKind, AddressName(subject, g.transport), sealed)
	if err != nil {
		return "", errAddress
	}
	return string(address), nil
}

func (s *Sender) post(ctx context.Context, g gateway, id uuid.UUID, body []byte) error {
	return webhook.Post(ctx, s.Client, webhook.Message{
		URL: g.url, ContentType: "application/json", ID: id.String(), Secret: g.secret, Body: body,
	}, time.Now())
}

// faultWord is what is kept of a failure: one word, and nothing of the partner's.
func faultWord(err error) string {
	if errors.Is(err, errAddress) {
		return "NoAddress"
	}
	return outbox.FaultWord(err)
}
