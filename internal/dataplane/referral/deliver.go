package referral

import (
	"context"
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
	lease    = 30 * time.Second
	inFlight = 8
	// MaxWait bounds the pause between two tries.
	MaxWait = 5 * time.Minute
)

// Deliverer delivers released referrals, a loop per channel, each until the hospital
// has taken it.
type Deliverer struct {
	Pool     *pgxpool.Pool
	District string
	Secrets  store.Secrets
	Client   *http.Client
	Log      *slog.Logger
	Wake     worker.Signal
}

// Fleet is the deliverer's workers. A channel that left the directory still has its
// referrals; without its secret they stay visible as undelivered.
func (d *Deliverer) Fleet() worker.Fleet {
	return d.outbox().Fleet("channels", "refer", d.Wake, d.Log)
}

// DeliverDue takes the due referrals of one channel in hand, tries each once, and
// returns how many there were.
func (d *Deliverer) DeliverDue(ctx context.Context, channel string) (int, error) {
	return d.outbox().HandOn(ctx, channel)
}

func (d *Deliverer) outbox() *outbox.Outbox[due] {
	return &outbox.Outbox[due]{
		Pool:     d.Pool,
		Partners: "SELECT coalesce(array_agg(name), '{}') FROM ek.channel WHERE active",
		Claim:    "SELECT * FROM ek_casework.claim_referrals($1, $2, $3)",
		Accepted: "SELECT ek_casework.referral_delivered($1)",
		Failed:   "SELECT ek_casework.referral_failed($1, $2, $3)",
		InFlight: inFlight, Lease: lease, MaxWait: MaxWait, Prepare: d.prepare, Word: outbox.FaultWord,
	}
}

type due struct {
	ID           uuid.UUID
	Number       string
	Urgency      string
	FacilityCode string
	DutyPhone    string
	ReleasedAt   time.Time
	URL          string
	Tries        int
}

func (r due) Key() uuid.UUID { return r.ID }
func (r due) Attempts() int  { return r.Tries }

func (d *Deliverer) prepare(ctx context.Context, channel string) (func(context.Context, due) error, error) {
	secret, err := d.Secrets.Secret(ctx, exchange.ChannelSend, channel)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, r due) error { return d.send(ctx, r, secret) }, nil
}

func (d *Deliverer) send(ctx context.Context, r due, secret []byte) error {
	body, err := BuildBundle(Order{
		ID: r.ID, Number: r.Number, District: d.District, Facility: r.FacilityCode, Phone: r.DutyPhone, Priority: r.Urgency, At: r.ReleasedAt,
	})
	if err != nil {
		return err
	}
	return webhook.Post(ctx, d.Client, webhook.Message{URL: r.URL, ContentType: ContentType, ID: r.ID.String(), Secret: secret, Body: body}, time.Now())
}
