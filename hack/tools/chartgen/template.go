package main

import "strings"

// systemNamespace is where config/ puts the operator; the chart puts it where it is released.
const systemNamespace = "evenkeel-system"

const (
	labels = "{{- include \"evenkeel.labels\" . | nindent 4 }}"
	keep   = "    {{- if .Values.crds.keep }}\n    helm.sh/resource-policy: keep\n    {{- end }}"
)

// asTemplate turns objects as they stand in config/ into a template of the chart: braces escaped, the
// namespace that of the release, labels added, definitions marked to be kept.
func asTemplate(text, source, enabled string) string {
	docs := strings.Split(strings.TrimPrefix(text, "---\n"), "\n---\n")
	for i, doc := range docs {
		docs[i] = document(doc)
	}
	body := strings.TrimRight(strings.Join(docs, "\n---\n"), "\n") + "\n"
	if enabled != "" {
		body = "{{- if .Values." + enabled + " }}\n" + body + "{{- end }}\n"
	}
	return "{{- /* Generated from " + source + " by hack/tools/chartgen. DO NOT EDIT. */ -}}\n" + body
}

func document(doc string) string {
	doc = strings.ReplaceAll(escapeBraces(doc), systemNamespace, "{{ .Release.Namespace }}")
	if strings.Contains(doc, "\nkind: CustomResourceDefinition\n") {
		doc = insertAfter(doc, "  annotations:", keep)
	}
	if metadataHas(doc, "  labels:") {
		return insertAfter(doc, "  labels:", "    "+labels)
	}
	return insertAfter(doc, "metadata:", "  labels:\n    "+labels)
}

// escapeBraces keeps the template engine's hands off braces that are part of the object.
func escapeBraces(text string) string {
	const open, end = "\x00", "\x01"
	text = strings.ReplaceAll(text, "{{", open)
	text = strings.ReplaceAll(text, "}}", end)
	text = strings.ReplaceAll(text, open, `{{ "{{" }}`)
	return strings.ReplaceAll(text, end, `{{ "}}" }}`)
}

// insertAfter puts text on the line after the first one that equals line.
func insertAfter(doc, line, text string) string {
	lines := strings.Split(doc, "\n")
	for i, l := range lines {
		if l == line {
			return strings.Join(append(lines[:i+1:i+1], append([]string{text}, lines[i+1:]...)...), "\n")
		}
	}
	return doc
}

// metadataHas tells whether the object's own metadata has the line.
func metadataHas(doc, line string) bool {
	inside := false
	for _, l := range strings.Split(doc, "\n") {
		switch {
		case l == "metadata:":
			inside = true
		case inside && l == line:
			return true
		case inside && l != "" && !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "#"):
			return false
		}
	}
	return false
}
