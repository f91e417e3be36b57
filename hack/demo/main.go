// Command demo screens two districts for real on a single machine: cluster, operator,
// districts, students with real answers, faults, and a table of facts. See README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/demo/driver"
	"github.com/evenkeel/evenkeel/hack/demo/internal/progress"
	"github.com/evenkeel/evenkeel/hack/demo/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newRoot(progress.Stderr()).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

func newRoot(out *progress.Output) *cobra.Command {
	var config driver.Config
	root := &cobra.Command{
		Use: "demo", Short: "Screen two districts for real",
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) (err error) {
			if config.Root == "" {
				config.Root, err = checkout()
			}
			return err
		},
	}
	addFlags(root, &config)
	root.AddCommand(
		newCommand("up", "Set up, play with faults, compare; leaves everything up", &config, out, func(ctx context.Context, d *driver.Demo) error {
			return lookAfter(ctx, d, d.Run(ctx))
		}),
		newCommand("prepare", "Set up only", &config, out, func(ctx context.Context, d *driver.Demo) error {
			return lookAfter(ctx, d, d.Prepare(ctx))
		}),
		newCommand("play", "Let students answer on what was set up", &config, out, func(ctx context.Context, d *driver.Demo) error {
			if err := d.Attach(ctx); err != nil {
				return err
			}
			return d.Play(ctx)
		}),
		newCommand("check", "End the rounds and compare with what must be there", &config, out, func(ctx context.Context, d *driver.Demo) error {
			if err := d.Attach(ctx); err != nil {
				return err
			}
			if err := d.Finish(ctx); err != nil {
				return err
			}
			return d.Verdict()
		}),
		newCommand("look", "Print what there is to look at", &config, out, func(ctx context.Context, d *driver.Demo) error {
			return lookAfter(ctx, d, d.Attach(ctx))
		}),
		newDown(&config, out),
	)
	return root
}

func lookAfter(ctx context.Context, d *driver.Demo, err error) error {
	if err != nil {
		return err
	}
	return d.Look(ctx, os.Stdout)
}

func addFlags(root *cobra.Command, config *driver.Config) {
	flags := root.PersistentFlags()
	flags.StringVar(&config.Root, "root", "", "checkout of the repository (default: the one we are in)")
	flags.StringVar(&config.StateDir, "state", stage.DefaultDir(), "folder for the demo's secrets and logs")
	flags.IntVar(&config.Students, "students", 0, "play only so many rows of the file (default: all 5,533)")
	flags.IntVar(&config.Workers, "workers", 32, "how many students answer at the same time")
	flags.BoolVar(&config.Faults, "faults", true, "kill processes, fail partners, crash the database")
	flags.StringVar(&config.JSON, "json", "", "file to write the facts to")
	flags.StringVar(&config.Kubeconfig, "kubeconfig", "", "a cluster you already have (default: hack/devcluster's, started here)")
	flags.StringVar(&config.Image, "image", "", "the product's image in a registry, such as registry.example/evenkeel/evenkeel:1 (default: built and loaded)")
	flags.StringVar(&config.SimulatorsImage, "simulators-image", "", "the simulators' image in a registry (default: built and loaded)")
	flags.StringVar(&config.Postgres, "postgres", "", "an administrator's URL of a PostgreSQL you already have")
	flags.StringVar(&config.PostgresCA, "postgres-ca", "", "file with the authority of that server")
	flags.StringVar(&config.PostgresHost, "postgres-host", "", "host:port under which pods reach that server")
	flags.StringVar(&config.PodCIDR, "pod-cidr", "10.244.0.0/16", "network of the pods")
}

func newCommand(use, short string, config *driver.Config, out *progress.Output, do func(context.Context, *driver.Demo) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		demo, err := driver.New(*config, out)
		if err != nil {
			return err
		}
		return do(cmd.Context(), demo)
	}}
}

func newDown(config *driver.Config, out *progress.Output) *cobra.Command {
	return &cobra.Command{Use: "down", Short: "Remove everything", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return driver.Down(cmd.Context(), *config, out)
	}}
}

// checkout is the folder of the repository that we are in.
func checkout() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/evenkeel/evenkeel").Output()
	if err != nil {
		return "", fmt.Errorf("run this inside a checkout of evenkeel, or pass --root: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
