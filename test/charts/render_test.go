package charts

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const (
	root          = "../.."
	operatorChart = root + "/charts/operator"
	districtChart = root + "/charts/district"
	system        = "evenkeel-system"
)

var update = flag.Bool("update", false, "write the golden files anew")

type values = map[string]any

// release is one `helm template`.
type release struct {
	chart, name, namespace string
	values                 values
}

// files renders the release as Helm would for an installation, schema included.
func (r release) files(t *testing.T) (map[string]string, error) {
	t.Helper()
	chart, err := loader.Load(r.chart)
	if err != nil {
		t.Fatal(err)
	}
	options := common.ReleaseOptions{Name: r.name, Namespace: r.namespace, Revision: 1, IsInstall: true}
	capabilities := common.DefaultCapabilities.Copy()
	rendered, err := util.ToRenderValues(chart, r.values, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, rendered)
}

// objects renders the release and returns its objects, tests included, in a stable order.
func (r release) objects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := r.files(t)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, ".yaml") {
			out = append(out, decode(t, name, []byte(files[name]))...)
		}
	}
	return out
}

// notes renders what Helm prints after an installation.
func (r release) notes(t *testing.T) string {
	t.Helper()
	files, err := r.files(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			return text
		}
	}
	t.Fatal("the chart has no notes")
	return ""
}

func decode(t *testing.T, name string, text []byte) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	for _, doc := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		content := map[string]any{}
		if err := yaml.Unmarshal(doc, &content); err != nil {
			t.Fatalf("%s is not YAML: %v\n%s", name, err, doc)
		}
		if len(content) > 0 {
			out = append(out, &unstructured.Unstructured{Object: content})
		}
	}
	return out
}

// kustomized builds a kustomization as `kubectl apply -k` does.
func kustomized(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, folder, text)
}

func readValues(t *testing.T, file string) values {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := values{}
	if err := yaml.UnmarshalStrict(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// golden compares with a file under testdata; `go test -update` writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what is rendered; look at it, then go test -update (-want +got):\n%s", file, diff)
	}
}

func asYAML(t *testing.T, objects []*unstructured.Unstructured) string {
	t.Helper()
	var out strings.Builder
	for _, object := range objects {
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n" + string(text))
	}
	return out.String()
}

// key names an object as kubectl does.
func key(object *unstructured.Unstructured) string {
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}

func find(t *testing.T, objects []*unstructured.Unstructured, kind string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() == kind {
			return object
		}
	}
	t.Fatalf("no %s is rendered", kind)
	return nil
}
