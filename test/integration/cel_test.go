package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// rule is one CEL rule of a CRD.
type rule struct {
	kind, path, message string
}

// example is an object that a rule accepts and one that it rejects. For a rule about a
// change, both are changes of the object that was.
type example struct {
	rule
	was    edit // nil: the rule is not about a change
	accept edit // nil: the shipped example
	reject edit
}

// TestEveryRuleHasExamples fails when a rule of config/crd has none, and when an example
// is about a rule that is no more.
func TestEveryRuleHasExamples(t *testing.T) {
	var covered []rule
	for _, e := range celExamples {
		covered = append(covered, e.rule)
	}
	declared := declaredRules(t)
	for _, r := range declared {
		if !slices.Contains(covered, r) {
			t.Errorf("no example for %+q", r)
		}
	}
	for _, r := range covered {
		if !slices.Contains(declared, r) {
			t.Errorf("an example for a rule that there is not: %+q", r)
		}
	}
}

func declaredRules(t *testing.T) []rule {
	t.Helper()
	files, err := filepath.Glob("../../config/crd/bases/*.yaml")
	if err != nil || len(files) != 9 {
		t.Fatalf("found %d CRDs, %v", len(files), err)
	}
	var out []rule
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(raw, &crd); err != nil {
			t.Fatal(err)
		}
		collect(crd.Spec.Names.Kind, "", crd.Spec.Versions[0].Schema.OpenAPIV3Schema, &out)
	}
	return out
}

func collect(kind, path string, schema *apiextensionsv1.JSONSchemaProps, out *[]rule) {
	for _, r := range schema.XValidations {
		*out = append(*out, rule{kind, path, r.Message})
	}
	for name, property := range schema.Properties {
		collect(kind, strings.TrimPrefix(path+"."+name, "."), &property, out)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		collect(kind, path+"[]", schema.Items.Schema, out)
	}
}

func TestRules(t *testing.T) {
	namespace(t, "rules")
	for _, e := range celExamples {
		t.Run(e.kind+"/"+e.path+"/"+e.message, func(t *testing.T) {
			if e.was == nil {
				create := func(change edit) error { return operator.Create(ctx, built(e.kind, change), client.DryRunAll) }
				e.check(t, create)
				return
			}
			was := built(e.kind, e.was)
			if err := operator.Create(ctx, was); err != nil {
				t.Fatal(err)
			}
			defer remove(t, was)
			e.check(t, func(change edit) error {
				now := was.DeepCopy()
				change(now.Object)
				return operator.Update(ctx, now, client.DryRunAll)
			})
		})
	}
}

func (e example) check(t *testing.T, try func(edit) error) {
	t.Helper()
	accept := e.accept
	if accept == nil {
		accept = all()
	}
	if err := try(accept); err != nil {
		t.Errorf("not accepted: %v", err)
	}
	err := try(e.reject)
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), e.message) {
		t.Errorf("not rejected with %q: %v", e.message, err)
	}
}

// built returns the shipped example of a kind, changed, in the namespace of the test.
func built(kind string, change edit) *unstructured.Unstructured {
	obj := sample(kind)
	if obj.GetNamespace() != "" {
		obj.SetNamespace("rules")
	}
	if kind == "District" {
		obj.SetName("rules")
	}
	change(obj.Object)
	return obj
}

func TestDefaults(t *testing.T) {
	namespace(t, "defaults")
	kinds := []string{"Instrument", "EscalationPolicy", "AcademicCalendar", "ScreeningCampaign", "District", "School", "ReferralChannel", "Inspection"}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			obj := built(kind, all())
			if obj.GetNamespace() != "" {
				obj.SetNamespace("defaults")
			}
			if kind == "District" {
				obj.SetName("defaults")
			}
			if err := operator.Create(ctx, obj); err != nil {
				t.Fatal(err)
			}
			defer remove(t, obj)
			conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
			if got := fmt.Sprint(conditions); !strings.Contains(got, "reason:Pending status:Unknown type:Ready") || len(conditions) != 1 {
				t.Errorf("a new %s has the conditions %s, want Ready Unknown Pending alone", kind, got)
			}
		})
	}
}
