package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/cluster"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/debian"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/tool"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

func newUp(out *ui.Output) *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Install, build and start everything; mend what has died",
		Long: `Install the Debian packages and build the tools that are missing, then start every
component that is not running and healthy, and wait until the node takes pods. Running
it again is quick and harmless.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := up(cmd.Context(), out); err != nil {
				return err
			}
			out.Note("the cluster is up; to use it: eval \"$(devcluster env)\"")
			return nil
		},
	}
}

func up(ctx context.Context, out *ui.Output) error {
	if err := debian.Install(ctx, out); err != nil {
		return err
	}
	env, err := newEnvironment(out)
	if err != nil {
		return err
	}
	if err := tool.Build(ctx, env.Tools, tool.All(), out); err != nil {
		return err
	}
	return withClusterLock(ctx, out, func() error {
		return withPostgresLock(ctx, out, func() error { return cluster.Up(ctx, env) })
	})
}

func newDown(out *ui.Output) *cobra.Command {
	var purge, keep bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop everything and leave nothing behind but the built tools",
		Long: `Stop the cluster and its PostgreSQL, and remove their processes, links, tables,
mounts, control groups and data. The built tools stay, unless --purge is given.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, err := newEnvironment(out)
			if err != nil {
				return err
			}
			err = withClusterLock(cmd.Context(), out, func() error {
				return withPostgresLock(cmd.Context(), out, func() error { return cluster.Down(cmd.Context(), env) })
			})
			if err != nil || !purge {
				return err
			}
			return purgeCache(out)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep-cache", true, "keep the built tools")
	cmd.Flags().BoolVar(&purge, "purge", false, "also remove the built tools")
	cmd.MarkFlagsMutuallyExclusive("keep-cache", "purge")
	return cmd
}

func purgeCache(out *ui.Output) error {
	root, err := tool.CacheRoot()
	if err != nil {
		return err
	}
	step := out.Step("remove " + root)
	err = os.RemoveAll(root)
	step.Done(err)
	return err
}

func newStatus(out *ui.Output) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show every component; exit 1 unless all are healthy",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, err := newEnvironment(out)
			if err != nil {
				return err
			}
			status, err := cluster.Observe(cmd.Context(), env)
			if err != nil {
				return err
			}
			if err := printStatus(cmd, status, output); err != nil {
				return err
			}
			if !status.Ready {
				return errors.New("the cluster is not healthy; run `devcluster up` to mend it")
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return cmd
}

func printStatus(cmd *cobra.Command, status cluster.Status, output string) error {
	if output == "json" {
		return printJSON(cmd, status)
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tPID\tHEALTHY\tMEMORY")
	for _, c := range status.Components {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d MB\n", c.Name, orDash(c.PID), yesNo(c.Healthy), c.MemoryBytes>>20)
	}
	fmt.Fprintf(table, "node\t-\t%s\t\n", yesNo(status.NodeReady))
	return table.Flush()
}

func newKubeconfig() *cobra.Command {
	return &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the administrator's kubeconfig",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			state, err := layout.Default()
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), state.Kubeconfig())
			return nil
		},
	}
}

func newEnv() *cobra.Command {
	return &cobra.Command{
		Use:     "env",
		Short:   "Print the shell's export lines for kubectl and helm",
		Example: "  eval \"$(devcluster env)\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			state, err := layout.Default()
			if err != nil {
				return err
			}
			set, err := resolveTools()
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "export KUBECONFIG='%s'\nexport PATH='%s':\"$PATH\"\n", state.Kubeconfig(), set.Bin)
			return nil
		},
	}
}

func newEnvironment(out *ui.Output) (cluster.Environment, error) {
	state, err := layout.Default()
	if err != nil {
		return cluster.Environment{}, err
	}
	cache, err := tool.OpenCache()
	if err != nil {
		return cluster.Environment{}, err
	}
	return cluster.New(state, cache, out)
}

func printJSON(cmd *cobra.Command, v any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
