package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

type object = map[string]any

const crds = "config/crd/bases/screening.evenkeel.dev_"

// writeDistrictSchema makes the schema of the district chart's values from the definitions of the
// kinds it installs: what the API server would refuse, helm refuses first and by name.
func writeDistrictSchema(root string) error {
	schema, err := districtSchema(root)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		return err
	}
	return write(filepath.Join(root, districtChart, "values.schema.json"), text.String())
}

func districtSchema(root string) (object, error) {
	specs := object{}
	for _, plural := range []string{"districts", "schools", "referralchannels"} {
		spec, err := specSchema(filepath.Join(root, crds+plural+".yaml"))
		if err != nil {
			return nil, err
		}
		specs[plural] = spec
	}
	return object{
		"$schema":              "https://json-schema.org/draft-07/schema#",
		"$comment":             "Generated from config/crd/bases by hack/tools/chartgen. DO NOT EDIT.",
		"title":                "Values of the chart evenkeel-district",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []any{"district"},
		"properties": object{
			"global":   object{"type": "object", "description": "Shared with other charts; this one reads nothing from it."},
			"operator": operatorSchema(),
			"district": specs["districts"],
			"schools":  named(specs["schools"].(object), "Schools of the district: a name and the spec of a School.", 63),
			"referralChannels": named(specs["referralchannels"].(object),
				"Agreements with hospitals and centres: a name and the spec of a ReferralChannel.", 63),
		},
	}, nil
}

func operatorSchema() object {
	name := func(description string) object {
		return object{"type": "string", "minLength": 1, "maxLength": 63, "description": description}
	}
	return object{
		"type":                 "object",
		"additionalProperties": false,
		"properties": object{
			"namespace":      name("Namespace of the operator's release."),
			"serviceAccount": name("Service account of the operator."),
		},
	}
}

// named is a list of objects given by a name and the fields of their spec.
func named(spec object, description string, maxLength int) object {
	properties := spec["properties"].(object)
	properties["name"] = object{
		"type": "string", "minLength": 1, "maxLength": maxLength,
		"pattern":     `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`,
		"description": "Name of the object, unique in the district.",
	}
	required, _ := spec["required"].([]any)
	spec["required"] = append([]any{"name"}, required...)
	return object{"type": "array", "description": description, "items": spec}
}

// specSchema reads the schema of spec from a custom resource definition.
func specSchema(file string) (object, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties struct {
							Spec object `json:"spec"`
						} `json:"properties"`
					} `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("%s: the schema can be made from one version, found %d", file, len(crd.Spec.Versions))
	}
	return strict(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties.Spec), nil
}

// strict turns a structural schema into JSON Schema that refuses unknown fields.
func strict(schema object) object {
	out := object{}
	for key, value := range schema {
		switch {
		case strings.HasPrefix(key, "x-kubernetes-"):
		case key == "properties":
			out[key] = eachStrict(value.(object))
			out["additionalProperties"] = false
		case key == "items":
			out[key] = strict(value.(object))
		case key == "description":
			out[key] = strings.Join(strings.Fields(value.(string)), " ")
		default:
			out[key] = value
		}
	}
	return out
}

func eachStrict(properties object) object {
	out := object{}
	for name, property := range properties {
		out[name] = strict(property.(object))
	}
	return out
}
