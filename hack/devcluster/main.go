// Command devcluster runs a real single-node Kubernetes from Go modules and Debian
// packages, for the demo and the tests of Evenkeel.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	addSystemPath()
	if err := newRoot(ui.Stderr()).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "devcluster:", err)
		stop()
		os.Exit(1)
	}
}

func newRoot(out *ui.Output) *cobra.Command {
	root := &cobra.Command{
		Use:   "devcluster",
		Short: "A real single-node Kubernetes for development and tests",
		Long: `devcluster builds upstream Kubernetes, etcd, containerd, CoreDNS and Helm from the
Go module proxy, takes the rest from Debian, and runs them as a single-node cluster
with a PostgreSQL beside it. Progress goes to standard error, data to standard output.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		newUp(out), newDown(out), newStatus(out), newEnv(), newKubeconfig(),
		newDeps(out), newBuild(out), newAssets(out), newBin(),
		newImage(out), newLoad(out), newPostgres(out),
	)
	return root
}

// addSystemPath makes ip, nft and their like known: su without a dash leaves the
// system's folders out of PATH.
func addSystemPath() {
	_ = os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
}
