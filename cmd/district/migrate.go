package main

import (
	"context"
	"log/slog"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

func runMigrate(ctx context.Context, s *process.Settings, log *slog.Logger) error {
	common := process.ReadCommon(s, "owner")
	m := postgres.Migration{District: common.District}
	if s.Bool("EVENKEEL_CREATE_ROLES") {
		m.RolePasswords = readRolePasswords(s)
	}
	if err := s.Err(); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, common.Database, m); err != nil {
		return err
	}
	log.Info("migrated", "schemaVersion", postgres.SchemaVersion())
	return nil
}

func readRolePasswords(s *process.Settings) map[string]string {
	passwords := map[string]string{}
	for _, p := range postgres.Processes {
		passwords[p] = string(s.File("roles/"+p+"/password", "mount the Secret with the role's password"))
	}
	const auditor = "roles/auditor/password" // demonstrations only
	if s.Exists(auditor) {
		passwords["auditor"] = string(s.File(auditor, "mount the Secret with the role's password"))
	}
	return passwords
}
