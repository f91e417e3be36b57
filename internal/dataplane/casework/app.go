package casework

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/audit"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/web"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
	"github.com/evenkeel/evenkeel/internal/dataplane/referral"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff"
)

// Config is what casework is told from outside.
type Config struct {
	District  string
	SyncToken []byte
	Provider  staff.ProviderConfig
	// SecureCookies is false only for a worklist that is served over plain http on the loopback.
	SecureCookies bool
	Client        *http.Client // for gateways, hospitals and the identity provider
	LoadKeys      func() (*seal.Keys, error)
}

// App is casework: three listeners' handlers and the workers behind them.
type App struct {
	Staff, Partner, Internal http.Handler
	Workers                  []process.Service
	Ready                    func(context.Context) error
}

// errLocked is what a district without its keys answers to everybody but the operator.
var errLocked = fault.New(fault.Unavailable, "", "the district's keys are missing or are not those of its database",
	"the district's custodian restores the Secret with the keys; nothing was lost")

// New puts casework together. With keys that are missing or not the database's, it is
// locked: it serves the exchange, which says so, and nothing else.
func New(ctx context.Context, pool *pgxpool.Pool, c Config, log *slog.Logger) (*App, error) {
	keys, state, err := checkKeys(ctx, pool, c.LoadKeys)
	if err != nil {
		return nil, err
	}
	ex := &exchange.Service{Pool: pool, District: c.District, Keys: func() exchange.Keys { return state }, Log: log}
	if state.State != contract.KeysReady {
		log.Error("locked: serving nothing but the exchange", "keys", string(state.State))
		return locked(pool, c, ex, log), nil
	}
	return unlocked(pool, c, ex, keys, log), nil
}

// checkKeys compares the keys with the database's record and says how they stand.
func checkKeys(ctx context.Context, pool *pgxpool.Pool, load func() (*seal.Keys, error)) (*seal.Keys, exchange.Keys, error) {
	keys, err := load()
	if err == nil {
		err = keys.Check(ctx, postgres.CheckKey(pool))
	}
	var wrong *seal.KeysError
	switch {
	case errors.As(err, &wrong):
		return nil, exchange.Keys{State: wrong.State}, nil
	case err != nil:
		return nil, exchange.Keys{}, err
	}
	return keys, exchange.Keys{State: contract.KeysReady, Digest: contract.KeysDigest(keys.Fingerprints())}, nil
}

func locked(pool *pgxpool.Pool, c Config, ex *exchange.Service, log *slog.Logger) *App {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fault.Write(w, errLocked) })
	return &App{
		Staff: refuse, Partner: refuse, Internal: exchange.Handler(ex, c.SyncToken),
		Workers: []process.Service{untilUnlocked(pool, c, log)},
		Ready:   func(context.Context) error { return errLocked },
	}
}

// untilUnlocked ends when the keys are there again, and casework with it: it is
// started anew, and finds them.
func untilUnlocked(pool *pgxpool.Pool, c Config, log *slog.Logger) process.Service {
	return func(ctx context.Context) error {
		again := time.NewTicker(10 * time.Second)
		defer again.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-again.C:
			}
			if _, state, err := checkKeys(ctx, pool, c.LoadKeys); err == nil && state.State == contract.KeysReady {
				log.Info("the keys are there; starting anew")
				return nil
			}
		}
	}
}

func unlocked(pool *pgxpool.Pool, c Config, ex *exchange.Service, keys *seal.Keys, log *slog.Logger) *App {
	secrets := store.Secrets{Pool: pool, Opener: keys}
	clock := worker.NewSignal()
	sender := &notify.Sender{
		Pool: pool, District: c.District, Secrets: secrets, Client: c.Client, Log: log, Wake: worker.NewSignal(), WakeDrills: worker.NewSignal(),
	}
	deliverer := &referral.Deliverer{Pool: pool, District: c.District, Secrets: secrets, Client: c.Client, Log: log, Wake: worker.NewSignal()}
	counting := worker.NewSignal()
	ex.Sealer, ex.Applied = keys, func() { clock.Wake(); counting.Wake() }
	desk := &staff.Server{
		Service: &staff.Service{Pool: pool, Keys: keys}, Roster: &roster.Service{Pool: pool, Keys: keys},
		Provider: staff.NewProvider(c.Provider), Cookies: &staff.Cookies{Sealer: keys, Secure: c.SecureCookies, Now: time.Now}, Log: log,
	}
	partner := http.NewServeMux()
	partner.Handle(notify.ReceiptPath, notify.Receipts(secrets, log))
	partner.Handle(referral.AnswerPath, referral.Answers(secrets, log))
	listen := Listen(pool, log, map[string]worker.Signal{"ek_obligation": clock, "ek_referral": deliverer.Wake, "ek_drill": sender.WakeDrills})
	return &App{
		Staff: desk.Handler(), Partner: web.Problems(partner), Internal: web.Problems(exchange.Handler(ex, c.SyncToken)),
		Ready: postgres.Ready(pool),
		Workers: []process.Service{
			Clock(pool, log, clock, sender.Wake).Run, Sweeper(pool, log).Run, listen.Run, Forgetter(pool, log).Run,
			Drills(pool, log).Run, sender.DrillFleet().Run, sender.Fleet().Run, deliverer.Fleet().Run, notify.Prober(pool, c.Client, log).Run,
			audit.Chainer(pool, log).Run, exchange.Releaser(pool, log).Run, exchange.Counter(pool, log, counting).Run,
		},
	}
}
