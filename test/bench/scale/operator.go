package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/evenkeel/evenkeel/test/bench/about"
)

const image = "registry.example/evenkeel/evenkeel@sha256:0000000000000000000000000000000000000000000000000000000000000000"

// build makes the manager as `make build` does.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "manager")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/manager")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the manager: %w\n%s", err, out)
	}
	return path, nil
}

// operator is a manager that runs.
type operator struct {
	cmd  *exec.Cmd
	done chan error
}

// startOperator starts the manager and waits until it leads.
func startOperator(ctx context.Context, p plan, c *cluster, dir string) (*operator, error) {
	kubeconfig, err := c.kubeconfig(ctx, dir)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "manager.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own
	flags := append([]string{
		"--kubeconfig=" + kubeconfig, "--image=" + image, "--namespace=" + system, "--metrics-addr=" + metricsAddr, "--health-addr=0",
	}, p.flags...)
	o := &operator{cmd: exec.Command(p.manager, flags...), done: make(chan error, 1)}
	o.cmd.Stdout, o.cmd.Stderr = log, log
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { o.done <- o.cmd.Wait() }()
	if err := o.awaitLead(ctx, c); err != nil {
		return nil, errors.Join(err, o.stop(), said(log.Name()))
	}
	return o, nil
}

// said is the end of what a process wrote.
func said(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return fmt.Errorf("the manager's log ends: %s", raw[max(0, len(raw)-2000):])
}

// awaitLead waits until the lease is held (who ends gives it back), and a moment for the caches.
func (o *operator) awaitLead(ctx context.Context, c *cluster) error {
	var lease coordinationv1.Lease
	key := client.ObjectKey{Namespace: system, Name: "manager.screening.evenkeel.dev"}
	for range 300 {
		select {
		case err := <-o.done:
			return fmt.Errorf("the manager ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		if err := c.admin.Get(ctx, key, &lease); err == nil && ptr.Deref(lease.Spec.HolderIdentity, "") != "" {
			time.Sleep(3 * time.Second)
			return nil
		}
	}
	return errors.New("the manager does not lead after 30 s")
}

// metricsAddr is where a manager shows its metrics while it is measured.
const metricsAddr = "127.0.0.1:18089"

// reconciliations is how often each controller has looked at an object, by the manager's own metrics.
func (o *operator) reconciliations(ctx context.Context) (map[string]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metricsAddr+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the manager's metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	out := map[string]int{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		labels, found := strings.CutPrefix(lines.Text(), "controller_runtime_reconcile_total{controller=\"")
		if !found {
			continue
		}
		name, _, _ := strings.Cut(labels, "\"")
		n, err := strconv.ParseFloat(labels[strings.LastIndexByte(labels, ' ')+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("the metric %s: %w", lines.Text(), err)
		}
		out[name] += int(n)
	}
	return out, nil
}

// stop asks the process to end, and waits until it has.
func (o *operator) stop() error {
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil //nolint:nilerr // it has ended
	}
	select {
	case <-o.done: //nolint:errcheck // how it ended says nothing: it was asked to
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the manager did not end within 30 s"), o.cmd.Process.Kill())
	}
	return nil
}

// peak is the most the process has had resident, in megabytes.
func (o *operator) peak() float64 {
	return megabytes(about.Field(fmt.Sprintf("/proc/%d/status", o.cmd.Process.Pid), "VmHWM"))
}

func megabytes(field string) float64 {
	kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(field, "kB")), 64) // absent: 0
	return kilobytes / 1024
}

// processors is the processor time in seconds of this process and of every one it started, by name.
func processors() map[string]float64 {
	out := map[string]float64{}
	own := os.Getpid()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		name, pid, parent, seconds := parseStat(string(raw))
		if pid == own {
			out["this program"] += seconds
		} else if parent == own {
			out[name] += seconds
		}
	}
	return out
}

// ticks is how many there are in a second: USER_HZ, which Linux shows to every program as 100.
const ticks = 100

// parseStat reads a line of /proc/<pid>/stat. The name is in brackets and may hold anything.
func parseStat(line string) (name string, pid, parent int, seconds float64) {
	first, last := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if first < 0 || last < first {
		return "", 0, 0, 0
	}
	pid, _ = strconv.Atoi(strings.TrimSpace(line[:first]))
	fields := strings.Fields(line[last+1:])
	if len(fields) < 13 {
		return "", 0, 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	user, _ := strconv.ParseFloat(fields[11], 64)
	kernel, _ := strconv.ParseFloat(fields[12], 64)
	return line[first+1 : last], pid, parent, (user + kernel) / ticks
}
