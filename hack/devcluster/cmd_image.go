package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/cluster"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/image"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

// authorities is where Debian's ca-certificates puts them together.
const authorities = "/etc/ssl/certs/ca-certificates.crt"

func newImage(out *ui.Output) *cobra.Command {
	var spec image.Spec
	var target string
	cmd := &cobra.Command{
		Use:   "image --name NAME:TAG --out FILE.tar FILE[:/path]...",
		Short: "Write a one-layer image from static binaries",
		Long: `Write a one-layer image from static binaries (CGO_ENABLED=0), an unprivileged user
and the machine's certificate authorities. Files without a path go to /. The archive is
an OCI layout that docker also loads; the same inputs give the same bytes.`,
		Example: "  devcluster image --name evenkeel/intake:dev --out intake.tar bin/intake\n" +
			"  devcluster load intake.tar",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			step := out.Step("write " + spec.Name + " to " + target)
			err := writeImage(spec, args, target)
			step.Done(err)
			return err
		},
	}
	cmd.Flags().StringVar(&spec.Name, "name", "", "name and tag of the image")
	cmd.Flags().StringVar(&target, "out", "", "archive to write")
	cmd.Flags().StringSliceVar(&spec.Entrypoint, "entrypoint", nil, "command, comma-separated (default: the first file)")
	cmd.Flags().StringVar(&spec.User, "user", "65532", "numeric user to run as")
	_ = cmd.MarkFlagRequired("name") // fails only for flags that do not exist
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func newLoad(out *ui.Output) *cobra.Command {
	return &cobra.Command{
		Use:   "load FILE.tar...",
		Short: "Load images into the running cluster",
		Long:  "Load images into the running cluster. Pods use them with imagePullPolicy IfNotPresent or Never.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			env, err := newEnvironment(out)
			if err != nil {
				return err
			}
			for _, file := range args {
				step := out.Step("load " + file)
				err := cluster.Load(cmd.Context(), env, file)
				step.Done(err)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func writeImage(spec image.Spec, args []string, target string) error {
	trusted, err := os.ReadFile(authorities)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	spec.Files = image.Base(trusted)
	for _, arg := range args {
		file, err := readBinary(arg)
		if err != nil {
			return err
		}
		spec.Files = append(spec.Files, file)
		if len(spec.Entrypoint) == 0 {
			spec.Entrypoint = []string{file.Path}
		}
	}
	return cluster.WriteImage(spec, target)
}

// readBinary takes FILE or FILE:/path.
func readBinary(arg string) (image.File, error) {
	source, inside, found := strings.Cut(arg, ":")
	if !found {
		inside = path.Join("/", filepath.Base(source))
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return image.File{}, fmt.Errorf("read what goes into the image: %w", err)
	}
	info, err := os.Stat(source)
	if err != nil {
		return image.File{}, err
	}
	mode := int64(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return image.File{Path: inside, Content: content, Mode: mode}, nil
}
