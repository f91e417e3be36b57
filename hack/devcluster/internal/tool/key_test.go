package tool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKeyChangesWithEverySource(t *testing.T) {
	base := Sources{Version: "v1.2.3", Files: [][]byte{[]byte("module"), []byte("sum")}, Platform: "linux/amd64"}
	tool := Tool{Name: "etcd", Package: "example.org/etcd"}
	key := Key(tool, base)
	if again := Key(tool, base); again != key {
		t.Fatalf("the same sources give %q and %q", key, again)
	}
	if !strings.HasPrefix(key, "etcd-v1.2.3-") {
		t.Fatalf("key %q does not tell people what it is", key)
	}
	for name, change := range map[string]func(*Tool, *Sources){
		"version":  func(_ *Tool, s *Sources) { s.Version = "v1.2.4" },
		"go.mod":   func(_ *Tool, s *Sources) { s.Files = [][]byte{[]byte("module2"), []byte("sum")} },
		"go.sum":   func(_ *Tool, s *Sources) { s.Files = [][]byte{[]byte("module"), []byte("sum2")} },
		"shift":    func(_ *Tool, s *Sources) { s.Files = [][]byte{[]byte("modules"), []byte("um")} },
		"platform": func(_ *Tool, s *Sources) { s.Platform = "linux/arm64" },
		"package":  func(t *Tool, _ *Sources) { t.Package = "example.org/other" },
		"stamp":    func(t *Tool, _ *Sources) { t.stamp = stampHelm },
	} {
		t.Run(name, func(t *testing.T) {
			changedTool, changed := tool, base
			change(&changedTool, &changed)
			if got := Key(changedTool, changed); got == key {
				t.Fatalf("a changed %s keeps the key %q", name, key)
			}
		})
	}
}

func TestRequiredVersion(t *testing.T) {
	gomod := []byte("module x\n\ngo 1.26\n\ntool example.org/a/cmd\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/a/b v2.0.0 // indirect\n)\n\nrequire example.org/c v3.0.0\n\nreplace example.org/d => example.org/d v4.0.0\n")
	for module, want := range map[string]string{
		"example.org/a": "v1.0.0", "example.org/a/b": "v2.0.0", "example.org/c": "v3.0.0",
		"example.org/d": "", "example.org": "",
	} {
		got, err := RequiredVersion(gomod, module)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v; want %q", module, got, err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	for name, tc := range map[string]struct {
		names []string
		want  []string
	}{
		"a tool":             {[]string{"kubectl"}, []string{"kubectl"}},
		"a whole module":     {[]string{"containerd"}, []string{"containerd", "containerd-shim-runc-v2", "ctr"}},
		"in catalogue order": {[]string{"helm", "etcd"}, []string{"etcd", "helm"}},
	} {
		t.Run(name, func(t *testing.T) {
			tools, err := Select(tc.names)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, tool := range tools {
				got = append(got, tool.Name)
			}
			if !slices.Equal(got, tc.want) {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
		})
	}
	if _, err := Select([]string{"kubelt"}); err == nil || !strings.Contains(err.Error(), "kubelet") {
		t.Fatalf("a typo should be answered with the names there are, got %v", err)
	}
}

func TestKubernetesReportsItsVersion(t *testing.T) {
	flags := kubernetes("kubelet").LDFlags("v1.36.3")
	for _, want := range []string{"gitVersion=v1.36.3", "gitMajor=1", "gitMinor=36"} {
		if !strings.Contains(flags, want) {
			t.Errorf("%q lacks %q", flags, want)
		}
	}
}

func TestEveryToolIsPinned(t *testing.T) {
	cache, err := OpenCache()
	if err != nil {
		t.Fatal(err)
	}
	set, err := cache.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range All() {
		if tool.Requires != "" && set.Version(tool) == "" {
			t.Errorf("%s has no version", tool.Name)
		}
	}
}

func TestLinkIsVisibleOnlyAfterTheBuild(t *testing.T) {
	cache := Cache{Root: t.TempDir()}
	etcd := Tool{Name: "etcd"}
	set := Set{cache: cache, keys: map[string]string{"etcd": "etcd-1"}, Bin: filepath.Join(cache.Root, "all", "bin")}
	if set.Has(etcd) {
		t.Fatal("has a tool nobody built")
	}
	if err := os.MkdirAll(filepath.Dir(set.Path("etcd")), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(set.Path("etcd"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := set.link(etcd); err != nil {
		t.Fatal(err)
	}
	if !set.Has(etcd) {
		t.Fatal("a linked tool is not found")
	}
	if err := os.RemoveAll(filepath.Dir(set.Path("etcd"))); err != nil {
		t.Fatal(err)
	}
	if set.Has(etcd) {
		t.Fatal("a link that leads nowhere counts as built")
	}
}
