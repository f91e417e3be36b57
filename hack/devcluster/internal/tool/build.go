package tool

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/hack/devcluster/internal/host"
	"github.com/evenkeel/evenkeel/hack/devcluster/internal/ui"
)

// Build makes the given tools available in the set's Bin. Each is independent:
// what was finished stays finished when a later one fails.
func Build(ctx context.Context, set Set, tools []Tool, out *ui.Output) error {
	missing := slices.DeleteFunc(slices.Clone(tools), set.Has)
	if len(missing) == 0 {
		return nil
	}
	unlock, err := host.Lock(ctx, filepath.Join(set.cache.Root, "build.lock"), func() {
		out.Note("another devcluster is building; waiting for it")
	})
	if err != nil {
		return fmt.Errorf("wait for the build lock: %w", err)
	}
	defer unlock()
	for _, t := range missing {
		if err := set.build(ctx, t, out); err != nil {
			return err
		}
	}
	return nil
}

func (s Set) build(ctx context.Context, t Tool, out *ui.Output) error {
	if _, err := os.Stat(s.Path(t.Name)); err == nil {
		return s.link(t)
	}
	step := out.Step("build " + strings.TrimSpace(t.Name+" "+s.Version(t)))
	err := s.compile(ctx, t, step)
	step.Done(err)
	if err != nil {
		return fmt.Errorf("build %s: %w", t.Name, err)
	}
	return s.link(t)
}

// compile builds into a scratch folder and renames the whole folder into place,
// so an interrupted build leaves nothing that looks finished.
func (s Set) compile(ctx context.Context, t Tool, step *ui.Step) error {
	final := filepath.Dir(s.Path(t.Name))
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(final), ".building-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := os.Chmod(scratch, 0o755); err != nil {
		return err
	}
	if err := s.goBuild(ctx, t, filepath.Join(scratch, t.Name), step); err != nil {
		return err
	}
	return os.Rename(scratch, final)
}

// goBuild runs at low priority: people keep working while Kubernetes compiles.
func (s Set) goBuild(ctx context.Context, t Tool, target string, step *ui.Step) error {
	cmd := exec.CommandContext(ctx, "nice", "-n", "10", "go", "build", "-v", "-trimpath",
		"-ldflags", t.LDFlags(s.Version(t)), "-o", target, t.Package)
	cmd.Dir = s.cache.moduleDir(t)
	// Static binaries need no C compiler and run in an image with nothing else in it.
	// A workspace would mix the pinned modules with others.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the Go tool: %w; install Go and put it on PATH", err)
	}
	complaints := follow(pipe, step)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w:\n%s", err, strings.Join(complaints, "\n"))
	}
	return nil
}

// follow shows the package being compiled and keeps the last lines for an error.
func follow(r io.Reader, step *ui.Step) []string {
	const keep = 30
	var last []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		step.Detail(lines.Text())
		last = append(last, lines.Text())
		last = last[max(0, len(last)-keep):]
	}
	return last
}
