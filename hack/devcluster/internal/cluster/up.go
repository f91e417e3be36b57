package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/component"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
)

// patience is how long a component may take to become healthy, on a busy machine.
const patience = 90 * time.Second

// Up makes the cluster run. What runs and is healthy is left alone, so it can be
// repeated at will and mends what has died.
func Up(ctx context.Context, e Environment) error {
	if err := e.preflight(); err != nil {
		return err
	}
	if err := e.prepareHost(ctx); err != nil {
		return err
	}
	in, err := e.inputs()
	if err != nil {
		return err
	}
	admin := host.File{Path: e.State.Kubeconfig(), Content: in.Kubeconfig("admin"), Mode: 0o600}
	if err := host.WriteFiles([]host.File{admin}); err != nil {
		return err
	}
	if err := e.startAll(ctx, in); err != nil {
		return err
	}
	if err := e.waitForNode(ctx, newClient(in)); err != nil {
		return err
	}
	return e.listenOnBridge(ctx)
}

func (e Environment) preflight() error {
	if os.Geteuid() != 0 {
		return errors.New("a cluster needs root: it makes links, mounts and control groups; use sudo")
	}
	if !e.State.Claimed() && host.HasPods() {
		return errors.New("another Kubernetes already runs pods on this machine; stop it, or use another machine")
	}
	return e.State.Claim()
}

func (e Environment) prepareHost(ctx context.Context) error {
	if err := host.Remember(e.machine()); err != nil {
		return err
	}
	if err := host.SetSysctl("net.ipv4.ip_forward", "1"); err != nil {
		return err
	}
	if err := host.EnsureBridge(ctx, layout.Bridge, layout.NodeAddress); err != nil {
		return fmt.Errorf("make the bridge for the node's address: %w", err)
	}
	return nil
}

func (e Environment) startAll(ctx context.Context, in component.Inputs) error {
	changed := false
	for stage, group := range component.ByStage(component.All(in)) {
		started, err := e.startStage(ctx, newClient(in), group)
		if err != nil {
			return err
		}
		changed = changed || started
		if err := e.afterStage(ctx, component.Stage(stage), changed); err != nil {
			return err
		}
	}
	return nil
}

// afterStage does what the next stage counts on.
func (e Environment) afterStage(ctx context.Context, stage component.Stage, changed bool) error {
	if !changed {
		return nil
	}
	switch stage {
	case component.Foundations:
		return e.ensurePauseImage(ctx)
	case component.API:
		return e.apply(ctx, component.Addons())
	default:
		return nil
	}
}

// startStage starts what does not run, then waits for all of it together.
func (e Environment) startStage(ctx context.Context, c client, group []component.Component) (started bool, err error) {
	var waiting []component.Component
	for _, comp := range group {
		if e.fine(ctx, c, comp) {
			continue
		}
		if err := e.restart(ctx, comp); err != nil {
			return started, err
		}
		started = true
		waiting = append(waiting, comp)
	}
	for _, comp := range waiting {
		step := e.Out.Step("start " + comp.Name)
		err := e.awaitHealth(ctx, c, comp)
		step.Done(err)
		if err != nil {
			return started, err
		}
	}
	return started, nil
}

// fine says whether a component runs as it should now: the same binary, arguments
// and files, and healthy. One that is only slow gets a second look.
func (e Environment) fine(ctx context.Context, c client, comp component.Component) bool {
	record, alive := e.Procs.Find(comp.Name)
	return alive && record.SpecHash == comp.Hash() && host.Poll(ctx, 5*time.Second, 500*time.Millisecond, func() bool {
		return c.healthy(ctx, comp.Probe)
	})
}

func (e Environment) restart(ctx context.Context, comp component.Component) error {
	if err := e.Procs.Stop(ctx, comp.Name, syscall.SIGTERM, 10*time.Second); err != nil {
		return err
	}
	_, err := e.Procs.Start(comp.Spec)
	return err
}

func (e Environment) awaitHealth(ctx context.Context, c client, comp component.Component) error {
	died := false
	ok := host.Poll(ctx, patience, 100*time.Millisecond, func() bool {
		_, alive := e.Procs.Find(comp.Name)
		died = !alive
		return died || c.healthy(ctx, comp.Probe)
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case died:
		return fmt.Errorf("%s has ended; the end of %s:\n%s", comp.Name, e.Procs.LogPath(comp.Name), e.logTail(comp.Name))
	case !ok:
		return fmt.Errorf("%s is not healthy after %s; the end of %s:\n%s", comp.Name, patience, e.Procs.LogPath(comp.Name), e.logTail(comp.Name))
	default:
		return nil
	}
}

func (e Environment) waitForNode(ctx context.Context, c client) error {
	ready := func() bool {
		return c.nodeReady(ctx, e.kubeletSince()) && c.hasDefaultAccount(ctx) && c.kubeletKnowsPods(ctx)
	}
	if ready() {
		return nil
	}
	step := e.Out.Step("wait for the node")
	var err error
	if !host.Poll(ctx, patience, 200*time.Millisecond, ready) {
		err = fmt.Errorf("the node is not ready after %s; look at `kubectl describe node` and %s", patience, e.Procs.LogPath("kubelet"))
	}
	step.Done(err)
	return err
}

func (e Environment) kubeletSince() time.Time {
	record, _ := e.Procs.Find("kubelet")
	return record.Since
}

// listenOnBridge lets pods reach a PostgreSQL that was started before the cluster.
func (e Environment) listenOnBridge(ctx context.Context) error {
	if !e.Postgres.Running() {
		return nil
	}
	return e.Postgres.Up(ctx, 0)
}

func (e Environment) logTail(name string) string {
	const lines = 15
	raw, err := os.ReadFile(e.Procs.LogPath(name))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
