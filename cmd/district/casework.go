package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

func runCasework(context.Context, *process.Settings, *slog.Logger) error {
	return errors.New("casework is not wired yet")
}
