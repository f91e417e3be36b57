// Package wall holds the two planes apart by what they import (design.md section 7).
package wall

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/evenkeel/evenkeel/"

// pkg is one package as go list sees it.
type pkg struct {
	ImportPath string
	Deps       []string
}

// wall says that the packages under any of from may depend on nothing under any of never.
type wall struct {
	from, never []string
	except      []string // under never, and allowed
}

var dataPlane = []string{module + "internal/dataplane", module + "cmd/district"}

var pure = []string{
	module + "internal/contract", module + "internal/core",
}

var kubernetes = []string{"k8s.io", "sigs.k8s.io"}

var walls = map[string]wall{
	"the data plane links no Kubernetes": {
		from: dataPlane, never: append(slices.Clone(kubernetes), module+"api", module+"controllers", module+"internal/controlplane"),
	},
	"the control plane links no data plane": {
		from:  []string{module + "api", module + "controllers", module + "internal/controlplane", module + "cmd/manager"},
		never: append(slices.Clone(dataPlane), "github.com/jackc/pgx"),
	},
	"contract and core know neither plane": {
		from: pure,
		never: append(slices.Clone(kubernetes), module+"api", module+"controllers", module+"internal/controlplane",
			module+"internal/dataplane", "database/sql", "github.com/jackc/pgx"),
	},
	"contract does no I/O": {
		from: []string{module + "internal/contract"}, never: []string{"net", "os/exec", "database/sql"}, except: []string{"net/netip"},
	},
	"types do no I/O": {
		from: []string{module + "api/v1alpha1"}, never: []string{"sigs.k8s.io/controller-runtime", "k8s.io/client-go"},
	},
}

func under(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == strings.TrimSuffix(root, "/") || strings.HasPrefix(path, strings.TrimSuffix(root, "/")+"/")
	})
}

// breaches lists "package -> dependency" for every hole in a wall.
func (w wall) breaches(packages []pkg) (found []string) {
	for _, p := range packages {
		if !under(p.ImportPath, w.from) {
			continue
		}
		for _, dep := range p.Deps {
			if under(dep, w.never) && !under(dep, w.except) {
				found = append(found, p.ImportPath+" -> "+dep)
			}
		}
	}
	return found
}

// list runs go list -deps, without tests: they may meet, binaries may not.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Deps", module+"api/...", module+"controllers/...", module+"internal/...", module+"cmd/...")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.String())
	}
	var packages []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestTheWallStands(t *testing.T) {
	packages := list(t)
	for name, w := range walls {
		t.Run(name, func(t *testing.T) {
			if !slices.ContainsFunc(packages, func(p pkg) bool { return under(p.ImportPath, w.from) }) {
				t.Fatalf("no package under %v: the rule guards nothing", w.from)
			}
			for _, breach := range w.breaches(packages) {
				t.Error(breach)
			}
		})
	}
}

func TestAHoleIsSeen(t *testing.T) {
	packages := []pkg{{ImportPath: module + "internal/dataplane/seal", Deps: []string{"fmt", "k8s.io/api/core/v1"}}}
	if got := walls["the data plane links no Kubernetes"].breaches(packages); len(got) != 1 {
		t.Errorf("a data plane that links Kubernetes gives %v", got)
	}
	if under("k8s.iou/x", kubernetes) {
		t.Error("a path that only begins alike counts as under it")
	}
}
