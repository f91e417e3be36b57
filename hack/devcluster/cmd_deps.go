package main

import (
	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/debian"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

func newDeps(out *ui.Output) *cobra.Command {
	return &cobra.Command{
		Use:   "deps",
		Short: "Install the Debian packages that are missing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return debian.Install(cmd.Context(), out)
		},
	}
}
