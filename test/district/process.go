package district

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

const opsSetting = "EVENKEEL_OPS_ADDR"

// Process is one of the district's processes: a subcommand of cmd/district.
type Process struct {
	Name string
	Env  map[string]string

	log string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	failed error
}

var program struct {
	once sync.Once
	path string
	err  error
}

// Build compiles cmd/district as the image holds it, once per process.
func Build() (string, error) {
	program.once.Do(func() {
		dir, err := os.MkdirTemp("", "ek-build-")
		if err != nil {
			program.err = err
			return
		}
		program.path = filepath.Join(dir, "district")
		cmd := exec.Command("go", "build", "-trimpath", "-o", program.path, "github.com/evenkeel/evenkeel/cmd/district")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			program.err = fmt.Errorf("building cmd/district: %w: %s", err, out)
		}
	})
	return program.path, program.err
}

// RemoveBuild removes what Build made; for TestMain.
func RemoveBuild() {
	if program.path != "" {
		_ = os.RemoveAll(filepath.Dir(program.path)) // a temporary directory
	}
}

func (p *Process) command() (*exec.Cmd, *os.File, error) {
	path, err := Build()
	if err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(path, p.Name)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range slices.Sorted(maps.Keys(p.Env)) {
		cmd.Env = append(cmd.Env, name+"="+p.Env[name])
	}
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, log, nil
}

// Run runs the process until it ends by itself.
func (p *Process) Run(ctx context.Context) error {
	if err := p.Start(); err != nil {
		return err
	}
	select {
	case <-p.exited:
		if p.failed != nil {
			return fmt.Errorf("district %s: %w\n%s", p.Name, p.failed, p.Log())
		}
		return nil
	case <-ctx.Done():
		p.Kill()
		return ctx.Err()
	}
}

// Start starts the process; it dies with this one. The kernel ties that to the
// thread that starts it, which therefore must not end before the process does.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd, log, err := p.command()
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started, exited := make(chan error, 1), make(chan struct{})
	p.cmd, p.exited, p.failed = cmd, exited, nil
	go func() {
		runtime.LockOSThread()
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			err = cmd.Wait()
		}
		p.failed = err
		close(exited)
	}()
	return <-started
}

// Kill ends the process with SIGKILL and waits until it is gone. It does nothing
// when the process does not run.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// PID is the running process's.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited reports whether the process has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Log is what the process wrote, over all its starts.
func (p *Process) Log() string {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-8<<10):])
}

// AwaitReady waits until the process says that it is ready.
func (p *Process) AwaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		if ready(ctx, "http://"+p.Env[opsSetting]+"/readyz") {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("district %s ended: %w\n%s", p.Name, p.failed, p.Log())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("district %s is not ready\n%s", p.Name, p.Log()), ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// freeAddress finds a free port on the loopback. Somebody else may take it before it
// is used; then the process says so in its log.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
