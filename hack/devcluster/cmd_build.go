package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/tool"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

func newBuild(out *ui.Output) *cobra.Command {
	return &cobra.Command{
		Use:   "build [component...]",
		Short: "Build the tools that are not built yet (default: all)",
		Long: "Build the tools that are not built yet and print their folder.\nComponents: " +
			strings.Join(tool.Names(), ", ") + ".\nThe first build of everything takes about ten minutes on two cores.",
		ValidArgs: tool.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			tools, err := tool.Select(args)
			if err != nil {
				return err
			}
			return buildAndPrint(cmd, tools, out)
		},
	}
}

func newAssets(out *ui.Output) *cobra.Command {
	return &cobra.Command{
		Use:   "assets",
		Short: "Build etcd and kube-apiserver and print their folder, for KUBEBUILDER_ASSETS",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return buildAndPrint(cmd, tool.Assets(), out)
		},
	}
}

func newBin() *cobra.Command {
	return &cobra.Command{
		Use:   "bin",
		Short: "Print the folder of the built tools, without building any",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := resolveTools()
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), set.Bin)
			return nil
		},
	}
}

func buildAndPrint(cmd *cobra.Command, tools []tool.Tool, out *ui.Output) error {
	set, err := resolveTools()
	if err != nil {
		return err
	}
	if err := tool.Build(cmd.Context(), set, tools, out); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), set.Bin)
	return nil
}

func resolveTools() (tool.Set, error) {
	cache, err := tool.OpenCache()
	if err != nil {
		return tool.Set{}, err
	}
	return cache.Resolve()
}
