package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
// write anything after that, and a server does not start beside what is left of another.
func (s *Server) Kill() error {
	if s.Exited() {
		return nil
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		left := s.processes() // again: the postmaster may have been making one
		if len(left) == 0 {
			<-s.server.life.ended
			return nil
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of PostgreSQL did not end", left)
		}
	}
}

// processes are the postmaster's and all that it made, orphans too: those that work in
// the data directory. A zombie works nowhere.
func (s *Server) processes() []int {
	var pids []int
	for _, pid := range allProcesses() {
		if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil && dir == s.server.data() {
			pids = append(pids, pid)
		}
	}
	return pids
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

// Start starts a server that was killed; it recovers from its log.
func (s *Server) Start() error {
	s.server.run()
	return s.server.await()
}

// Stop ends the server and removes all it had.
func (s *Server) Stop() error { return s.server.stop() }

// Children are the processes of the server beside the postmaster.
func (s *Server) Children() []int {
	postmaster := s.PID()
	return slices.DeleteFunc(s.processes(), func(pid int) bool { return pid == postmaster })
}

func allProcesses() []int {
	var pids []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
