package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/pki"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// ErrNotInitialised says there is no server in this state folder.
var ErrNotInitialised = errors.New("no PostgreSQL here; run `devcluster postgres up` first")

// StopModes are pg_ctl's ways to stop, as signals.
var StopModes = map[string]syscall.Signal{"fast": syscall.SIGINT, "immediate": syscall.SIGQUIT}

// Server is the PostgreSQL of one state folder.
type Server struct {
	state layout.State
	dirs  dirs
	procs proc.Supervisor
}

// New describes the server; nothing runs yet.
func New(state layout.State) Server {
	return Server{state: state, dirs: dirsOf(state), procs: proc.Supervisor{RunDir: state.Run(), LogDir: state.Logs()}}
}

// Status is what a user or a script wants to know about the server.
type Status struct {
	Running      bool     `json:"running"`
	Ready        bool     `json:"ready"`
	PID          int      `json:"pid,omitempty"`
	MemoryBytes  int64    `json:"memoryBytes,omitempty"`
	Port         int      `json:"port,omitempty"`
	Addresses    []string `json:"addresses,omitempty"`
	DSN          string   `json:"dsn,omitempty"`
	CAFile       string   `json:"caFile,omitempty"`
	PasswordFile string   `json:"passwordFile,omitempty"`
	DataDir      string   `json:"dataDir,omitempty"`
	SocketDir    string   `json:"socketDir,omitempty"`
	LogFile      string   `json:"logFile,omitempty"`
}

// Up makes the server run on loopback, and on the cluster's bridge if that exists.
// It restarts a running one only when that changes what it listens on.
func (s Server) Up(ctx context.Context, port int) error {
	settings, err := s.wanted(port)
	if err != nil {
		return err
	}
	wanted, err := s.prepare(ctx, settings)
	if err != nil {
		return err
	}
	if record, alive := s.procs.Find(name); alive && record.SpecHash == wanted.Hash() && s.ready(record.PID) {
		return nil
	}
	if err := s.stop(ctx, syscall.SIGINT); err != nil {
		return err
	}
	return s.start(ctx, wanted)
}

// Restart stops the server with a signal and starts it as it was.
func (s Server) Restart(ctx context.Context, signal syscall.Signal) error {
	settings, err := s.settings()
	if err != nil {
		return err
	}
	wanted, err := s.prepare(ctx, settings)
	if err != nil {
		return err
	}
	if err := s.stop(ctx, signal); err != nil {
		return err
	}
	return s.start(ctx, wanted)
}

// Down stops the server and, if asked, removes its data.
func (s Server) Down(ctx context.Context, remove bool) error {
	if err := s.stop(ctx, syscall.SIGINT); err != nil {
		return err
	}
	if !remove {
		return nil
	}
	return os.RemoveAll(s.dirs.root)
}

// Running says whether the server runs.
func (s Server) Running() bool {
	_, alive := s.procs.Find(name)
	return alive
}

// Status reports on the server.
func (s Server) Status() (Status, error) {
	settings, err := s.settings()
	if err != nil {
		return Status{}, err
	}
	url, err := s.DSN(loopback, "postgres", s.CAFile())
	if err != nil {
		return Status{}, err
	}
	status := Status{
		Port: settings.Port, Addresses: settings.Addresses, DSN: url, CAFile: s.CAFile(), PasswordFile: s.dirs.password(),
		DataDir: s.dirs.data(), SocketDir: s.dirs.socket(), LogFile: s.procs.LogPath(name),
	}
	if record, alive := s.procs.Find(name); alive {
		status.Running, status.PID = true, record.PID
		status.Ready, status.MemoryBytes = s.ready(record.PID), proc.Memory(record.PID)
	}
	return status, nil
}

// CAFile is the certificate that clients check the server against.
func (s Server) CAFile() string { return filepath.Join(s.dirs.pki(), "ca.crt") }

// DSN is the superuser's connection URL for an address.
func (s Server) DSN(address, database, caFile string) (string, error) {
	settings, err := s.settings()
	if err != nil {
		return "", err
	}
	password, err := os.ReadFile(s.dirs.password())
	if err != nil {
		return "", fmt.Errorf("read the superuser's password: %w", err)
	}
	return dsn(address, settings.Port, string(password), database, caFile), nil
}

// wanted keeps the port of an existing server unless another is asked for.
func (s Server) wanted(port int) (Settings, error) {
	current, err := s.settings()
	if err != nil && !errors.Is(err, ErrNotInitialised) {
		return Settings{}, err
	}
	settings := Settings{Port: port, Addresses: []string{loopback}}
	if settings.Port == 0 {
		settings.Port = current.Port
	}
	if settings.Port == 0 {
		settings.Port = layout.PostgresPort
	}
	if host.HasAddress(layout.NodeAddress) {
		settings.Addresses = append(settings.Addresses, layout.NodeAddress)
	}
	return settings, nil
}

