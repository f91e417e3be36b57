// Package wall holds the wall between the planes (docs/design/0001): who may link whom, at any depth.
package wall

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/evenkeel/evenkeel/"

// wall is one side's packages and what they must not reach.
type wall struct {
	packages []string
	never    []string
}

var (
	kubernetes   = []string{"k8s.io/", "sigs.k8s.io/controller-runtime"}
	controlPlane = []string{module + "api/", module + "controllers", module + "internal/controlplane", module + "cmd/manager"}
	dataPlane    = []string{module + "internal/dataplane", module + "cmd/district"}
)

func walls() map[string]wall {
	return map[string]wall{
		"the data plane links no Kubernetes and nothing of the control plane": {
			packages: []string{"internal/dataplane/...", "cmd/district/..."},
			never:    append(append([]string{}, kubernetes...), controlPlane...),
		},
		"the control plane links nothing that handles answers": {
			packages: []string{"controllers/...", "internal/controlplane/...", "cmd/manager/...", "api/..."},
			never:    dataPlane,
		},
		"the plugin links nothing that handles answers": {
			packages: []string{"internal/plugin/...", "cmd/kubectl-evenkeel/..."},
			never:    dataPlane,
		},
		"what both planes share depends on neither": {
			packages: []string{"internal/contract/...", "internal/core/instrument/...", "internal/core/escalation/...", "internal/core/suppress/..."},
			never:    append(append(append([]string{}, kubernetes...), controlPlane...), dataPlane...),
		},
	}
}

func TestWall(t *testing.T) {
	for name, w := range walls() {
		t.Run(name, func(t *testing.T) {
			for _, found := range breaches(w, links(t, w.packages)) {
				t.Error(found)
			}
		})
	}
}

// A wall that nobody can run into proves nothing: with the sides exchanged it is hit.
func TestWallCanBeHit(t *testing.T) {
	w := wall{packages: []string{"internal/controlplane/..."}, never: kubernetes}
	if len(breaches(w, links(t, w.packages))) == 0 {
		t.Error("the control plane links Kubernetes, and the test does not see it")
	}
}

// breaches names each package with what it must not link.
func breaches(w wall, links map[string][]string) []string {
	var out []string
	for from, deps := range links {
		for _, dep := range deps {
			for _, prefix := range w.never {
				if strings.HasPrefix(dep+"/", prefix) {
					out = append(out, strings.TrimPrefix(from, module)+" links "+strings.TrimPrefix(dep, module))
				}
			}
		}
	}
	return out
}

// lookAt stats every source file, so that go test's cache knows what the answer depends on.
func lookAt(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"api", "cmd", "controllers", "internal"} {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// links lists what each package imports, directly or through others; tests are not counted.
func links(t *testing.T, packages []string) map[string][]string {
	t.Helper()
	lookAt(t)
	args := []string{"list", "-e", "-f", `{{.ImportPath}}{{range .Deps}} {{.}}{{end}}`}
	for _, p := range packages {
		args = append(args, module+p)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		out[fields[0]] = fields[1:]
	}
	if len(out) == 0 {
		t.Fatalf("go list found none of %v", packages)
	}
	return out
}
