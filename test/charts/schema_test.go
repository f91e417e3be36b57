package charts

import (
	"os"
	"path/filepath"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// definition checks objects of one kind against its custom resource definition.
type definition struct {
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
}

func definitions(t *testing.T) map[string]definition {
	t.Helper()
	files, err := filepath.Glob(root + "/config/crd/bases/*.yaml")
	if err != nil || len(files) != 9 {
		t.Fatalf("found %d definitions, want 9: %v", len(files), err)
	}
	out := map[string]definition{}
	for _, file := range files {
		kind, def := readDefinition(t, file)
		out[kind] = def
	}
	return out
}

func readDefinition(t *testing.T, file string) (kind string, def definition) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		t.Fatal(err)
	}
	var internal apiextensions.JSONSchemaProps
	schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(schema, &internal, nil); err != nil {
		t.Fatal(err)
	}
	if def.structural, err = structuralschema.NewStructural(&internal); err != nil {
		t.Fatal(err)
	}
	if def.validator, _, err = validation.NewSchemaValidator(&internal); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Names.Kind, def
}

// check defaults the object and reports what the definition does not allow or does not know.
func (d definition) check(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	content := object.DeepCopy().Object
	unknown := pruning.PruneWithOptions(content, d.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		t.Errorf("%s: unknown field %s", key(object), path)
	}
	defaulting.Default(content, d.structural)
	for _, err := range validation.ValidateCustomResource(nil, content, d.validator) {
		t.Errorf("%s: %v", key(object), err)
	}
}

// What charts and samples hold fits the definitions. CEL rules and admission policies are tested on a real
// API server, in TestRealServer.
func TestObjectsFitTheirDefinitions(t *testing.T) {
	defs := definitions(t)
	objects := fengtai(t).objects(t)
	objects = append(objects, kustomized(t, "config/samples")...)
	objects = append(objects, kustomized(t, "config/samples/full")...)
	objects = append(objects, kustomized(t, "config/instruments")...)
	seen := map[string]bool{}
	for _, object := range objects {
		if def, ok := defs[object.GetKind()]; ok {
			def.check(t, object)
			seen[object.GetKind()] = true
		}
	}
	for kind := range defs {
		if !seen[kind] && kind != "ScreeningRound" { // the operator makes rounds, never a person
			t.Errorf("no sample of the kind %s", kind)
		}
	}
}