func (s Server) settings() (Settings, error) {
	raw, err := os.ReadFile(s.dirs.settings())
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, ErrNotInitialised
	}
	if err != nil {
		return Settings{}, err
	}
	var settings Settings
	if err := json.Unmarshal(raw, &settings); err != nil {
		return Settings{}, fmt.Errorf("read %s: %w", s.dirs.settings(), err)
	}
	// A bridge that has gone since cannot be listened on.
	settings.Addresses = slices.DeleteFunc(settings.Addresses, func(a string) bool {
		return a != loopback && !host.HasAddress(a)
	})
	return settings, nil
}

// prepare does everything that must exist before the server starts.
func (s Server) prepare(ctx context.Context, settings Settings) (proc.Spec, error) {
	binDir, err := findBinaries()
	if err != nil {
		return proc.Spec{}, err
	}
	account, err := host.Unprivileged("postgres", "nobody")
	if err != nil {
		return proc.Spec{}, err
	}
	if err := s.makeDirs(account); err != nil {
		return proc.Spec{}, err
	}
	if err := s.makeCertificates(account); err != nil {
		return proc.Spec{}, err
	}
	if err := s.initdb(ctx, binDir, account); err != nil {
		return proc.Spec{}, err
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return proc.Spec{}, err
	}
	saved := host.File{Path: s.dirs.settings(), Content: raw, Mode: 0o644}
	return spec(binDir, s.dirs, settings, account), host.WriteFiles([]host.File{saved})
}

func (s Server) makeDirs(account *host.Account) error {
	if err := s.state.Claim(); err != nil {
		return err
	}
	// The server's own user must be able to walk down to its data.
	if err := os.MkdirAll(s.dirs.root, 0o755); err != nil {
		return err
	}
	if err := account.MakeDir(s.dirs.data(), 0o700); err != nil {
		return err
	}
	return account.MakeDir(s.dirs.socket(), 0o755)
}

func (s Server) makeCertificates(account *host.Account) error {
	ca, err := pki.Store{Dir: s.dirs.pki()}.Authority("ca", "devcluster-postgres-ca")
	if err != nil {
		return err
	}
	_, err = pki.Store{Dir: s.dirs.pki(), Owner: account}.Issue("server", ca, pki.Subject{
		CommonName: "devcluster-postgres",
		Hosts:      []string{"localhost", loopback, layout.NodeAddress},
	})
	return err
}

// initdb makes the database files once. It works in a scratch folder and renames,
// so an interrupted initdb is done again from the start.
func (s Server) initdb(ctx context.Context, binDir string, account *host.Account) error {
	if _, err := os.Stat(filepath.Join(s.dirs.data(), "PG_VERSION")); err == nil {
		return nil
	}
	password, err := pki.Token(s.dirs.password())
	if err != nil {
		return err
	}
	scratch := s.dirs.data() + ".new"
	if err := os.RemoveAll(scratch); err != nil {
		return err
	}
	if err := account.MakeDir(scratch, 0o700); err != nil {
		return err
	}
	if err := runInitdb(ctx, binDir, scratch, password, account); err != nil {
		return err
	}
	if err := os.Remove(s.dirs.data()); err != nil {
		return err
	}
	return os.Rename(scratch, s.dirs.data())
}

func runInitdb(ctx context.Context, binDir, data, password string, account *host.Account) error {
	// initdb reads the password from a file only; a pipe keeps it off the disk.
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close()
	if err := account.OwnFile(reader); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(binDir, "initdb"), "-D", data, "-U", superuser, "--pwfile=/proc/self/fd/3",
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
	cmd.Dir, cmd.ExtraFiles = "/", []*os.File{reader}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account.Credential()}
	_, writeErr := writer.WriteString(password + "\n") // fits the pipe's buffer
	if err := errors.Join(writeErr, writer.Close()); err != nil {
		return err
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

func (s Server) stop(ctx context.Context, signal syscall.Signal) error {
	return s.procs.Stop(ctx, name, signal, 20*time.Second)
}

// start waits until the server accepts connections. After a kill -9 its orphans
// may hold the shared memory for a moment and the new one gives up, so it tries again.
func (s Server) start(ctx context.Context, wanted proc.Spec) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		record, err := s.procs.Start(wanted)
		ready := err == nil && host.Poll(ctx, time.Until(deadline), 50*time.Millisecond, func() bool {
			return s.ready(record.PID) || !record.Alive()
		}) && record.Alive()
		if ready {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL did not become ready; see %s (is the port taken? choose another with --port)", s.procs.LogPath(name))
		}
		host.Poll(ctx, 500*time.Millisecond, 500*time.Millisecond, func() bool { return false })
	}
}

func (s Server) ready(pid int) bool {
	raw, err := os.ReadFile(filepath.Join(s.dirs.data(), "postmaster.pid"))
	return err == nil && isReady(string(raw), pid)
}

// findBinaries looks where the user says, where Debian puts them, then in PATH.
func findBinaries() (string, error) {
	var candidates []string
	if dir := os.Getenv("PG_BIN"); dir != "" {
		candidates = append(candidates, dir)
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(debian)
	candidates = append(candidates, debian...)
	if path, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(resolved))
		}
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("cannot find PostgreSQL's initdb and postgres; run `devcluster deps` or set PG_BIN to their folder")
}
