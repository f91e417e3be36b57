package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/postgres"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

func newPostgres(out *ui.Output) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "postgres",
		Short: "Run a PostgreSQL of our own, with TLS and durable commits",
		Long: `Run a PostgreSQL of our own in the state folder. It listens on loopback and, while
the cluster is up, on the bridge for pods. It works without the cluster, and without
root when EVENKEEL_DEVCLUSTER_DIR names a folder of yours.`,
	}
	cmd.AddCommand(newPostgresUp(out), newPostgresDown(out), newPostgresRestart(out), newPostgresStatus(), newPostgresDSN())
	return cmd
}

func newPostgresUp(out *ui.Output) *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start it, making its database files the first time",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPostgres(cmd.Context(), out, "start PostgreSQL", func(ctx context.Context, s postgres.Server) error {
				return s.Up(ctx, port)
			})
		},
	}
	cmd.Flags().IntVar(&port, "port", 0, fmt.Sprintf("TCP port (default: the one it had, or %d)", layout.PostgresPort))
	return cmd
}

func newPostgresDown(out *ui.Output) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop it and remove its data",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPostgres(cmd.Context(), out, "stop PostgreSQL", func(ctx context.Context, s postgres.Server) error {
				return s.Down(ctx, !keep)
			})
		},
	}
	cmd.Flags().BoolVar(&keep, "keep-data", false, "stop only; the next up finds the data again")
	return cmd
}

func newPostgresRestart(out *ui.Output) *cobra.Command {
	modes := strings.Join(slices.Sorted(maps.Keys(postgres.StopModes)), ", ")
	var mode string
	cmd := &cobra.Command{
		Use:   "restart",
		Short: "Stop and start it; --mode immediate is a crash with recovery",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signal, known := postgres.StopModes[mode]
			if !known {
				return fmt.Errorf("mode %q is unknown; use one of: %s", mode, modes)
			}
			return withPostgres(cmd.Context(), out, "restart PostgreSQL ("+mode+")", func(ctx context.Context, s postgres.Server) error {
				return s.Restart(ctx, signal)
			})
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "fast", "how to stop: "+modes)
	return cmd
}

func newPostgresStatus() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show whether it runs and where",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := postgresServer()
			if err != nil {
				return err
			}
			status, err := server.Status()
			if err != nil {
				return err
			}
			return printPostgresStatus(cmd, status, output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

func printPostgresStatus(cmd *cobra.Command, status postgres.Status, output string) error {
	w := cmd.OutOrStdout()
	if output == "json" {
		return printJSON(cmd, status)
	}
	fmt.Fprintf(w, "running:   %t (ready: %t, pid %d)\n", status.Running, status.Ready, status.PID)
	fmt.Fprintf(w, "listening: %s port %d\n", strings.Join(status.Addresses, ", "), status.Port)
	fmt.Fprintf(w, "socket:    %s\nCA file:   %s\nlog:       %s\n", status.SocketDir, status.CAFile, status.LogFile)
	return nil
}

func newPostgresDSN() *cobra.Command {
	var pod bool
	var database, caFile string
	cmd := &cobra.Command{
		Use:   "dsn",
		Short: "Print the superuser's connection URL",
		Long: `Print the superuser's connection URL, which verifies the server's certificate.
With --pod it is the URL for pods; there the CA file is whatever path the pod mounts it
at, given by --ca-file.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := postgresServer()
			if err != nil {
				return err
			}
			address := "127.0.0.1"
			if pod {
				address = layout.NodeAddress
			} else if caFile == "" {
				caFile = server.CAFile()
			}
			url, err := server.DSN(address, database, caFile)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), url)
			return nil
		},
	}
	cmd.Flags().BoolVar(&pod, "pod", false, "the URL for pods instead of this machine")
	cmd.Flags().StringVar(&database, "database", "postgres", "database to connect to")
	cmd.Flags().StringVar(&caFile, "ca-file", "", "path of the CA file as the client sees it")
	return cmd
}

func postgresServer() (postgres.Server, error) {
	state, err := layout.Default()
	return postgres.New(state), err
}

func withPostgres(ctx context.Context, out *ui.Output, title string, do func(context.Context, postgres.Server) error) error {
	server, err := postgresServer()
	if err != nil {
		return err
	}
	return withPostgresLock(ctx, out, func() error {
		step := out.Step(title)
		err := do(ctx, server)
		step.Done(err)
		return err
	})
}
