package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// fieldExtensions writes the JSON fields of a struct of the API, but those in omit, as
// extensions named prefix + field: a list as one extension for each element, a struct as
// an extension of extensions. readFields is its inverse.
func fieldExtensions(prefix string, object any, omit ...string) ([]Extension, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, err
	}
	for _, field := range omit {
		delete(members, field)
	}
	return memberExtensions(prefix, members), nil
}

func memberExtensions(prefix string, members map[string]any) []Extension {
	var out []Extension
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if list, isList := members[key].([]any); isList {
			for _, element := range list {
				out = append(out, valueExtension(prefix+key, element))
			}
			continue
		}
		out = append(out, valueExtension(prefix+key, members[key]))
	}
	return out
}

func valueExtension(url string, value any) Extension {
	e := Extension{URL: url}
	switch v := value.(type) {
	case map[string]any:
		e.Extension = memberExtensions("", v)
	case json.Number:
		e.ValueInteger = &v // the API has no floats
	case bool:
		e.ValueBoolean = &v
	case string:
		e.ValueString = &v
	}
	return e
}

// longest are the lists of an Instrument that are not bounded by its items, as the API
// bounds them: what is longer could be written again only at great length.
var longest = map[string]int{"cases": 20, "when": 10, "tests": 50, "norms": 60, "rows": 600}

func maxList(name string) int {
	if most, listed := longest[name]; listed {
		return most
	}
	return maxItems
}

// readFields sets the fields of the struct that target points to from the extensions
// whose names begin with prefix, and reports how many there were. Extensions that name
// no field stay unread.
func readFields(extensions *node, prefix string, target reflect.Value, faults *fault.List) int {
	found := 0
	for _, extension := range extensions.elements() {
		url, _ := extension.peek("url").stringLeaf()
		name, ours := strings.CutPrefix(url, prefix)
		if !ours {
			continue
		}
		field, known := fieldOf(target, name)
		if !known {
			continue
		}
		found++
		extension.get("url").read = true
		readField(extension, name, field, faults)
	}
	return found
}

func fieldOf(target reflect.Value, name string) (reflect.Value, bool) {
	for i := range target.NumField() {
		tag, _, _ := strings.Cut(target.Type().Field(i).Tag.Get("json"), ",")
		if tag == name && tag != "" {
			return target.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func readField(extension *node, name string, field reflect.Value, faults *fault.List) {
	switch {
	case field.Kind() == reflect.Slice && field.Len() >= maxList(name):
		faults.AddIf(faults.Len() <= maxFaults, extension.path(), "is one of more than %d; an Instrument has no more %s", maxList(name), name)
	case field.Kind() == reflect.Slice:
		element := reflect.New(field.Type().Elem()).Elem()
		readField(extension, name, element, faults)
		field.Set(reflect.Append(field, element))
	case !field.IsZero():
		faults.Addf(extension.path(), "is given twice; leave one out")
	case field.Kind() == reflect.Struct && !readsItself(field):
		readFields(extension.get("extension"), "", field, faults)
	default:
		readLeaf(extension, field, faults)
	}
}

// readsItself tells whether a struct stands for one value, as a Decimal does.
func readsItself(field reflect.Value) bool {
	_, itself := field.Addr().Interface().(json.Unmarshaler)
	return itself
}

// readLeaf takes the one value[x] of an extension.
func readLeaf(extension *node, field reflect.Value, faults *fault.List) {
	var value *node
	for _, key := range extension.keys {
		if strings.HasPrefix(key, "value") {
			value = extension.peek(key)
		}
	}
	if value == nil || value.kind == anObject || value.kind == anArray {
		faults.Addf(extension.path(), "has no value; write one, such as valueString or valueInteger")
		return
	}
	value.read = true
	raw, err := json.Marshal(value.leaf)
	if err == nil {
		err = json.Unmarshal(raw, field.Addr().Interface())
	}
	faults.AddIf(err != nil, value.path(), "is %s that does not fit: %v", value.kind, unwrapJSON(err))
}

// unwrapJSON leaves out the Go types, which say nothing to the author of a document.
func unwrapJSON(err error) any {
	if mismatch := new(json.UnmarshalTypeError); errors.As(err, &mismatch) {
		return fmt.Sprintf("%s is wanted", kindWanted(mismatch.Type))
	}
	return err
}

func kindWanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return aString
	case reflect.Bool:
		return aBoolean
	}
	return "a whole number"
}

// stringLeaf is the string that n is, without marking it as read.
func (n *node) stringLeaf() (string, bool) {
	if n == nil {
		return "", false
	}
	s, isString := n.leaf.(string)
	return s, isString
}
