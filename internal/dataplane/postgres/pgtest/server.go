// Package pgtest gives tests a real PostgreSQL: one server per test binary, started
// when the first test asks for a database and gone when the binary ends, and a fresh
// migrated database per test.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// Main runs the tests of a package, stops the server, checks that no goroutine is
// left, and exits.
func Main(m *testing.M) {
	goleak.VerifyTestMain(stopping{m})
}

type stopping struct{ m *testing.M }

func (s stopping) Run() int {
	code := s.m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	return code
}

// server is a running PostgreSQL in a directory of its own, on a Unix socket.
type server struct {
	bin, dir string
	settings []string // more than every test's server has, as name=value
	cmd      *exec.Cmd
	life     *life
}

// life is one run of the server, from its start to its end.
type life struct {
	ended  chan struct{} // closed when it has
	failed error         // then: how
}

var shared struct {
	once   sync.Once
	server *server
	err    error
}

func instance() (*server, error) {
	shared.once.Do(func() { shared.server, shared.err = start() })
	return shared.server, shared.err
}

func stop() error {
	if shared.server == nil {
		return nil
	}
	return shared.server.stop()
}

const superuser = "postgres"

func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := newDirectory()
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir}
	return s, s.begin()
}

// begin makes the data directory and starts the server for the first time.
func (s *server) begin() error {
	if err := s.init(); err != nil {
		return errors.Join(err, os.RemoveAll(s.dir))
	}
	s.run()
	if err := s.await(); err != nil {
		return errors.Join(err, s.stop())
	}
	return nil
}

// binaries finds PostgreSQL: PG_BIN, then Debian's versioned directories, then PATH.
func binaries() (string, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return dir, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: apt-get install postgresql, or set PG_BIN to the directory of initdb")
	}
	return filepath.Dir(path), nil
}

// newDirectory prefers memory: fsync stays on, as the data plane requires, and costs nothing.
func newDirectory() (string, error) {
	parent := "/dev/shm"
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = "" // the system's temporary directory
	}
	dir, err := os.MkdirTemp(parent, "ek-pg-")
	if err != nil && parent != "" {
		dir, err = os.MkdirTemp("", "ek-pg-")
	}
	if err != nil {
		return "", err
	}
	return dir, giveAway(dir)
}

// giveAway lets whom PostgreSQL runs as write into a directory.
func giveAway(dir string) error {
	if c := credential(); c != nil {
		return os.Chown(dir, int(c.Uid), int(c.Gid))
	}
	return nil
}

// credential is whom to run PostgreSQL as: it refuses to run as root.
func credential() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	const nobody = 65534
	c := &syscall.Credential{Uid: nobody, Gid: nobody}
	if u, err := user.Lookup("postgres"); err == nil {
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		c.Uid, c.Gid = uint32(uid), uint32(gid)
	}
	return c
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) init() error {
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s.askForPassword()
}

// PasswordDistrict is a district whose roles, unlike all others of the server, have to
// give their password.
const PasswordDistrict = "scram"

func (s *server) askForPassword() error {
	path := filepath.Join(s.data(), "pg_hba.conf")
	rules, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("local all %s scram-sha-256\n", postgres.RoleName(PasswordDistrict, "intake"))
	return os.WriteFile(path, append([]byte(line), rules...), 0o600)
}

// run starts the server so that it dies with this process, however this ends. The
// kernel ties that to the thread that starts it, which therefore must not end.
func (s *server) run() {
	args := []string{"-D", s.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + s.dir, "-c", "max_connections=300",
		"-c", "shared_buffers=64MB", "-c", "log_error_verbosity=terse", "-c", "logging_collector=off",
		"-c", "dynamic_shared_memory_type=mmap"} // in its own directory, so that nothing outlives it
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.cmd, s.life = exec.Command(filepath.Join(s.bin, "postgres"), args...), &life{ended: make(chan struct{})}
	s.cmd.Dir = s.dir
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential(), Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		s.cmd.Stderr, s.cmd.Stdout = log, log
	}
	cmd, this, started := s.cmd, s.life, make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer log.Close() // nil when it could not be opened
		defer close(this.ended)
		this.failed = cmd.Start()
		close(started)
		if this.failed == nil {
			this.failed = cmd.Wait()
		}
	}()
	<-started
}

func (s *server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url(superuser, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.life.ended:
			return fmt.Errorf("PostgreSQL ended at once: %w: %s", s.life.failed, s.Log())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *server) url(role, database string) string {
	return fmt.Sprintf("host=%s port=5432 user=%s dbname=%s sslmode=disable", s.dir, role, database)
}

// Log is what the server wrote so far.
func (s *server) Log() string {
	content, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err.Error()
	}
	return strings.TrimSpace(string(content))
}

func (s *server) stop() error {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // immediately: nothing here is kept
		<-s.life.ended
	}
	return os.RemoveAll(s.dir)
}
