// Command district runs the processes of one district's data plane. It only wires:
// settings in, services out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	_ "time/tzdata" // districts name their time zone, and the image has no database of zones

	"github.com/evenkeel/evenkeel/internal/dataplane/process"
)

// command is one subcommand.
type command struct {
	name, about string
	run         func(context.Context, *process.Settings, *slog.Logger) error
}

func commands() []command {
	return []command{
		{"migrate", "bring the district's database to this version, then end", runMigrate},
		{"intake", "serve students", runIntake},
		{"scorer", "score finished forms", runScorer},
		{"casework", "serve duty staff, hospitals and the operator", runCasework},
	}
}

func main() {
	ctx, stop := process.SignalContext(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run returns the exit code: 2 when it was started wrongly, 1 when it failed.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == "version" {
		fmt.Fprintln(stdout, version())
		return 0
	}
	for _, c := range commands() {
		if len(args) == 1 && args[0] == c.name {
			return runCommand(ctx, c, env, stderr)
		}
	}
	fmt.Fprint(stderr, usage())
	return 2
}

func runCommand(ctx context.Context, c command, env func(string) string, stderr io.Writer) int {
	log := slog.New(slog.NewJSONHandler(stderr, nil)).With("process", c.name)
	err := c.run(ctx, process.NewSettings(env), log)
	var setting *process.SettingError
	switch {
	case err == nil:
		log.Info("ended")
		return 0
	case errors.As(err, &setting):
		fmt.Fprintf(stderr, "%s does not start:\n%v\n", c.name, err)
		return 2
	}
	log.Error("failed", "cause", err.Error())
	return 1
}

func usage() string {
	var b strings.Builder
	b.WriteString("usage: district <command>\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", c.name, c.about)
	}
	b.WriteString("  version   print the version\n\nSettings are environment variables: docs/spec/processes.md.\n")
	return b.String()
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return info.Main.Version + revision
}
