package fhir

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// The most that an Instrument has. What goes beyond is refused before anything compares
// it with anything.
const (
	maxItems   = 200
	maxOptions = 12
	maxScales  = 30
	maxGates   = 20

	maxFaults = 100 // are told; a document with more is no Questionnaire
)

// items reads questions, scores, the stem and groups, in order.
func (i *importer) items(list *node) {
	for _, item := range list.elements() {
		if i.faults.Len() > maxFaults {
			return
		}
		i.item(item)
	}
}

func (i *importer) item(n *node) {
	if n.kind != anObject {
		i.faults.Addf(n.path(), "is %s; write an item", n.kind)
		return
	}
	kind := n.get("type").text(&i.faults)
	linkID := n.get("linkId").text(&i.faults)
	switch {
	case strings.HasPrefix(linkID, scaleLinkID) && hasExtension(n, scaleFields):
		i.scale(n, strings.TrimPrefix(linkID, scaleLinkID))
	case kind == "choice" || kind == "open-choice" || kind == "boolean":
		i.question(n, kind, linkID)
	case kind == "group" || kind == "display":
		i.heading(n)
	case hasExtension(n, calculatedExpression) || n.peek("readOnly") != nil:
		i.notes.addf(n.path(), "is calculated, in words that are not understood: compare it with the scales of the draft")
		n.drop()
	default:
		i.notes.addf(n.path(), "is of type %q, which has no options to choose from, and is left out", kind)
		n.drop()
	}
	i.items(n.get("item"))
}

// hasExtension tells whether n has an extension whose name begins with prefix.
func hasExtension(n *node, prefix string) bool {
	list := n.peek("extension")
	return list != nil && slices.ContainsFunc(list.array, func(extension *node) bool {
		url, _ := extension.peek("url").stringLeaf()
		return strings.HasPrefix(url, prefix)
	})
}

// heading is a text before items. The first is the stem.
func (i *importer) heading(n *node) {
	if n.peek("text") == nil || i.spec.Stem != (v1alpha1.Text{}) || len(i.spec.Items) > 0 {
		return // a further text stays unread and is reported
	}
	i.spec.Stem = i.text(n, "text")
}

func (i *importer) scale(n *node, code string) {
	if len(i.spec.Scales) >= maxScales {
		i.faults.Addf(n.path(), "is one scale too many; an Instrument has at most %d", maxScales)
		n.drop()
		return
	}
	scale := v1alpha1.Scale{Code: code}
	readFields(n.get("extension"), scaleFields, reflect.ValueOf(&scale).Elem(), &i.faults)
	i.spec.Scales = append(i.spec.Scales, scale)
}

func (i *importer) question(n *node, kind, linkID string) {
	if len(i.spec.Items) >= maxItems {
		i.faults.Addf(n.path(), "is one question too many; an Instrument has at most %d", maxItems)
		n.drop()
		return
	}
	if kind == "open-choice" {
		i.notes.addf(n.path()+".type", "is open-choice; an answer in the student's own words is not kept, only the options are")
	}
	item := v1alpha1.Item{Code: i.code(n, linkID)}
	readFields(n.get("extension"), itemFields, reflect.ValueOf(&item).Elem(), &i.faults)
	item.Text = i.text(n, "text")
	options, scored := i.options(n, kind, item.Code)
	i.checkOptions(n, options)
	item.OptionSet = i.optionSet(n, item.OptionSet, options)
	if scored {
		i.scored[item.Code] = int(*slices.MaxFunc(options, func(a, b v1alpha1.Option) int { return int(*a.Value) - int(*b.Value) }).Value)
	}
	if len(item.AskWhen) == 0 {
		item.AskWhen = i.askWhen(n)
	}
	i.spec.Items = append(i.spec.Items, item)
}

