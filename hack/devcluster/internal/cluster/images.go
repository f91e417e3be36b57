package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/image"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/layout"
)

// Load brings an image archive into the cluster. Loading it again replaces the tag.
func Load(ctx context.Context, e Environment, archive string) error {
	if _, err := os.Stat(e.State.ContainerdSocket()); err != nil {
		return fmt.Errorf("containerd does not run: %w; run `devcluster up` first", err)
	}
	_, err := e.containers(ctx, "images", "import", archive)
	return err
}

// WriteImage writes an image archive and puts it in place in one step.
func WriteImage(spec image.Spec, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	staged, err := os.CreateTemp(filepath.Dir(target), ".image-*")
	if err != nil {
		return err
	}
	defer os.Remove(staged.Name())
	if err := image.Write(staged, spec); err != nil {
		_ = staged.Close()
		return err
	}
	if err := staged.Close(); err != nil {
		return err
	}
	if err := os.Chmod(staged.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(staged.Name(), target)
}

// ensurePauseImage loads the image every pod starts with.
func (e Environment) ensurePauseImage(ctx context.Context) error {
	known, err := e.containers(ctx, "images", "list", "--quiet")
	if err != nil {
		return err
	}
	if slices.Contains(strings.Fields(known), layout.PauseImage) {
		return nil
	}
	binary, err := os.ReadFile(e.Tools.Path("pause"))
	if err != nil {
		return err
	}
	archive := e.State.Path("pause.tar")
	spec := image.Spec{
		Name: layout.PauseImage, Entrypoint: []string{"/pause"}, User: "65535:65535",
		Files: []image.File{{Path: "/pause", Content: binary, Mode: 0o755}},
	}
	if err := WriteImage(spec, archive); err != nil {
		return fmt.Errorf("write the pause image: %w", err)
	}
	return Load(ctx, e, archive)
}

func (e Environment) containers(ctx context.Context, args ...string) (string, error) {
	all := append([]string{"--address", e.State.ContainerdSocket(), "--namespace", "k8s.io"}, args...)
	var complaints strings.Builder
	cmd := exec.CommandContext(ctx, e.ctr(), all...)
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaints.String()))
	}
	return string(output), nil
}
