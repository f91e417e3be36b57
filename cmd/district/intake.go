package main

import (
	"context"
	"log/slog"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

func runIntake(ctx context.Context, s *process.Settings, log *slog.Logger) error {
	common := process.ReadCommon(s, "intake")
	listen := s.Address("EVENKEEL_LISTEN", ":8080")
	if err := s.Err(); err != nil {
		return err
	}
	keys, err := seal.LoadKeys(s.Path("keys"), contract.IntakeKeys)
	if err != nil {
		return err
	}
	pool, err := postgres.Connect(ctx, common.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := keys.Check(ctx, intake.CheckKey(pool)); err != nil {
		return err
	}
	registry := process.NewRegistry()
	service := intake.New(pool, keys)
	return process.Run(ctx,
		process.Server(listen, intake.NewServer(service, log, registry), listening(log, "students")),
		process.Server(common.OpsAddr, process.Ops(registry, service.Ready), listening(log, "operations")),
		service.Run)
}