var itemCode = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$`)

// code is the linkId where that can be the code of an item, and otherwise q and the
// item's number.
func (i *importer) code(n *node, linkID string) string {
	_, taken := i.codes[linkID]
	if taken || linkID == "" {
		i.faults.Addf(n.path()+".linkId", "%q is empty or that of an earlier item; write one that no other item has", linkID)
		return linkID
	}
	code := linkID
	if !itemCode.MatchString(code) {
		code = "q" + strconv.Itoa(len(i.spec.Items)+1)
		for i.codeTaken(code) {
			code += "x"
		}
		i.notes.addf(n.path()+".linkId", "cannot be the code of an item, which is of small letters, digits and -; the item is called q and its number")
	}
	i.faults.AddIf(code == linkID && i.codeTaken(code), n.path()+".linkId", "%q is the code given to an earlier item; write another", linkID)
	i.codes[linkID] = code
	return code
}

func (i *importer) codeTaken(code string) bool {
	return slices.ContainsFunc(i.spec.Items, func(item v1alpha1.Item) bool { return item.Code == code })
}

// optionSet is the set of the name that the item gives, or of those options.
func (i *importer) optionSet(n *node, name string, options []v1alpha1.Option) string {
	for _, set := range i.spec.OptionSets {
		same := reflect.DeepEqual(set.Options, options)
		if same && (name == "" || name == set.Name) {
			return set.Name
		}
		if name == set.Name {
			i.faults.Addf(n.path()+".answerOption", "differs from that of an earlier item with the same option set %q; write the same options, or another name", name)
			return name
		}
	}
	if name == "" {
		name = fmt.Sprintf("options-%d", len(i.spec.OptionSets)+1)
	}
	i.spec.OptionSets = append(i.spec.OptionSets, v1alpha1.OptionSet{Name: name, Options: options})
	return name
}

func (i *importer) checkOptions(n *node, options []v1alpha1.Option) {
	seen := map[int32]bool{}
	for _, o := range options {
		i.faults.AddIf(seen[*o.Value], n.path(), "has two options that count %d; answers are told apart by what they count: write different ordinal values", *o.Value)
		seen[*o.Value] = true
	}
}

// options are the answers to a question, and whether the document says what all of them count.
func (i *importer) options(n *node, kind, item string) (options []v1alpha1.Option, scored bool) {
	if kind == "boolean" {
		i.notes.addf(n.path()+".type", "is boolean, without words: yes counts 1 and no 0; write the texts of the options")
		return []v1alpha1.Option{{Value: count(0)}, {Value: count(1)}}, false
	}
	list := slices.Clone(n.get("answerOption").elements())
	if reference := n.get("answerValueSet"); reference != nil {
		list = append(list, i.concepts(reference)...)
	}
	if len(list) < 2 || len(list) > maxOptions {
		i.faults.Addf(n.path(), "has %d options; write 2 to %d in answerOption", len(list), maxOptions)
		return nil, false
	}
	counts := make([]*int32, len(list))
	scored = true
	for k, option := range list {
		options = append(options, i.option(option, &counts[k]))
		scored = scored && counts[k] != nil
	}
	if !scored {
		i.number(n, list, counts)
	}
	i.counts[item] = map[string]*int32{}
	for k := range options {
		options[k].Value = counts[k]
		i.counts[item][optionCode(list[k])] = counts[k]
	}
	return options, scored
}

func count(n int32) *int32 { return &n }

// option reads an answerOption, or a concept of a value set.
func (i *importer) option(n *node, ordinal **int32) v1alpha1.Option {
	coding := n.peek("valueCoding")
	switch {
	case coding != nil:
		n.read = true
		*ordinal = i.ordinal(coding)
	case n.peek("valueString") != nil:
		*ordinal = i.ordinal(n)
		return v1alpha1.Option{Text: i.text(n, "valueString")}
	case n.peek("valueInteger") != nil:
		return v1alpha1.Option{Text: i.setNumber(n.peek("valueInteger"))}
	default:
		coding = n
	}
	if above := i.ordinal(n); above != nil {
		*ordinal = above
	}
	return v1alpha1.Option{Text: i.text(coding, "display")}
}

// setNumber is the text of an option that is a bare number.
func (i *importer) setNumber(n *node) v1alpha1.Text {
	number := n.number(&i.faults).String()
	return v1alpha1.Text{ZhCN: number, En: number}
}

// ordinal is what an option counts, by its extension.
func (i *importer) ordinal(n *node) *int32 {
	var out *int32
	list := n.peek("extension")
	if list == nil {
		return nil
	}
	list.read = true
	for _, extension := range list.array {
		if url, _ := extension.peek("url").stringLeaf(); url != ordinalValue {
			continue
		}
		extension.get("url").read = true
		value := extension.get("valueDecimal")
		if value == nil {
			i.faults.Addf(extension.path(), "has no valueDecimal; write the number that the option counts")
			continue
		}
		out = i.whole(value)
	}
	return out
}

func (i *importer) whole(n *node) *int32 {
	value, err := strconv.ParseFloat(n.number(&i.faults).String(), 64)
	if err != nil || value != math.Trunc(value) || value < 0 || value > 100 {
		i.faults.Addf(n.path(), "an answer counts a whole number from 0 to 100; write one (weights and multipliers belong to scales)")
		return count(0)
	}
	return count(int32(value))
}

// number gives options numbers where the document does not say what all of them count:
// their codes or integers when those are numbers, and otherwise 0, 1, 2 ... in order.
func (i *importer) number(n *node, list []*node, counts []*int32) {
	i.notes.addf(n.path(), "not every option has an ordinalValue: they are numbered, and no scale counts them; check the numbers")
	for k, option := range list {
		if counts[k] = codeNumber(option); counts[k] == nil {
			for place := range counts {
				counts[place] = count(int32(place))
			}
			return
		}
	}
}

// optionCode is the code by which an option is chosen.
func optionCode(option *node) string {
	if number := option.peek("valueInteger"); number != nil {
		return fmt.Sprint(number.leaf)
	}
	if coding := option.peek("valueCoding"); coding != nil {
		option = coding
	}
	code, _ := option.peek("code").stringLeaf()
	return code
}

func codeNumber(option *node) *int32 {
	value, err := strconv.Atoi(optionCode(option))
	if err != nil || value < 0 || value > 100 {
		return nil
	}
	return count(int32(value))
}

// concepts are those of the contained value set that a question refers to.
func (i *importer) concepts(reference *node) []*node {
	url := reference.text(&i.faults)
	if i.sets == nil {
		i.readContained()
	}
	id, local := strings.CutPrefix(url, "#")
	list, found := i.sets[id]
	i.faults.AddIf(!local || !found, reference.path(), "the value set %q is not in the document; write its options as answerOption", url)
	return list
}

// readContained reads the value sets that the document brings along.
func (i *importer) readContained() {
	i.sets = map[string][]*node{}
	for _, resource := range i.root.get("contained").elements() {
		id, _ := resource.peek("id").stringLeaf()
		kind, _ := resource.peek("resourceType").stringLeaf()
		if _, known := i.sets[id]; known || id == "" || kind != "ValueSet" {
			continue // unread, and so reported
		}
		resource.get("resourceType").drop()
		resource.get("id").drop()
		list := slices.Clone(resource.get("expansion").get("contains").elements())
		for _, include := range resource.get("compose").get("include").elements() {
			list = append(list, include.get("concept").elements()...)
		}
		i.sets[id] = list
	}
}
