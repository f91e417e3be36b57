package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says how a process reaches the district's database.
type Config struct {
	Host     string // a name, an address, or the directory of a Unix socket
	Port     int
	Name     string
	User     string
	Password string
	SSLMode  string // verify-full, require or disable
	CAFile   string // CA of the server; empty: the system's
	Process  string // shown as application_name
	MaxConns int32  // 0: 20
}

const (
	defaultMaxConns = 20
	// startPatience is how long Connect waits for a server that is restarting.
	startPatience = 60 * time.Second
)

// Connect opens a pool and waits until the server answers. It returns at once, with
// a SettingError, when the server is set so that it may lose what it acknowledged
// or write rows into its log.
func Connect(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	pool, err := NewPool(c)
	if err != nil {
		return nil, err
	}
	if err := waitFor(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// NewPool is Connect without waiting: connections are made, and the server's
// settings checked, when they are needed.
func NewPool(c Config) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(c.dsn())
	if err != nil {
		// The cause would repeat the connection string, and with it the password.
		return nil, errors.New("the database settings cannot be read: check host, port, name and CA file")
	}
	config.MaxConns = c.MaxConns
	if c.MaxConns == 0 {
		config.MaxConns = defaultMaxConns
	}
	config.AfterConnect = checkServer
	config.PingTimeout = 5 * time.Second
	return pgxpool.NewWithConfig(context.Background(), config)
}

func waitFor(ctx context.Context, pool *pgxpool.Pool) error {
	return patiently(ctx, pool.Ping, func(err error) bool {
		var unsafe *SettingError
		return errors.As(err, &unsafe)
	})
}

// patiently tries again while a process is starting, until it succeeds, final says
// that trying again is no use, or patience ends: a process that gave up at once would
// leave its work to Kubernetes' back-off.
func patiently(ctx context.Context, try func(context.Context) error, final func(error) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil || final(err) {
			return Describe(err)
		}
		select {
		case <-ctx.Done():
			return Describe(err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (c Config) dsn() string {
	var b strings.Builder
	add := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s='%s' ", key, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value))
		}
	}
	add("host", c.Host)
	add("port", fmt.Sprint(c.Port))
	add("dbname", c.Name)
	add("user", c.User)
	add("password", c.Password)
	add("sslmode", c.SSLMode)
	add("sslrootcert", c.CAFile)
	add("connect_timeout", "5")
	add("application_name", "evenkeel-"+c.Process)
	add("timezone", "UTC")
	add("statement_timeout", "15s")
	add("lock_timeout", "5s")
	add("idle_in_transaction_session_timeout", "30s")
	// Our statements are short; compiling one takes longer than running it.
	add("jit", "off")
	if c.Process == "intake" || c.Process == "scorer" {
		// They find every row by a key. A plan that was made while a table was small,
		// and kept, would read the whole of it with each save of a round's first minutes,
		// until statistics are gathered again: fifteen times the cost after 5,000 answers.
		add("enable_seqscan", "off")
	}
	return b.String()
}

// SettingError is a server setting with which the data plane does not run.
type SettingError struct{ Setting, Fault, Remedy string }

func (e *SettingError) Error() string {
	return fmt.Sprintf("PostgreSQL setting %s: %s; %s", e.Setting, e.Fault, e.Remedy)
}

// requirements lists the settings that a district's server must have, and why.
// synchronous_commit is not among them: every transaction sets it.
var requirements = []struct{ setting, want, fault string }{
	{"fsync", "on", "a crash of the machine can lose what was acknowledged"},
	{"full_page_writes", "on", "a crash of the machine can tear pages"},
	{"log_error_verbosity", "terse", "a failed constraint writes the whole row into the server's log"},
}

func checkServer(ctx context.Context, conn *pgx.Conn) error {
	for _, r := range requirements {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", r.setting).Scan(&value); err != nil {
			return Describe(err)
		}
		if value != r.want {
			return &SettingError{
				Setting: r.setting,
				Fault:   fmt.Sprintf("is %s: %s", value, r.fault),
				Remedy:  fmt.Sprintf("run ALTER SYSTEM SET %s = %s and reload the server", r.setting, r.want),
			}
		}
	}
	return nil
}
