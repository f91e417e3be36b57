// Command chartgen writes the parts of the charts that follow from config/: custom resource
// definitions, roles and admission policies of charts/operator as templates, and the schema of
// charts/district's values from the custom resource definitions. Run it from the root of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	operatorChart = "charts/operator"
	districtChart = "charts/district"
)

// section is one folder of config/ and the folder of the operator's chart that follows it.
type section struct {
	from, to string
	// enabled is the value that switches the objects on; empty when they are always there.
	enabled func(file string) string
}

func sections() []section {
	return []section{
		{"config/crd/bases", "templates/crds", func(string) string { return "crds.enabled" }},
		{"config/rbac", "templates/rbac", func(file string) string {
			if file == "personas.yaml" {
				return "personas.enabled"
			}
			return ""
		}},
		{"config/policy", "templates/policy", func(string) string { return "policies.enabled" }},
	}
}

func main() {
	if err := generate("."); err != nil {
		fmt.Fprintln(os.Stderr, "chartgen:", err)
		os.Exit(1)
	}
}

// generate brings both charts in line with config/ under root.
func generate(root string) error {
	for _, s := range sections() {
		if err := s.generate(root); err != nil {
			return err
		}
	}
	return writeDistrictSchema(root)
}

// generate replaces the section's folder in the chart, so that what left config/ leaves the chart too.
func (s section) generate(root string) error {
	files, err := manifests(filepath.Join(root, s.from))
	if err != nil {
		return err
	}
	target := filepath.Join(root, operatorChart, s.to)
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, s.from, file))
		if err != nil {
			return err
		}
		template := asTemplate(string(text), s.from+"/"+file, s.enabled(file))
		if err := write(filepath.Join(target, file), template); err != nil {
			return err
		}
	}
	return nil
}

// manifests lists the files of objects in a folder of config/.
func manifests(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() && strings.HasSuffix(name, ".yaml") && name != "kustomization.yaml" {
			files = append(files, name)
		}
	}
	return files, nil
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
