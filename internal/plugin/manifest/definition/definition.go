// Package definition admits objects as the API server would, offline: it applies a
// custom resource definition's pruning, defaults, schema and CEL rules with the
// libraries that the API server itself uses. Rules about a change (oldSelf) are left
// out, as on creation. Admission policies and the rights of whoever applies are no part
// of it.
package definition

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/config/crd"
)

// Definition admits objects of one kind. It is safe for concurrent use.
type Definition struct {
	Group, Version, Kind string
	Namespaced           bool

	source *apiextensionsv1.JSONSchemaProps
	ready  func() (checks, error)
}

// checks is a definition prepared for use.
type checks struct {
	structural *schema.Structural
	schema     validation.SchemaValidator
	rules      *cel.Validator
}

// all are the definitions of this build. They are embedded, so an error is a fault of
// the build.
var all = sync.OnceValues(func() ([]*Definition, error) { return readAll(crd.Bases) })

func readAll(files fs.FS) ([]*Definition, error) {
	names, err := fs.Glob(files, "bases/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*Definition
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var source apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(text, &source); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, versions(source)...)
	}
	return out, nil
}

func versions(source apiextensionsv1.CustomResourceDefinition) (out []*Definition) {
	for _, version := range source.Spec.Versions {
		d := &Definition{
			Group: source.Spec.Group, Version: version.Name, Kind: source.Spec.Names.Kind,
			Namespaced: source.Spec.Scope == apiextensionsv1.NamespaceScoped,
			source:     version.Schema.OpenAPIV3Schema,
		}
		d.ready = sync.OnceValues(d.prepare) // compiling CEL takes a moment; most sets hold few kinds
		out = append(out, d)
	}
	return out
}

func (d *Definition) prepare() (checks, error) {
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(d.source, &internal, nil); err != nil {
		return checks{}, fmt.Errorf("definition of %s: %w", d.Kind, err)
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		return checks{}, fmt.Errorf("definition of %s: %w", d.Kind, err)
	}
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		return checks{}, fmt.Errorf("definition of %s: %w", d.Kind, err)
	}
	return checks{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// Of returns the definition of a kind. Without one it is nil when the group is not ours,
// and an error that says what to write when it is.
func Of(apiVersion, kind string) (*Definition, error) {
	definitions, err := all()
	if err != nil {
		return nil, err
	}
	group, version, _ := strings.Cut(apiVersion, "/")
	var ours, kinds []string
	for _, d := range definitions {
		if d.Group != group {
			continue
		}
		if d.Version == version && d.Kind == kind {
			return d, nil
		}
		ours, kinds = append(ours, d.Group+"/"+d.Version), append(kinds, d.Kind)
	}
	switch {
	case len(ours) == 0:
		return nil, nil
	case !slices.Contains(ours, apiVersion):
		return nil, fmt.Errorf("apiVersion %q is not served; write %s", apiVersion, ours[0])
	default:
		return nil, fmt.Errorf("no kind %q in %s; write one of %s", kind, apiVersion, strings.Join(kinds, ", "))
	}
}
