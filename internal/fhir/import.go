package fhir

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Import makes a Draft of a Questionnaire. The notes name, by its path, everything that
// was not understood or had to be chosen; the error names everything that cannot be an
// Instrument, as *fault.Error. A Draft of somebody else's Questionnaire lacks what FHIR
// does not say, such as ages and cut-offs: its author writes them.
func Import(raw []byte) (v1alpha1.Instrument, []Note, error) {
	root, err := parse(raw)
	if err != nil {
		return v1alpha1.Instrument{}, nil, err
	}
	i := importer{root: root, codes: map[string]string{}, counts: map[string]map[string]*int32{}, scored: map[string]int{}}
	if err := i.checkResource(); err != nil {
		return v1alpha1.Instrument{}, nil, err
	}
	i.read()
	i.faults.AddIf(i.faults.Len() > maxFaults, "the document", "may have more faults; correct these first")
	if err := i.faults.Err(); err != nil {
		return v1alpha1.Instrument{}, nil, err
	}
	if err := i.reportUnread(); err != nil {
		return v1alpha1.Instrument{}, nil, err
	}
	return v1alpha1.Instrument{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Instrument"},
		ObjectMeta: metav1.ObjectMeta{Name: slug(i.spec.Code + "-v" + i.spec.Version)},
		Spec:       i.spec,
	}, i.notes.list, nil
}

type importer struct {
	root     *node
	language string // of texts that do not say otherwise
	spec     v1alpha1.InstrumentSpec
	codes    map[string]string            // of items, by linkId
	counts   map[string]map[string]*int32 // what options count, by item and code
	scored   map[string]int               // greatest answer, by item whose options all say what they count
	sets     map[string][]*node           // concepts of contained value sets, by id
	faults   fault.List
	notes    notes
}

func (i *importer) checkResource() error {
	if i.root.kind != anObject {
		return &fault.Error{Path: i.root.path(), Problem: "is " + i.root.kind + "; write a FHIR R4 resource of type Questionnaire"}
	}
	var faults fault.List
	kind := i.root.get("resourceType").text(&faults)
	faults.AddIf(kind != "Questionnaire", "resourceType", "is %q; write a FHIR R4 resource of type Questionnaire", kind)
	return faults.Err()
}

func (i *importer) read() {
	i.readLanguage()
	ours := readFields(i.root.get("extension"), instrumentFields, reflect.ValueOf(&i.spec).Elem(), &i.faults) > 0
	i.spec.Review = v1alpha1.Review{State: v1alpha1.ReviewDraft}
	i.spec.Title = i.text(i.root, "title")
	i.spec.Version = i.root.get("version").text(&i.faults)
	i.readCode()
	i.items(i.root.get("item"))
	i.faults.AddIf(len(i.spec.Items) == 0, "item", "has no question of type choice or boolean: there is nothing to score")
	if !ours {
		i.complete()
	}
}

// readLanguage is that of the document. Without one it is seen from the title.
func (i *importer) readLanguage() {
	tag := i.root.get("language").text(&i.faults)
	switch {
	case strings.HasPrefix(tag, "zh"):
		i.language = v1alpha1.LanguageZhCN
		if tag != v1alpha1.LanguageZhCN {
			i.notes.addf("language", "%q is taken as %s; compare the characters", tag, v1alpha1.LanguageZhCN)
		}
	case tag == "en" || strings.HasPrefix(tag, "en-"):
		i.language = v1alpha1.LanguageEn
	case tag == "":
		title, _ := i.root.peek("title").stringLeaf()
		i.language = languageOf(title)
		i.notes.addf("language", "is not given; the texts are taken as %s", i.language)
	default:
		i.faults.Addf("language", "%q is not kept here; write zh-CN or en, and the texts in that language", tag)
	}
}

func languageOf(text string) string {
	for _, r := range text {
		if r >= 0x4e00 && r <= 0x9fff {
			return v1alpha1.LanguageZhCN
		}
	}
	return v1alpha1.LanguageEn
}

