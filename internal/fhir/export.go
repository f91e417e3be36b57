package fhir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
)

// Export writes an instrument as a Questionnaire. The notes name what other programs
// will not find in it. The error is what keeps the instrument from compiling; only one
// that scores is exported.
func Export(spec v1alpha1.InstrumentSpec) (Questionnaire, []Note, error) {
	if _, err := translate.Compile(spec); err != nil {
		return Questionnaire{}, nil, err
	}
	document, err := translate.Instrument(spec)
	if err != nil {
		return Questionnaire{}, nil, err
	}
	e := exporter{spec: spec, document: document, language: mainLanguage(spec)}
	q, err := e.questionnaire()
	return q, e.notes.list, err
}

// JSON is the resource as a file, indented.
func (q Questionnaire) JSON() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // expressions are full of < and >
	encoder.SetIndent("", "  ")
	err := encoder.Encode(q)
	return out.Bytes(), err
}

type exporter struct {
	spec     v1alpha1.InstrumentSpec
	document contract.Instrument
	language string
	notes    notes
}

// mainLanguage is the one that texts are written in where they have it: Chinese, unless
// there is none.
func mainLanguage(spec v1alpha1.InstrumentSpec) string {
	texts := []v1alpha1.Text{spec.Title, spec.Stem}
	for _, item := range spec.Items {
		texts = append(texts, item.Text)
	}
	if slices.ContainsFunc(texts, func(t v1alpha1.Text) bool { return t.ZhCN != "" }) {
		return v1alpha1.LanguageZhCN
	}
	return v1alpha1.LanguageEn
}

func (e *exporter) questionnaire() (Questionnaire, error) {
	fields, err := fieldExtensions(instrumentFields, e.spec,
		"code", "version", "title", "stem", "items", "scales", "optionSets", "review")
	if err != nil {
		return Questionnaire{}, err
	}
	title, titleElement := e.text(e.spec.Title)
	q := Questionnaire{
		ResourceType: "Questionnaire", Language: e.language, Extension: fields,
		URL: base + "Questionnaire/" + e.spec.Code, Identifier: []Identifier{{System: instrumentCode, Value: e.spec.Code}},
		Version: e.spec.Version, Name: computerName(e.spec.Code), Title: title, TitleElement: titleElement,
		Status: statuses[e.spec.Review.State], UseContext: []UsageContext{ages(e.spec.AgeRange)}, Copyright: e.spec.Licence.Name,
	}
	q.Item, err = e.items()
	return q, err
}

// statuses of a resource, by the state of the review.
var statuses = map[string]string{
	"": "draft", v1alpha1.ReviewDraft: "draft", v1alpha1.ReviewApproved: "active", v1alpha1.ReviewRetired: "retired",
}

// computerName is the code as FHIR wants a name: a capital, then letters, digits and _.
func computerName(code string) string {
	return "Q_" + strings.ReplaceAll(code, "-", "_")
}

func ages(r v1alpha1.AgeRange) UsageContext {
	years := func(n int32) *Quantity { return &Quantity{Value: int(n), Unit: "years", System: ucum, Code: "a"} }
	out := UsageContext{Code: Code{System: usageContexts, Code: "age"}, ValueRange: Range{Low: years(r.MinYears)}}
	if r.MaxYears > 0 {
		out.ValueRange.High = years(r.MaxYears)
	}
	return out
}

// text is a text in the questionnaire's language and, in extensions, in the other one. A
// text that only the other has says so.
func (e *exporter) text(t v1alpha1.Text) (string, *Element) {
	mine, other, otherTag := t.ZhCN, t.En, v1alpha1.LanguageEn
	if e.language == v1alpha1.LanguageEn {
		mine, other, otherTag = t.En, t.ZhCN, v1alpha1.LanguageZhCN
	}
	switch {
	case other == "":
		return mine, nil
	case mine == "":
		return other, &Element{Extension: []Extension{{URL: elementLanguage, ValueCode: otherTag}}}
	}
	return mine, &Element{Extension: []Extension{{URL: translation, Extension: []Extension{
		{URL: "lang", ValueCode: otherTag}, {URL: "content", ValueString: &other},
	}}}}
}

