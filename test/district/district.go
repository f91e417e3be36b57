package district

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
)

const (
	// Code is the district's code.
	Code     = pgtest.District
	database = "ek_" + Code
	seed     = 1 // of its keys
)

// District is one running district.
type District struct {
	Postgres *pgtest.Server
	Partners *Partners
	Owner    *pgxpool.Pool // reconnects by itself after a kill
	Casework *pgxpool.Pool // casework's own role, for what only it may read

	dir       string
	processes map[string]*Process
}

// Options say what is unusual about a district.
type Options struct {
	Settings []string // of PostgreSQL, as name=value
	// Prepare changes the migrated database, as its owner, before any process sees it.
	Prepare []string
}

// Start makes a district: database migrated by `district migrate`, documents applied
// through the exchange, the round open, nobody on the roster, no process running.
func Start(ctx context.Context, o Options) (*District, error) {
	dir, err := os.MkdirTemp("", "ek-district-")
	if err != nil {
		return nil, err
	}
	d := &District{dir: dir, processes: map[string]*Process{}}
	if err := d.begin(ctx, o); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *District) begin(ctx context.Context, o Options) (err error) {
	if d.Partners, err = startPartners(); err != nil {
		return err
	}
	if d.Postgres, err = pgtest.StartServer(o.Settings...); err != nil {
		return err
	}
	owner := postgres.OwnerRole(Code)
	if err := d.Postgres.Superuser("postgres", "CREATE ROLE "+owner+" LOGIN CREATEROLE", "CREATE DATABASE "+database+" OWNER "+owner); err != nil {
		return err
	}
	if err := d.writeFiles(); err != nil {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if err := d.Postgres.Superuser(database, o.Prepare...); err != nil {
		return err
	}
	if d.Owner, err = postgres.NewPool(d.Postgres.Config(owner, database, "owner")); err != nil {
		return err
	}
	if d.Casework, err = postgres.NewPool(d.Postgres.Config(postgres.RoleName(Code, "casework"), database, "casework")); err != nil {
		return err
	}
	if err := d.describe(ctx); err != nil {
		return err
	}
	return d.declare()
}

func (d *District) migrate(ctx context.Context) error {
	p := d.process("migrate", map[string]string{"EVENKEEL_CREATE_ROLES": "true"})
	return p.Run(ctx)
}

// declare says how the processes run, without starting them.
func (d *District) declare() error {
	d.process("intake", nil)
	d.process("scorer", nil)
	d.process("casework", map[string]string{
		"EVENKEEL_STAFF_URL": "http://127.0.0.1", "EVENKEEL_OIDC_ISSUER": d.Partners.URL, "EVENKEEL_OIDC_CLIENT_ID": clientID,
	})
	listens := map[string][]string{
		"intake": {"EVENKEEL_LISTEN"}, "scorer": nil,
		"casework": {"EVENKEEL_STAFF_LISTEN", "EVENKEEL_PARTNER_LISTEN", "EVENKEEL_INTERNAL_LISTEN"},
	}
	for name, settings := range listens {
		for _, setting := range append(settings, opsSetting) {
			address, err := freeAddress()
			if err != nil {
				return err
			}
			d.processes[name].Env[setting] = address
		}
	}
	d.Partners.receipts = "http://" + d.processes["casework"].Env["EVENKEEL_PARTNER_LISTEN"]
	return nil
}

func (d *District) process(name string, more map[string]string) *Process {
	env := map[string]string{
		"EVENKEEL_DISTRICT": Code, "EVENKEEL_FILES": filepath.Join(d.dir, name),
		"EVENKEEL_DB_HOST": d.Postgres.Dir(), "EVENKEEL_DB_NAME": database, "EVENKEEL_DB_SSLMODE": "disable",
	}
	for k, v := range more {
		env[k] = v
	}
	p := &Process{Name: name, Env: env, log: filepath.Join(d.dir, name+".log")}
	d.processes[name] = p
	return p
}

// Intake serves students.
func (d *District) Intake() *Process { return d.processes["intake"] }

// Scorer scores.
func (d *District) Scorer() *Process { return d.processes["scorer"] }

// Clerk is the process casework.
func (d *District) Clerk() *Process { return d.processes["casework"] }

// IntakeURL is where students are served.
func (d *District) IntakeURL() string { return "http://" + d.Intake().Env["EVENKEEL_LISTEN"] }

// StaffURL is where duty staff are served.
func (d *District) StaffURL() string { return "http://" + d.Clerk().Env["EVENKEEL_STAFF_LISTEN"] }

// Keys are all keys of the district.
func (d *District) Keys() *seal.Keys { return sealtest.Keys(seed) }

// Run starts processes and waits until they are ready.
func (d *District) Run(ctx context.Context, processes ...*Process) error {
	for _, p := range processes {
		if err := p.Start(); err != nil {
			return err
		}
	}
	for _, p := range processes {
		if err := p.AwaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends everything and removes it.
func (d *District) Close() error {
	for _, p := range d.processes {
		p.Kill()
	}
	for _, pool := range []*pgxpool.Pool{d.Owner, d.Casework} {
		if pool != nil {
			pool.Close()
		}
	}
	if d.Partners != nil {
		d.Partners.close()
	}
	var err error
	if d.Postgres != nil {
		err = d.Postgres.Stop()
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}

// writeFiles writes the Secrets that each process would have mounted.
func (d *District) writeFiles() error {
	files := map[string][]byte{
		"casework/internal-tls/tls.crt": d.Partners.certificate, "casework/internal-tls/tls.key": d.Partners.key,
		"casework/sync-token/token": []byte("sync-token-sync-token-sync-token"), "casework/oidc/client-secret": []byte(clientSecret),
		"casework/egress-ca/ca.crt": d.Partners.authority,
		"migrate/db/username":       []byte(postgres.OwnerRole(Code)), "migrate/db/password": []byte("unused: the socket is trusted"),
	}
	for process, keys := range map[string][]string{"intake": contract.IntakeKeys, "scorer": {contract.KeyDistrict}, "casework": contract.SealKeys} {
		files[process+"/db/username"] = []byte(postgres.RoleName(Code, process))
		files[process+"/db/password"] = []byte(process + "-password")
		files["migrate/roles/"+process+"/password"] = []byte(process + "-password")
		for _, key := range keys {
			files[process+"/keys/"+key] = sealtest.Material(seed)[key]
		}
	}
	for name, content := range files {
		path := filepath.Join(d.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

// KillPostgres ends PostgreSQL with SIGKILL.
func (d *District) KillPostgres() error { return d.Postgres.Kill() }

// StartPostgres starts PostgreSQL again and waits until it has recovered.
func (d *District) StartPostgres() error {
	err := d.Postgres.Start()
	d.Reconnect()
	return err
}

// Reconnect forgets the harness's own connections, which a kill has broken.
func (d *District) Reconnect() {
	d.Owner.Reset()
	d.Casework.Reset()
}

// Superuser runs statements as the server's superuser in the district's database.
func (d *District) Superuser(statements ...string) error {
	return d.Postgres.Superuser(database, statements...)
}