func (i *importer) readCode() {
	for _, identifier := range i.root.get("identifier").elements() {
		if system, _ := identifier.peek("system").stringLeaf(); system == instrumentCode {
			identifier.get("system").read = true
			i.spec.Code = identifier.get("value").text(&i.faults)
			return
		}
	}
	for _, key := range []string{"name", "title", "id"} {
		text, _ := i.root.peek(key).stringLeaf()
		if i.spec.Code = slug(text); i.spec.Code != "" {
			i.notes.addf("spec.code", "%q is made of the Questionnaire's %s; write the code you use", i.spec.Code, key)
			return
		}
	}
	i.spec.Code = "imported"
	i.notes.addf("spec.code", "is %q, since the Questionnaire has no name; write the code you use", i.spec.Code)
}

// slug is text as a code or the name of an object.
func slug(text string) string {
	out := []byte{}
	for _, c := range []byte(strings.ToLower(text)) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if letter {
			out = append(out, c)
		} else if len(out) > 0 && out[len(out)-1] != '-' {
			out = append(out, '-')
		}
	}
	return strings.Trim(string(out[:min(len(out), 40)]), "-")
}

// text is the text at key of n, with its translations.
func (i *importer) text(n *node, key string) v1alpha1.Text {
	var out v1alpha1.Text
	language := i.language
	for _, extension := range n.get("_" + key).get("extension").elements() {
		switch url, _ := extension.peek("url").stringLeaf(); url {
		case elementLanguage:
			extension.get("url").read = true
			language = extension.get("valueCode").text(&i.faults)
		case translation:
			i.translation(extension, &out)
		}
	}
	if text := n.get(key).text(&i.faults); text != "" {
		i.setText(n.get(key), &out, language, text)
	}
	return out
}

func (i *importer) translation(extension *node, out *v1alpha1.Text) {
	var language, content *node
	for _, part := range extension.get("extension").elements() {
		switch url, _ := part.peek("url").stringLeaf(); url {
		case "lang":
			part.get("url").read = true
			language = part.get("valueCode")
		case "content":
			part.get("url").read = true
			if content = part.get("valueString"); content == nil {
				content = part.get("valueMarkdown")
			}
		}
	}
	extension.get("url").read = true
	if language == nil || content == nil {
		i.faults.Addf(extension.path(), "lacks its lang or its content; write both")
		return
	}
	i.setText(content, out, language.text(&i.faults), content.text(&i.faults))
}

// setText keeps Chinese and English; another language is left unread and so reported.
func (i *importer) setText(at *node, out *v1alpha1.Text, language, text string) {
	switch {
	case language == v1alpha1.LanguageZhCN:
		out.ZhCN = text
	case language == "en" || strings.HasPrefix(language, "en-"):
		out.En = text
	default:
		i.notes.addf(at.path(), "is in %q, which is not kept here, and is left out", language)
	}
}

// reportUnread notes everything that was not read, but what an export of the result
// would say in the same words: that is not lost.
func (i *importer) reportUnread() error {
	document, _ := translate.Instrument(i.spec) // a Draft need not compile
	e := exporter{spec: i.spec, document: document, language: i.language}
	again, err := e.questionnaire()
	if err != nil {
		return fmt.Errorf("writing the instrument again to compare it: %w", err)
	}
	raw, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("writing the instrument again to compare it: %w", err)
	}
	same, err := parse(raw)
	if err != nil {
		return fmt.Errorf("reading the instrument again to compare it: %w", err)
	}
	i.root.settle(same)
	i.root.unread(func(n *node) { i.notes.addf(n.path(), "%s", unreadMessage(n)) })
	return nil
}

func unreadMessage(n *node) string {
	url, _ := n.peek("url").stringLeaf()
	switch {
	case url == calculatedExpression, strings.HasSuffix(n.path(), "].valueExpression.expression"):
		return "calculates otherwise than the fields of the scale say; the fields count"
	case n.name == ".status" && n.parent.parent == nil:
		return "is left out: every import is a Draft, to be reviewed here"
	case n.name == ".enableWhen":
		return "asks the item otherwise than its askWhen says; askWhen counts"
	case url != "":
		return fmt.Sprintf("extension %q is not understood and left out", url)
	}
	return "is not understood and left out"
}
