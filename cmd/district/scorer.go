package main

import (
	"context"
	"log/slog"
	"net"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
	"github.com/evenkeel/evenkeel/internal/dataplane/scorer"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

func runScorer(ctx context.Context, s *process.Settings, log *slog.Logger) error {
	common := process.ReadCommon(s, "scorer")
	if err := s.Err(); err != nil {
		return err
	}
	keys, err := seal.LoadKeys(s.Path("keys"), []string{contract.KeyDistrict})
	if err != nil {
		return err
	}
	pool, err := postgres.Connect(ctx, common.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := keys.Check(ctx, postgres.CheckKey(pool)); err != nil {
		return err
	}
	registry := process.NewRegistry()
	service := scorer.New(pool, keys, log, registry)
	return process.Run(ctx,
		process.Server(common.OpsAddr, process.Ops(registry, postgres.Ready(pool)), listening(log, "operations")),
		service.Run, scorer.NewRescorer(pool, keys, log).Run)
}

// listening logs where a listener is.
func listening(log *slog.Logger, listener string) func(net.Addr) {
	return func(a net.Addr) { log.Info("listening", "listener", listener, "address", a.String()) }
}
