package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// MaxBytes is the size of the largest document that Import takes. No published
// questionnaire comes near it.
const MaxBytes = 16 << 20

// The bounds of a document's form.
const (
	maxDepth  = 40
	maxKey    = 100
	maxValues = 500_000 // each takes some hundred bytes of memory, and "{}," three of the file; norms that fit a round's record make 400,000
)

// reader counts the values that it has read.
type reader struct {
	*json.Decoder
	values int
}

// node is one value of a JSON document, with where it is and whether it was read. The
// accessors work on a nil node, which is a value that is not there.
type node struct {
	parent  *node
	name    string   // in the parent: ".key" or "[index]"
	keys    []string // of an object, in order
	members map[string]*node
	array   []*node
	leaf    any // string, json.Number, bool or nil
	kind    string
	read    bool
}

// The kinds of node, as they are named in errors.
const (
	anObject = "an object"
	anArray  = "an array"
	aString  = "a string"
	aNumber  = "a number"
	aBoolean = "a boolean"
	aNull    = "null"
)

// parse reads one JSON value and nothing after it.
func parse(raw []byte) (*node, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("the document has %d bytes; a Questionnaire has at most %d", len(raw), MaxBytes)
	}
	decoder := &reader{Decoder: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))}
	decoder.UseNumber()
	root, err := parseValue(decoder, &node{}, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("something follows the Questionnaire after byte %d; write one resource in a file", decoder.InputOffset())
	}
	return root, nil
}

// parseValue fills n, whose place is known, with the value that comes next.
func parseValue(decoder *reader, n *node, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, &fault.Error{Path: n.path(), Problem: fmt.Sprintf("is nested deeper than %d levels", maxDepth)}
	}
	if decoder.values++; decoder.values > maxValues {
		return nil, &fault.Error{Path: n.path(), Problem: fmt.Sprintf("is one value too many; a Questionnaire has at most %d", maxValues)}
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, parseError(err, n, decoder)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return n, n.parseObject(decoder, depth)
		}
		return n, n.parseArray(decoder, depth)
	case string:
		n.kind, n.leaf = aString, t
	case json.Number:
		n.kind, n.leaf = aNumber, t
	case bool:
		n.kind, n.leaf = aBoolean, t
	default:
		n.kind = aNull
	}
	return n, nil
}

func (n *node) parseObject(decoder *reader, depth int) error {
	n.kind, n.members = anObject, map[string]*node{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return parseError(err, n, decoder)
		}
		key, _ := token.(string) // the decoder takes nothing else here
		if len(key) > maxKey {
			return &fault.Error{Path: n.path(), Problem: fmt.Sprintf("has a member whose name is longer than %d bytes", maxKey)}
		}
		member := &node{parent: n, name: "." + key}
		if n.members[key] != nil {
			return &fault.Error{Path: member.path(), Problem: "is written twice; leave one out"}
		}
		n.members[key], n.keys = member, append(n.keys, key)
		if _, err := parseValue(decoder, member, depth+1); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return parseError(err, n, decoder)
}

func (n *node) parseArray(decoder *reader, depth int) error {
	n.kind = anArray
	for decoder.More() {
		element := &node{parent: n, name: fmt.Sprintf("[%d]", len(n.array))}
		n.array = append(n.array, element)
		if _, err := parseValue(decoder, element, depth+1); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return parseError(err, n, decoder)
}

func parseError(err error, at *node, decoder *reader) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	return &fault.Error{Path: at.path(), Problem: fmt.Sprintf("is not JSON near byte %d: %v", decoder.InputOffset(), err)}
}

// path is where the node is, such as "item[2].text".
func (n *node) path() string {
	path := ""
	for ; n != nil; n = n.parent {
		path = n.name + path
	}
	if path == "" {
		return "the document"
	}
	return strings.TrimPrefix(path, ".")
}

// get is a member of an object; nil when there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	n.read = true
	return n.members[key]
}

// peek is get, without marking n as read.
func (n *node) peek(key string) *node {
	if n == nil {
		return nil
	}
	return n.members[key]
}

// elements are those of an array.
func (n *node) elements() []*node {
	if n == nil {
		return nil
	}
	n.read = true
	return n.array
}

// text is a string, or "".
func (n *node) text(faults *fault.List) string {
	if n == nil {
		return ""
	}
	n.read = true
	s, isString := n.leaf.(string)
	faults.AddIf(!isString, n.path(), "is %s; write a string", n.kind)
	return s
}

// number is a JSON number as it was written, or "".
func (n *node) number(faults *fault.List) json.Number {
	if n == nil {
		return ""
	}
	n.read = true
	number, isNumber := n.leaf.(json.Number)
	faults.AddIf(!isNumber, n.path(), "is %s; write a number", n.kind)
	return number
}

// drop marks n and all below it as read: somebody has said what became of it.
func (n *node) drop() {
	if n == nil {
		return
	}
	n.read = true
	for _, child := range n.children() {
		child.drop()
	}
}

// children are the members or elements, in order.
func (n *node) children() []*node {
	if n.kind != anObject {
		return n.array
	}
	out := make([]*node, 0, len(n.keys))
	for _, key := range n.keys {
		out = append(out, n.members[key])
	}
	return out
}

// settle marks as read whatever stands in other at the same place with the same value:
// that says nothing which is not known already.
func (n *node) settle(other *node) {
	if other == nil || n.kind != other.kind {
		return
	}
	if n.equal(other) {
		n.read = true
	}
	for _, key := range n.keys {
		n.members[key].settle(other.members[key])
	}
	for i, element := range n.array {
		if i < len(other.array) {
			element.settle(other.array[i])
		}
	}
}

func (n *node) equal(other *node) bool {
	if other == nil || n.kind != other.kind || n.leaf != other.leaf || len(n.keys) != len(other.keys) || len(n.array) != len(other.array) {
		return false
	}
	for key, member := range n.members {
		if !member.equal(other.members[key]) {
			return false
		}
	}
	for i, element := range n.array {
		if !element.equal(other.array[i]) {
			return false
		}
	}
	return true
}

// unread calls f with everything that was not read; below something unread it does not look.
func (n *node) unread(f func(*node)) {
	if !n.read {
		f(n)
		return
	}
	for _, child := range n.children() {
		child.unread(f)
	}
}
