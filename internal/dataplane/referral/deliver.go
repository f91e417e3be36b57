package referral

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
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
	return worker.Fleet{
		Name: "channels", Every: 5 * time.Second, Wake: d.Wake, Log: d.Log,
		List: func(ctx context.Context) ([]string, error) {
			return store.One[[]string](ctx, d.Pool, "SELECT coalesce(array_agg(name), '{}') FROM ek.channel WHERE active")
		},
		Make: func(channel string, wake worker.Signal) worker.Loop {
			return worker.Loop{Name: "refer " + channel, Every: time.Second, Wake: wake, Log: d.Log, Work: func(ctx context.Context) (bool, error) {
				n, err := d.DeliverDue(ctx, channel)
				return n == inFlight, err
			}}
		},
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

// DeliverDue takes the due referrals of one channel in hand, tries each once, and
// returns how many there were.
func (d *Deliverer) DeliverDue(ctx context.Context, channel string) (int, error) {
	batch, err := store.Rows[due](ctx, d.Pool, "SELECT * FROM ek_casework.claim_referrals($1, $2, $3)", channel, inFlight, lease)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	secret, err := d.Secrets.Secret(ctx, exchange.ChannelSend, channel)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	for _, r := range batch {
		group.Go(func() error { return d.try(ctx, r, secret) })
	}
	return len(batch), group.Wait()
}

func (d *Deliverer) try(ctx context.Context, r due, secret []byte) error {
	err := d.send(ctx, r, secret)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err == nil {
		return store.Exec(ctx, d.Pool, "SELECT ek_casework.referral_delivered($1)", r.ID)
	}
	return store.Exec(ctx, d.Pool, "SELECT ek_casework.referral_failed($1, $2, $3)", r.ID, webhook.Backoff(r.Tries, MaxWait), faultWord(err))
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

func faultWord(err error) string {
	var status *webhook.StatusError
	if errors.As(err, &status) {
		return "Status" + strconv.Itoa(status.Status)
	}
	return "Unreachable"
}
