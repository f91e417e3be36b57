package main

import (
	"context"
	"path/filepath"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/tool"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

// withClusterLock lets one change at a time happen. The lock is one for all state
// folders: the addresses exist once per machine.
func withClusterLock(ctx context.Context, out *ui.Output, do func() error) error {
	return withLock(ctx, out, "cluster", do)
}

// withPostgresLock lets one change at a time happen to one state's server, while a
// cluster may take its time to build. Whoever needs both locks takes this one last.
func withPostgresLock(ctx context.Context, out *ui.Output, do func() error) error {
	state, err := layout.Default()
	if err != nil {
		return err
	}
	return withLock(ctx, out, "postgres-"+state.ID(), do)
}

func withLock(ctx context.Context, out *ui.Output, name string, do func() error) error {
	cache, err := tool.CacheRoot()
	if err != nil {
		return err
	}
	unlock, err := host.Lock(ctx, filepath.Join(cache, "locks", name+".lock"), func() {
		out.Note("another devcluster is at work; waiting for it")
	})
	if err != nil {
		return err
	}
	defer unlock()
	return do()
}
