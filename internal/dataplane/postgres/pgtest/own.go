package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
)

// Server is a PostgreSQL of a test's own, on a disk, that can be killed and started
// again: for tests about what survives. It ends with the process that started it.
type Server struct{ server *server }

// StartServer makes a data directory under the system's temporary directory and
// starts a server on it. settings are name=value.
func StartServer(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ek-pg-")
	if err != nil {
		return nil, err
	}
	s := &server{bin: bin, dir: dir, settings: settings}
	if err := giveAway(dir); err != nil {
		return nil, err
	}
	return &Server{s}, s.begin()
}

// Dir is the directory of the server's Unix socket, which is its host.
func (s *Server) Dir() string { return s.server.dir }

// Tool is the path of one of PostgreSQL's programs, such as pgbench.
func (s *Server) Tool(name string) string { return filepath.Join(s.server.bin, name) }

// Log is what the server wrote so far.
func (s *Server) Log() string { return s.server.Log() }

// PID is the postmaster's.
func (s *Server) PID() int { return s.server.cmd.Process.Pid }

// Config says how a role reaches a database of the server.
func (s *Server) Config(role, database, process string) postgres.Config {
	return s.server.config(role, database, process)
}

// Superuser runs statements as the server's superuser.
func (s *Server) Superuser(database string, statements ...string) error {
	return s.server.exec(database, statements...)
}

// Kill ends the server with SIGKILL, all of its processes at once: none of them may
// write anything after that.
func (s *Server) Kill() error {
	if s.Exited() {
		return nil
	}
	if err := s.server.cmd.Process.Signal(syscall.SIGSTOP); err != nil { // it makes no more children
		return err
	}
	// The signal is only sent: until the postmaster has stopped, it may still be making one.
	if err := await(fmt.Sprintf("process %d did not stop", s.PID()), func() bool { return stopped(s.PID()) }); err != nil {
		return err
	}
	children := s.Children()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
	if err := s.server.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.server.life.ended
	return awaitGone(children)
}

// Exited reports whether the server has ended. It ends by itself when a process of it
// is killed while it recovers.
func (s *Server) Exited() bool {
	select {
	case <-s.server.life.ended:
		return true
	default:
		return false
	}
}

// Start starts a server that was killed; it recovers from its log. A server that ends at
// once is started again for ten seconds, as any supervisor would.
func (s *Server) Start() error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		s.server.run()
		err := s.server.await()
		if err == nil || !s.Exited() || time.Now().After(deadline) {
			return err
		}
	}
}

// Stop ends the server and removes all it had.
func (s *Server) Stop() error { return s.server.stop() }

// Children are the processes of the server beside the postmaster.
func (s *Server) Children() []int {
	postmaster := s.PID()
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if state, parent := stat(pid); parent == postmaster && state != "Z" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat reads the state and the parent from /proc/pid/stat: its third and fourth field;
// the second is in brackets and may hold anything. A process that is gone has neither.
func stat(pid int) (state string, parent int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

// gone is true of a zombie too: it has let go of its memory, shared or not.
func gone(pid int) bool {
	state, _ := stat(pid)
	return state == "" || state == "Z"
}

func stopped(pid int) bool {
	state, _ := stat(pid)
	return state == "T" || gone(pid)
}

// awaitGone waits for killed processes: a server does not start beside the children
// of its predecessor.
func awaitGone(pids []int) error {
	for _, pid := range pids {
		if err := await(fmt.Sprintf("process %d did not end", pid), func() bool { return gone(pid) }); err != nil {
			return err
		}
	}
	return nil
}

// await asks the kernel until it says yes, and gives up after ten seconds.
func await(failure string, done func() bool) error {
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New(failure)
		}
	}
	return nil
}
