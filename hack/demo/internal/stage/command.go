package stage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Tools are the programs that the demo runs.
type Tools struct {
	Kubectl, Helm string
	// Devcluster is empty on a cluster that is not ours.
	Devcluster string
	Kubeconfig string
	// Log takes what programs report.
	Log io.Writer
}

// run runs a program, passing its report on, and returns its standard output.
func (t Tools) run(ctx context.Context, stdin []byte, name string, args ...string) ([]byte, error) {
	return t.runIn(ctx, "", nil, stdin, name, args...)
}

func (t Tools) runIn(ctx context.Context, dir string, env []string, stdin []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, report bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, io.MultiWriter(&report, t.Log)
	cmd.Env = append(append(os.Environ(), "KUBECONFIG="+t.Kubeconfig), env...)
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, tail(report.String(), 2000))
	}
	return out.Bytes(), nil
}

func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-n):]
}

// Apply applies manifests on the server's side as the demo's own field manager.
func (t Tools) Apply(ctx context.Context, manifests []byte) error {
	_, err := t.quiet().run(ctx, manifests, t.Kubectl, "apply", "--server-side", "--field-manager=evenkeel-demo", "--force-conflicts", "-f", "-")
	return err
}

// Kube runs kubectl.
func (t Tools) Kube(ctx context.Context, args ...string) ([]byte, error) {
	return t.quiet().run(ctx, nil, t.Kubectl, args...)
}

// HelmRun runs helm.
func (t Tools) HelmRun(ctx context.Context, args ...string) ([]byte, error) {
	return t.quiet().run(ctx, nil, t.Helm, args...)
}

// Dev runs devcluster, showing its progress.
func (t Tools) Dev(ctx context.Context, args ...string) ([]byte, error) {
	return t.run(ctx, nil, t.Devcluster, args...)
}

// quiet keeps a program's report for the error alone.
func (t Tools) quiet() Tools {
	t.Log = io.Discard
	return t
}
