// Package manifests holds what the demo applies to the cluster, as templates that a
// person can read.
package manifests

import (
	"bytes"
	"embed"
	"strings"
	"text/template"
)

//go:embed *.yaml
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"indent": indent}).ParseFS(files, "*.yaml"))

// Render fills in a manifest.
func Render(name string, values any) ([]byte, error) {
	var out bytes.Buffer
	err := templates.ExecuteTemplate(&out, name, values)
	return out.Bytes(), err
}

// indent puts n spaces before every line but the first.
func indent(n int, text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
}
