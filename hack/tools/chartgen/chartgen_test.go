package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAsTemplate(t *testing.T) {
	tests := map[string]struct {
		text, enabled, want string
	}{
		"labels, namespace and braces": {
			text: "kind: A\nmetadata:\n  name: a\n  namespace: evenkeel-system\nspec: '{{ x }}'\n",
			want: "kind: A\nmetadata:\n  labels:\n    " + labels + "\n  name: a\n  namespace: {{ .Release.Namespace }}\n" +
				`spec: '{{ "{{" }} x {{ "}}" }}'` + "\n",
		},
		"labels that are there stay": {
			text: "metadata:\n  labels:\n    a: b\nspec:\n  labels: c\n",
			want: "metadata:\n  labels:\n    " + labels + "\n    a: b\nspec:\n  labels: c\n",
		},
		"labels of something else are not the object's": {
			text: "metadata:\n  name: a\nspec:\n  labels:\n    a: b\n",
			want: "metadata:\n  labels:\n    " + labels + "\n  name: a\nspec:\n  labels:\n    a: b\n",
		},
		"every document, switched by a value": {
			text:    "---\nmetadata:\n  name: a\n---\nmetadata:\n  name: b\n",
			enabled: "x.enabled",
			want: "{{- if .Values.x.enabled }}\nmetadata:\n  labels:\n    " + labels + "\n  name: a\n---\nmetadata:\n  labels:\n    " + labels +
				"\n  name: b\n{{- end }}\n",
		},
		"definitions are kept": {
			text: "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    x: y\n  name: a\n",
			want: "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n  labels:\n    " + labels + "\n  annotations:\n" + keep + "\n    x: y\n  name: a\n",
		},
	}
	const head = "{{- /* Generated from config/x by hack/tools/chartgen. DO NOT EDIT. */ -}}\n"
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(head+tc.want, asTemplate(tc.text, "config/x", tc.enabled)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	got := strict(object{
		"description":              "two\nlines",
		"x-kubernetes-validations": []any{"rule"},
		"type":                     "object",
		"properties": object{
			"list": object{"type": "array", "items": object{"properties": object{"x-kubernetes-a": object{"type": "string"}}}},
		},
	})
	want := object{
		"description":          "two lines",
		"type":                 "object",
		"additionalProperties": false,
		"properties": object{
			"list": object{"type": "array", "items": object{
				"additionalProperties": false,
				// A property's name is no keyword.
				"properties": object{"x-kubernetes-a": object{"type": "string"}},
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is committed is what is generated: the charts have not drifted from config/.
func TestChartsAreGenerated(t *testing.T) {
	const root = "../../.."
	scratch := t.TempDir()
	for _, folder := range []string{"config/crd/bases", "config/rbac", "config/policy"} {
		if err := os.CopyFS(filepath.Join(scratch, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	if err := generate(scratch); err != nil {
		t.Fatal(err)
	}
	for _, s := range sections() {
		folder := filepath.Join(operatorChart, s.to)
		want, got := tree(t, filepath.Join(scratch, folder)), tree(t, filepath.Join(root, folder))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is stale: make generate (-generated +committed):\n%s", folder, diff)
		}
	}
	compareSchema(t, filepath.Join(scratch, districtChart), filepath.Join(root, districtChart))
}

func compareSchema(t *testing.T, want, got string) {
	t.Helper()
	read := func(folder string) object {
		text, err := os.ReadFile(filepath.Join(folder, "values.schema.json"))
		if err != nil {
			t.Fatal(err)
		}
		var out object
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if diff := cmp.Diff(read(want), read(got)); diff != "" {
		t.Errorf("%s is stale: make generate (-generated +committed):\n%s", got, diff)
	}
}

func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	files, err := manifests(folder)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		out[file] = string(text)
	}
	return out
}
