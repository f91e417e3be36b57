package charts

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func operator(change ...func(values)) release {
	v := values{}
	for _, c := range change {
		c(v)
	}
	return release{operatorChart, "evenkeel", system, v}
}

func with(section, name string, value any) func(values) {
	return func(v values) {
		if v[section] == nil {
			v[section] = values{}
		}
		v[section].(values)[name] = value
	}
}

// Definitions are left out of the golden file: TestOperatorFollowsConfig compares them whole.
func TestOperatorGolden(t *testing.T) {
	golden(t, "operator.yaml", asYAML(t, operator(with("crds", "enabled", false)).objects(t)))
	golden(t, "operator.notes.txt", operator().notes(t))
}

// config/default and the chart with its default values install the same objects.
func TestOperatorFollowsConfig(t *testing.T) {
	want, got := map[string]any{}, map[string]any{}
	for _, object := range kustomized(t, "config/default") {
		want[key(object)] = bare(object)
	}
	for _, object := range operator().objects(t) {
		if object.GetAnnotations()["helm.sh/hook"] == "" {
			got[key(object)] = bare(object)
		}
	}
	delete(want, "Namespace /"+system) // Helm makes it: --create-namespace
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config/default and charts/operator differ; make generate (-config +chart):\n%s", diff)
	}
}

// bare is an object without what a chart may say in its own way: labels, its own annotations, the image.
func bare(object *unstructured.Unstructured) map[string]any {
	object = object.DeepCopy()
	object.SetLabels(nil)
	annotations := object.GetAnnotations()
	delete(annotations, "helm.sh/resource-policy")
	if len(annotations) == 0 {
		annotations = nil
	}
	object.SetAnnotations(annotations)
	if object.GetKind() == "Deployment" {
		unstructured.RemoveNestedField(object.Object, "spec", "template", "metadata", "labels")
		unstructured.RemoveNestedField(object.Object, "spec", "selector")
		text := strings.ReplaceAll(asJSON(object), imageOf(object), "IMAGE")
		_ = object.UnmarshalJSON([]byte(text))
	}
	return object.Object
}

func asJSON(object *unstructured.Unstructured) string {
	text, err := object.MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(text)
}

func container(object *unstructured.Unstructured) map[string]any {
	path := []string{"spec", "template", "spec", "containers"}
	if object.GetKind() == "Pod" {
		path = []string{"spec", "containers"}
	}
	containers, _, err := unstructured.NestedSlice(object.Object, path...)
	if err != nil || len(containers) != 1 {
		panic(fmt.Sprintf("%s has %d containers: %v", key(object), len(containers), err))
	}
	return containers[0].(map[string]any)
}

func imageOf(object *unstructured.Unstructured) string { return container(object)["image"].(string) }

func TestOperatorImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	tests := map[string]struct {
		release release
		want    string
	}{
		"default":   {operator(), "ghcr.io/evenkeel/evenkeel:0.1.0"},
		"tag":       {operator(with("image", "tag", "v2")), "ghcr.io/evenkeel/evenkeel:v2"},
		"digest":    {operator(with("image", "tag", "v2"), with("image", "digest", digest)), "ghcr.io/evenkeel/evenkeel@" + digest},
		"mirror":    {operator(with("global", "imageRegistry", "mirror.example.cn:5000/x/")), "mirror.example.cn:5000/x/evenkeel/evenkeel:0.1.0"},
		"no mirror": {operator(with("image", "registry", "")), "evenkeel/evenkeel:0.1.0"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			objects := tc.release.objects(t)
			for _, kind := range []string{"Deployment", "Pod"} {
				if got := imageOf(find(t, objects, kind)); got != tc.want {
					t.Errorf("%s runs %s, want %s", kind, got, tc.want)
				}
			}
		})
	}
}

// images.txt is what a closed network mirrors: every image of the default values, and nothing else.
func TestOperatorImagesAreListed(t *testing.T) {
	var want []string
	for _, object := range operator().objects(t) {
		if kind := object.GetKind(); kind == "Deployment" || kind == "Pod" {
			want = append(want, imageOf(object))
		}
	}
	slices.Sort(want)
	text, err := os.ReadFile(operatorChart + "/images.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Compact(want), strings.Fields(string(text))); diff != "" {
		t.Errorf("images.txt (-rendered +listed):\n%s", diff)
	}
}

func TestOperatorSwitches(t *testing.T) {
	tests := map[string]struct {
		change func(values)
		kind   string
	}{
		"crds":     {with("crds", "enabled", false), "CustomResourceDefinition"},
		"policies": {with("policies", "enabled", false), "ValidatingAdmissionPolicy"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			find(t, operator().objects(t), tc.kind)
			for _, object := range operator(tc.change).objects(t) {
				if object.GetKind() == tc.kind {
					t.Errorf("%s is rendered although it is switched off", key(object))
				}
			}
		})
	}
}

func TestOperatorKeepsDefinitionsUnlessTold(t *testing.T) {
	for keep, want := range map[bool]string{true: "keep", false: ""} {
		for _, object := range operator(with("crds", "keep", keep)).objects(t) {
			if object.GetKind() != "CustomResourceDefinition" {
				continue
			}
			if got := object.GetAnnotations()["helm.sh/resource-policy"]; got != want {
				t.Errorf("crds.keep=%v: %s has the resource policy %q, want %q", keep, key(object), got, want)
			}
		}
	}
}

// Released elsewhere, roles, policies and workloads follow.
func TestOperatorFollowsItsNamespace(t *testing.T) {
	r := operator()
	r.namespace = "elsewhere"
	for _, object := range r.objects(t) {
		if text := asJSON(object); strings.Contains(text, system) {
			t.Errorf("%s still speaks of %s", key(object), system)
		}
	}
}

func TestOperatorRefusesBadValues(t *testing.T) {
	tests := map[string]struct {
		release release
		want    string
	}{
		"latest":       {operator(with("image", "tag", "latest")), "at '/image/tag'"},
		"short digest": {operator(with("image", "digest", "sha256:abc")), "at '/image/digest': 'sha256:abc' does not match pattern"},
		"scheme":       {operator(with("global", "imageRegistry", "https://mirror")), "at '/global/imageRegistry'"},
		"unknown key":  {operator(with("crds", "enable", true)), "at '/crds': additional properties 'enable' not allowed"},
		"floor":        {operator(func(v values) { v["cellFloor"] = 1 }), "at '/cellFloor': minimum: got 1, want 5"},
		"not a day":    {operator(with("coverage", "dueBy", "5-31")), "at '/coverage/dueBy': '5-31' does not match pattern"},
		"everybody":    {operator(with("coverage", "targetPercent", 101)), "at '/coverage/targetPercent': maximum: got 101, want 100"},
		"no replica":   {operator(func(v values) { v["replicas"] = 0 }), "at '/replicas': minimum: got 0, want 1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { expectRefusal(t, tc.release, tc.want) })
	}
}

func TestOperatorPodsMeetTheRestrictedStandard(t *testing.T) {
	for _, object := range operator().objects(t) {
		kind := object.GetKind()
		if kind != "Deployment" && kind != "Pod" {
			continue
		}
		want := map[string]any{
			"allowPrivilegeEscalation": false,
			"readOnlyRootFilesystem":   true,
			"capabilities":             map[string]any{"drop": []any{"ALL"}},
		}
		if diff := cmp.Diff(want, container(object)["securityContext"]); diff != "" {
			t.Errorf("%s: security context (-want +got):\n%s", key(object), diff)
		}
	}
}
