package proc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
)

// path is fixed, and nothing else is passed on from our own environment: what a
// process does must not depend on which shell started it.
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Spec describes a process to run in the background.
type Spec struct {
	Name string
	Path string
	Args []string
	Env  []string
	// Files the process reads; a change of any of them restarts it.
	Files []host.File
	// Account to run as; nil means our own.
	Account *host.Account
}

// Hash changes when anything about the process or its files does.
func (s Spec) Hash() string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a Spec holds only strings, numbers and bytes
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Record is what is kept on disk about a started process.
type Record struct {
	Identity
	SpecHash string    `json:"specHash"`
	Since    time.Time `json:"since"`
}

// Supervisor keeps records of processes and their logs.
type Supervisor struct {
	RunDir string
	LogDir string
}

// Find reads a record; ok is false when the process is not running.
func (s Supervisor) Find(name string) (Record, bool) {
	raw, err := os.ReadFile(s.recordPath(name))
	if err != nil {
		return Record{}, false
	}
	var record Record
	if err := json.Unmarshal(raw, &record); err != nil {
		return Record{}, false
	}
	return record, record.Alive()
}

// Start runs a process in a session of its own, so it outlives this program and
// whatever terminal or job started it.
func (s Supervisor) Start(spec Spec) (Record, error) {
	if err := host.WriteFiles(spec.Files); err != nil {
		return Record{}, err
	}
	log, err := s.openLog(spec.Name)
	if err != nil {
		return Record{}, err
	}
	defer log.Close()
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env = append([]string{path, "HOME=/"}, spec.Env...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if spec.Account != nil {
		cmd.SysProcAttr.Credential = spec.Account.Credential()
	}
	if err := cmd.Start(); err != nil {
		return Record{}, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	record, err := s.record(spec, cmd.Process.Pid)
	go func() { _ = cmd.Wait() }() // reap it if it dies while we still run
	return record, err
}

// Stop ends a process with a signal, and harder if it does not listen.
func (s Supervisor) Stop(ctx context.Context, name string, signal syscall.Signal, patience time.Duration) error {
	record, alive := s.Find(name)
	if alive {
		if err := record.Stop(ctx, signal, patience); err != nil {
			return fmt.Errorf("stop %s: %w", name, err)
		}
	}
	if err := os.Remove(s.recordPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Stop ends exactly this process and waits until it is gone.
func (id Identity) Stop(ctx context.Context, signal syscall.Signal, patience time.Duration) error {
	for _, attempt := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{signal, patience}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := id.signal(attempt.signal); err != nil {
			return err
		}
		if host.Poll(ctx, attempt.patience, 20*time.Millisecond, func() bool { return !id.Alive() }) {
			return nil
		}
	}
	return fmt.Errorf("pid %d (%s) survives SIGKILL; look at its state in /proc/%d/status", id.PID, id.Command, id.PID)
}

// signal reaches this process or none. Go's handle is a pidfd, bound to whatever
// has the pid when it is opened; checking the identity after that leaves no gap in
// which the pid could be given to a stranger.
func (id Identity) signal(signal syscall.Signal) error {
	handle, err := os.FindProcess(id.PID)
	if err != nil || !id.Alive() {
		return nil
	}
	defer func() { _ = handle.Release() }()
	if err := handle.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal pid %d: %w", id.PID, err)
	}
	return nil
}

// LogPath is where a process writes.
func (s Supervisor) LogPath(name string) string { return filepath.Join(s.LogDir, name+".log") }

func (s Supervisor) recordPath(name string) string { return filepath.Join(s.RunDir, name+".json") }

func (s Supervisor) openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(s.LogDir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(s.LogPath(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

func (s Supervisor) record(spec Spec, pid int) (Record, error) {
	observed, ok := settle(spec.Path, pid)
	if !ok {
		return Record{}, fmt.Errorf("%s ended at once; see %s", spec.Name, s.LogPath(spec.Name))
	}
	record := Record{
		Identity: Identity{PID: pid, StartTicks: observed.StartTicks, BootID: observed.BootID, Command: spec.Path},
		SpecHash: spec.Hash(),
		Since:    time.Now().UTC(),
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return Record{}, err
	}
	return record, host.WriteFiles([]host.File{{Path: s.recordPath(spec.Name), Content: raw, Mode: 0o644}})
}

// settle waits until the new process shows its own command line. For an instant
// after exec has succeeded the kernel shows none, and the process would not be
// recognised as itself.
func settle(command string, pid int) (observed Observed, ok bool) {
	host.Poll(context.Background(), 5*time.Second, time.Millisecond, func() bool {
		var err error
		observed, err = Observe(pid)
		ok = err == nil && !observed.dead() && Command(observed.Cmdline) == command
		return ok || err != nil || observed.dead()
	})
	return observed, ok
}