func (e *exporter) items() ([]Item, error) {
	var out []Item
	if text, element := e.text(e.spec.Stem); text != "" {
		out = append(out, Item{LinkID: stemLinkID, Text: text, TextElement: element, Type: "display"})
	}
	for i := range e.spec.Items {
		item, err := e.question(i)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	for i := range e.spec.Scales {
		item, err := e.score(i)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	e.noteUnusedSets()
	return out, nil
}

func (e *exporter) question(i int) (Item, error) {
	spec, document := e.spec.Items[i], e.document.Items[i]
	if spec.Text == (v1alpha1.Text{}) {
		e.notes.addf(fmt.Sprintf("spec.items[%d].text", i), "is empty: the licensee must supply it, and the Questionnaire has none either")
	}
	fields, err := fieldExtensions(itemFields, spec, "code", "text")
	if err != nil {
		return Item{}, err
	}
	out := Item{Extension: fields, LinkID: spec.Code, Type: "choice"}
	out.Text, out.TextElement = e.text(spec.Text)
	for _, option := range e.options(spec.OptionSet) {
		out.AnswerOption = append(out.AnswerOption, AnswerOption{ValueCoding: e.coding(option)})
	}
	out.EnableWhen = e.enableWhen(i, document)
	if len(out.EnableWhen) > 1 {
		out.EnableBehavior = "any"
	}
	return out, nil
}

func (e *exporter) options(set string) []v1alpha1.Option {
	for _, s := range e.spec.OptionSets {
		if s.Name == set {
			return s.Options
		}
	}
	return nil
}

// coding is an option. Its code is the number itself, which any FHIRPath engine can read.
func (e *exporter) coding(option v1alpha1.Option) Coding {
	value := strconv.Itoa(int(*option.Value))
	number := json.Number(value)
	out := Coding{Extension: []Extension{{URL: ordinalValue, ValueDecimal: &number}}, Code: value}
	out.Display, out.DisplayElement = e.text(option.Text)
	return out
}

func (e *exporter) item(code string) contract.Item {
	for _, item := range e.document.Items {
		if item.Code == code {
			return item
		}
	}
	return contract.Item{}
}

// enableWhen asks an item when any answer that opens its gate was given.
func (e *exporter) enableWhen(i int, item contract.Item) []EnableWhen {
	var out []EnableWhen
	for _, test := range item.AskWhen {
		opener := e.item(test.Item)
		for _, o := range opener.Options {
			if o.Value >= test.From && o.Value <= test.To {
				out = append(out, EnableWhen{Question: test.Item, Operator: "=", AnswerCoding: &Coding{Code: strconv.Itoa(o.Value)}})
			}
		}
		if test.OrMissing {
			no := false
			out = append(out, EnableWhen{Question: test.Item, Operator: "exists", AnswerBoolean: &no})
		}
		if test.OrMissing && len(opener.AskWhen) > 0 {
			e.notes.addf(fmt.Sprintf("spec.items[%d].askWhen", i),
				"enableWhen cannot tell whether %s was left blank or not asked: other programs ask this item in both cases", test.Item)
		}
	}
	return out
}

// score is an item that other programs calculate and do not show.
func (e *exporter) score(i int) (Item, error) {
	spec, document := e.spec.Scales[i], e.document.Scales[i]
	fields, err := fieldExtensions(scaleFields, spec, "code")
	if err != nil {
		return Item{}, err
	}
	if len(spec.Norms) > 0 {
		e.notes.addf(fmt.Sprintf("spec.scales[%d].norms", i),
			"are carried over, but the expression gives the raw score: a form does not know the student's sex and age")
	}
	yes := true
	fields = append(fields,
		Extension{URL: hidden, ValueBoolean: &yes},
		Extension{URL: calculatedExpression, ValueExpression: &Expression{
			Language: "text/fhirpath", Expression: newExpressions(e.document).raw(document),
		}})
	return Item{Extension: fields, LinkID: scaleLinkID + spec.Code, Text: spec.Code, Type: "decimal", ReadOnly: true}, nil
}

func (e *exporter) noteUnusedSets() {
	for i, set := range e.spec.OptionSets {
		used := slices.ContainsFunc(e.spec.Items, func(item v1alpha1.Item) bool { return item.OptionSet == set.Name })
		if !used {
			e.notes.addf(fmt.Sprintf("spec.optionSets[%d]", i), "is used by no item and not carried over")
		}
	}
}
