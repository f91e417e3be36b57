package manifest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	kubeyaml "sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/internal/plugin/manifest/definition"
)

// Object is one object of a set, where it was written.
type Object struct {
	File             string // as named on the command line; "-": standard input
	APIVersion, Kind string
	Namespace, Name  string
	Content          map[string]any // as written
	skip             int            // lines of the file before the document
	node             *yaml.Node     // of the object, for lines
}

// parse reads the objects of a document: none of an empty one, several of a List. What
// cannot be read is a finding.
func parse(d document) ([]*Object, []Finding) {
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil {
		return nil, []Finding{d.unreadable(err)}
	}
	if len(root.Content) == 0 || root.Content[0].Kind == yaml.ScalarNode && root.Content[0].Tag == "!!null" {
		return nil, nil
	}
	node := root.Content[0]
	if node.Kind != yaml.MappingNode {
		return nil, []Finding{{Severity: Error, File: d.file, Line: d.skip + node.Line, Message: "is not an object; write apiVersion, kind and metadata"}}
	}
	twice := repeated(node)
	if len(twice) > 0 {
		return nil, d.repeated(twice)
	}
	text, err := kubeyaml.YAMLToJSON(d.text) // the values as kubectl reads them
	if err != nil {
		return nil, []Finding{d.unreadable(err)}
	}
	var content map[string]any
	if err := utiljson.Unmarshal(text, &content); err != nil {
		return nil, []Finding{d.unreadable(err)}
	}
	return d.objects(content, node), nil
}

// objects takes a List apart: kubectl get -o yaml writes one.
func (d document) objects(content map[string]any, node *yaml.Node) []*Object {
	items, isList := content["items"].([]any)
	if kind, _ := content["kind"].(string); !isList || !strings.HasSuffix(kind, "List") {
		return []*Object{d.object(content, node)}
	}
	nodes := value(node, "items")
	var out []*Object
	for i, item := range items {
		if one, ok := item.(map[string]any); ok && nodes != nil && i < len(nodes.Content) {
			out = append(out, d.object(one, nodes.Content[i]))
		}
	}
	return out
}

func (d document) object(content map[string]any, node *yaml.Node) *Object {
	o := &Object{File: d.file, Content: content, skip: d.skip, node: node}
	o.APIVersion, _ = content["apiVersion"].(string)
	o.Kind, _ = content["kind"].(string)
	if meta, ok := content["metadata"].(map[string]any); ok {
		o.Name, _ = meta["name"].(string)
		o.Namespace, _ = meta["namespace"].(string)
	}
	return o
}

// place puts a namespaced object that names no namespace into the one given.
func (o *Object) place(namespace string) {
	d, err := definition.Of(o.APIVersion, o.Kind)
	meta, written := o.Content["metadata"].(map[string]any)
	if err != nil || d == nil || !d.Namespaced || !written || o.Namespace != "" || namespace == "" {
		return
	}
	o.Namespace, meta["namespace"] = namespace, namespace
}

// Line is the line of a field, such as "spec.rules[2].when"; of the innermost field that
// is there when it is not, which for "" is the object itself.
func (o *Object) Line(path string) int {
	line, at := o.node.Line, o.node
	for _, step := range steps(path) {
		next, where := descend(at, step)
		if next == nil {
			break
		}
		at, line = next, where
	}
	return o.skip + line
}

// steps cuts a path into names and indexes: spec, rules, [2], when.
func steps(path string) []string {
	path = strings.ReplaceAll(path, "[", ".[")
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' })
}

// descend returns what is at a name or an index, and its line: of a field the line of
// its name.
func descend(at *yaml.Node, step string) (next *yaml.Node, line int) {
	if at.Kind == yaml.AliasNode {
		at = at.Alias
	}
	if index, ok := strings.CutPrefix(step, "["); ok {
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if err != nil || at.Kind != yaml.SequenceNode || i >= len(at.Content) {
			return nil, 0
		}
		return at.Content[i], at.Content[i].Line
	}
	for i := 0; at.Kind == yaml.MappingNode && i+1 < len(at.Content); i += 2 {
		if at.Content[i].Value == step {
			return at.Content[i+1], at.Content[i].Line
		}
	}
	return nil, 0
}

func value(at *yaml.Node, name string) *yaml.Node {
	next, _ := descend(at, name)
	if next != nil && next.Kind == yaml.AliasNode {
		return next.Alias
	}
	return next
}

// repeated returns the keys that a mapping gives twice. Readers keep one of them and
// say nothing, and a rule would be lost.
func repeated(node *yaml.Node) (twice []*yaml.Node) {
	seen := map[string]bool{}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[child.Value] {
				twice = append(twice, child)
			}
			seen[child.Value] = true
			continue
		}
		twice = append(twice, repeated(child)...)
	}
	return twice
}

func (d document) repeated(twice []*yaml.Node) (out []Finding) {
	for _, key := range twice[:min(len(twice), maxProblems)] {
		out = append(out, Finding{
			Severity: Error, File: d.file, Line: d.skip + key.Line,
			Message: fmt.Sprintf("the field %q is given twice; keep one of them", key.Value),
		})
	}
	return out
}

var yamlLine = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:line (\d+): )?`)

// unreadable turns a parser's error into a finding at the line of the file.
func (d document) unreadable(err error) Finding {
	line, message := d.skip+1, err.Error()
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		message = strings.TrimPrefix(message, match[0])
		if n, err := strconv.Atoi(match[1]); err == nil {
			line = d.skip + n
		}
	}
	return Finding{Severity: Error, File: d.file, Line: line, Message: "is not YAML: " + message}
}
