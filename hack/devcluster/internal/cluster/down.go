package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/component"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/proc"
)

// Down removes the cluster and everything it left on the machine. A step that
// fails does not keep the others from being tried.
func Down(ctx context.Context, e Environment) error {
	if !e.State.Claimed() {
		return nil
	}
	var errs []error
	for _, step := range e.teardown() {
		shown := e.Out.Step(step.title)
		err := step.do(ctx)
		shown.Done(err)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", step.title, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w\nsome of the cluster is left; run `devcluster down` again", err)
	}
	return e.State.Remove()
}

type teardownStep struct {
	title string
	do    func(context.Context) error
}

// teardown: kubelet goes before the pods, or it would start them again; the API
// server after its clients, so that they end in peace; containerd after its pods.
func (e Environment) teardown() []teardownStep {
	if os.Geteuid() != 0 {
		return []teardownStep{{"stop PostgreSQL", e.stopPostgres}}
	}
	stop := func(names ...string) func(context.Context) error {
		return func(ctx context.Context) error { return e.stopAll(ctx, names) }
	}
	return []teardownStep{
		{"stop kubelet", stop("kubelet")},
		{"stop pods", e.stopPods},
		{"stop control plane", stop(clients()...)},
		{"stop containerd", stop("containerd")},
		{"stop PostgreSQL", e.stopPostgres},
		{"stop what is left", e.stopOwned},
		{"clean the network", e.cleanNetwork},
		{"clean mounts and groups", e.cleanMounts},
		{"restore the machine's settings", func(context.Context) error { return host.Restore(e.machine()) }},
	}
}

// clients are the components between the pods and containerd, last started first.
func clients() []string {
	names := slices.DeleteFunc(component.Names(), func(name string) bool { return name == "kubelet" || name == "containerd" })
	slices.Reverse(names)
	return names
}

func (e Environment) stopAll(ctx context.Context, names []string) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, e.Procs.Stop(ctx, name, syscall.SIGTERM, 10*time.Second))
	}
	return errors.Join(errs...)
}

// stopPods touches pods only if this state's kubelet could have started any.
func (e Environment) stopPods(ctx context.Context) error {
	if _, err := os.Stat(e.State.Path("kubelet")); err != nil {
		return nil
	}
	if !host.StopPods(ctx, 3*time.Second) {
		return errors.New("processes of pods survive SIGKILL")
	}
	return nil
}

func (e Environment) stopPostgres(ctx context.Context) error { return e.Postgres.Down(ctx, true) }

// stopOwned finds what no record names: the containers' shims, and children of a
// devcluster that was killed before it could write a record.
func (e Environment) stopOwned(ctx context.Context) error {
	var errs []error
	for _, process := range proc.Owned(e.ToolsRoot, string(e.State)) {
		errs = append(errs, process.Stop(ctx, syscall.SIGKILL, 5*time.Second))
	}
	return errors.Join(errs...)
}

func (e Environment) cleanNetwork(ctx context.Context) error {
	return errors.Join(host.RemoveProxyTables(ctx), host.RemoveLinks(ctx, layout.NodeAddress, layout.PodGateway))
}

func (e Environment) cleanMounts(context.Context) error {
	host.RemovePodCgroups()
	host.RemoveResidue(string(e.State))
	return host.UnmountBelow(string(e.State))
}
