package definition

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Problem is one reason why the API server would refuse an object.
type Problem struct {
	Path    string // of the field, e.g. "spec.rules[2].when"; "" for the object
	Message string
}

// Admit returns the object as the API server would store it when it is created, with
// unknown fields dropped and defaults filled in, and every problem found. Fields that
// the definition does not know are problems, as with kubectl's --validate=strict. A
// status is left out: only the operator writes it. The object given is not changed. The
// error is a fault of this build.
func (d *Definition) Admit(ctx context.Context, object map[string]any) (map[string]any, []Problem, error) {
	ready, err := d.ready()
	if err != nil {
		return nil, nil, err
	}
	content := runtime.DeepCopyJSON(object)
	meta, _, unknownMeta, err := objectmeta.GetObjectMetaWithOptions(content, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, []Problem{{Path: "metadata", Message: err.Error()}}, nil
	}
	unknown := pruning.PruneWithOptions(content, ready.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	found := ready.unknown(slices.Concat(unknownMeta, unknown))

	defaulting.PruneNonNullableNullsWithoutDefaults(content, ready.structural)
	defaulting.Default(content, ready.structural)
	delete(content, "status")

	if meta == nil {
		return content, append(found, Problem{Path: "metadata", Message: "is missing; write at least metadata.name"}), nil
	}
	if !d.Namespaced {
		meta.Namespace = "" // the API server takes it away as well
	}
	errs := metavalidation.ValidateObjectMeta(meta, d.Namespaced, metavalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return content, slices.Concat(found, problems(errs, body), ready.validate(ctx, content)), nil
}

// validate is in the API server's order: rules run only on what fits the schema.
func (c checks) validate(ctx context.Context, content map[string]any) []Problem {
	errs := validation.ValidateCustomResource(nil, content, c.schema)
	errs = append(errs, objectmeta.Validate(ctx, nil, content, c.structural, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.structural, content)...)
	found := problems(errs, body)
	if blocked(errs) {
		return found
	}
	broken, _ := c.rules.Validate(ctx, nil, c.structural, content, nil, celconfig.RuntimeCELCostBudget)
	return append(found, problems(broken, said)...)
}

// blocked reports whether the object is so far from its schema that rules cannot run.
func blocked(errs field.ErrorList) bool {
	blocking := []field.ErrorType{
		field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid,
	}
	return slices.ContainsFunc(errs, func(err *field.Error) bool { return slices.Contains(blocking, err.Type) })
}

// unknown says of every unknown field what its neighbours are called.
func (c checks) unknown(paths []string) (out []Problem) {
	for _, path := range paths {
		message := "unknown field"
		if known := c.fields(parent(path)); len(known) > 0 {
			message += "; write one of " + strings.Join(known, ", ")
		}
		out = append(out, Problem{Path: path, Message: message})
	}
	return out
}

func parent(path string) string {
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}

// fields lists the fields that the schema has at a path such as "spec.tiers[0]".
func (c checks) fields(path string) []string {
	at := c.structural
	for step := range strings.SplitSeq(path, ".") {
		name, _, indexed := strings.Cut(step, "[")
		if name != "" {
			next, found := at.Properties[name]
			if !found {
				return nil
			}
			at = &next
		}
		if indexed && at.Items != nil {
			at = at.Items
		}
	}
	return slices.Sorted(maps.Keys(at.Properties))
}

func problems(errs field.ErrorList, message func(*field.Error) string) (out []Problem) {
	for _, err := range errs {
		path := err.Field
		if path == "<nil>" { // how the library writes the object itself
			path = ""
		}
		out = append(out, Problem{Path: path, Message: message(err)})
	}
	return out
}

// said is what a rule says to the author; its "value" is only the name of a type.
func said(err *field.Error) string { return err.Detail }

// body leaves whole objects and lists out of a message that says enough without: the
// path and the line say which are meant.
func body(err *field.Error) string {
	switch err.BadValue.(type) {
	case map[string]any, []any:
		if err.Detail != "" {
			return fmt.Sprintf("%s: %s", err.Type, err.Detail)
		}
	}
	return err.ErrorBody()
}
