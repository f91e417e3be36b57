package fhir

import "encoding/json"

// Questionnaire is the part of the FHIR R4 resource that Export writes.
type Questionnaire struct {
	ResourceType string         `json:"resourceType"`
	Language     string         `json:"language,omitempty"` // of the texts, unless one says otherwise
	Extension    []Extension    `json:"extension,omitempty"`
	URL          string         `json:"url"`
	Identifier   []Identifier   `json:"identifier"`
	Version      string         `json:"version"`
	Name         string         `json:"name"`
	Title        string         `json:"title,omitempty"`
	TitleElement *Element       `json:"_title,omitempty"`
	Status       string         `json:"status"`
	UseContext   []UsageContext `json:"useContext,omitempty"`
	Copyright    string         `json:"copyright,omitempty"`
	Item         []Item         `json:"item"`
}

// Item is a question (choice), the stem (display) or a score (decimal, calculated).
type Item struct {
	Extension      []Extension    `json:"extension,omitempty"`
	LinkID         string         `json:"linkId"`
	Text           string         `json:"text,omitempty"`
	TextElement    *Element       `json:"_text,omitempty"`
	Type           string         `json:"type"`
	EnableWhen     []EnableWhen   `json:"enableWhen,omitempty"`
	EnableBehavior string         `json:"enableBehavior,omitempty"`
	ReadOnly       bool           `json:"readOnly,omitempty"`
	AnswerOption   []AnswerOption `json:"answerOption,omitempty"`
}

// EnableWhen is one condition on which an item is asked.
type EnableWhen struct {
	Question      string  `json:"question"`
	Operator      string  `json:"operator"`
	AnswerBoolean *bool   `json:"answerBoolean,omitempty"`
	AnswerCoding  *Coding `json:"answerCoding,omitempty"`
}

// AnswerOption is one answer that may be given.
type AnswerOption struct {
	ValueCoding Coding `json:"valueCoding"`
}

// Coding is an answer; its code is the number that is scored.
type Coding struct {
	Extension      []Extension `json:"extension,omitempty"`
	Code           string      `json:"code"`
	Display        string      `json:"display,omitempty"`
	DisplayElement *Element    `json:"_display,omitempty"`
}

// Element holds the extensions of a value that has no place for them.
type Element struct {
	Extension []Extension `json:"extension,omitempty"`
}

// Extension is a value under a name, or more extensions under it.
type Extension struct {
	URL             string       `json:"url"`
	Extension       []Extension  `json:"extension,omitempty"`
	ValueBoolean    *bool        `json:"valueBoolean,omitempty"`
	ValueCode       string       `json:"valueCode,omitempty"`
	ValueDecimal    *json.Number `json:"valueDecimal,omitempty"`
	ValueInteger    *json.Number `json:"valueInteger,omitempty"`
	ValueString     *string      `json:"valueString,omitempty"`
	ValueExpression *Expression  `json:"valueExpression,omitempty"`
}

// Expression is a calculation in a language.
type Expression struct {
	Language   string `json:"language"`
	Expression string `json:"expression"`
}

// Identifier is a business name of the resource.
type Identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

// UsageContext says for whom the resource is meant.
type UsageContext struct {
	Code       Code  `json:"code"`
	ValueRange Range `json:"valueRange"`
}

// Code is a coded word of FHIR itself.
type Code struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

// Range has two ends; either may be open.
type Range struct {
	Low  *Quantity `json:"low,omitempty"`
	High *Quantity `json:"high,omitempty"`
}

// Quantity is a number with a UCUM unit.
type Quantity struct {
	Value  int    `json:"value"`
	Unit   string `json:"unit"`
	System string `json:"system"`
	Code   string `json:"code"`
}

// The extensions of FHIR itself and of its guide Structured Data Capture that are used.
const (
	ordinalValue         = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
	translation          = "http://hl7.org/fhir/StructureDefinition/translation"
	elementLanguage      = "http://hl7.org/fhir/StructureDefinition/language"
	hidden               = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"
	calculatedExpression = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
)

// The names of Evenkeel's own.
const (
	base             = "https://screening.evenkeel.dev/fhir/"
	instrumentCode   = base + "instrument"
	instrumentFields = base + "StructureDefinition/instrument-"
	itemFields       = base + "StructureDefinition/item-"
	scaleFields      = base + "StructureDefinition/scale-"

	stemLinkID    = "/stem"
	scaleLinkID   = "/scale/" // and the scale's code; an item's code has no slash
	usageContexts = "http://terminology.hl7.org/CodeSystem/usage-context-type"
	ucum          = "http://unitsofmeasure.org"
)
