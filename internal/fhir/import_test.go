package fhir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/fhir"
)

// Questionnaires of others: the draft and every note, as golden files.
func TestImportOfOthers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"options", "valueset"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			in, notes, err := fhir.Import(raw)
			if err != nil {
				t.Fatal(err)
			}
			draft, err := yaml.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, note := range notes {
				lines = append(lines, "# "+note.String())
			}
			golden(t, name+".golden.yaml", []byte(string(draft)+strings.Join(lines, "\n")+"\n"))
		})
	}
}

const option = `{"valueCoding":{"code":"a","display":"A","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":0}]}}`

func question(linkID, options string) string {
	return `{"linkId":"` + linkID + `","type":"choice","text":"T","answerOption":[` + options + `]}`
}

func resource(items ...string) string {
	return `{"resourceType":"Questionnaire","language":"en","title":"T","item":[` + strings.Join(items, ",") + `]}`
}

func TestImportErrorsNameThePath(t *testing.T) {
	t.Parallel()
	good := question("q1", option+`,{"valueCoding":{"code":"b"}}`)
	half := strings.ReplaceAll(option, `"valueDecimal":0`, `"valueDecimal":0.5`)
	tests := map[string]struct{ document, path, problem string }{
		"not JSON":          {`{"resourceType":`, "resourceType", "is not JSON near byte 16: it ends too early"},
		"two documents":     {`{} {}`, "", "something follows"},
		"a list":            {`[]`, "the document", "is an array; write a FHIR R4 resource of type Questionnaire"},
		"another resource":  {`{"resourceType":"Patient"}`, "resourceType", `is "Patient"`},
		"a name twice":      {`{"resourceType":"Questionnaire","title":"a","title":"b"}`, "title", "is written twice"},
		"too deep":          {strings.Repeat(`{"item":`, 60), strings.TrimPrefix(strings.Repeat(".item", 41), "."), "is nested deeper than 40 levels"},
		"too much of it":    {`{"x":[` + strings.Repeat("{},", 500_000) + `{}]}`, "x[499998]", "is one value too many"},
		"no questions":      {resource(), "item", "has no question"},
		"another language":  {`{"resourceType":"Questionnaire","language":"fr","item":[` + good + `]}`, "language", `"fr" is not kept here`},
		"a number as text":  {resource(`{"linkId":7,"type":"choice"}`), "item[0].linkId", "is a number; write a string"},
		"the same linkId":   {resource(good, good), "item[1].linkId", `"q1" is empty or that of an earlier item`},
		"no linkId":         {resource(question("", option+","+option)), "item[0].linkId", "is empty"},
		"one option":        {resource(question("q1", option)), "item[0]", "has 1 options; write 2 to 12"},
		"equal options":     {resource(question("q1", option+","+option)), "item[0]", "has two options that count 0"},
		"half a point":      {resource(question("q1", half+","+option)), "item[0].answerOption[0].valueCoding.extension[0].valueDecimal", "whole number from 0 to 100"},
		"a set elsewhere":   {resource(`{"linkId":"q1","type":"choice","answerValueSet":"https://sets.example/x"}`), "item[0].answerValueSet", "is not in the document"},
		"a set of nothing":  {`{"resourceType":"Questionnaire","language":"en","contained":[{"id":"x"}],"item":[{"linkId":"q1","type":"choice","answerValueSet":"#x"}]}`, "item[0].answerValueSet", "is not in the document"},
		"an item of text":   {resource(`"q1"`), "item[0]", "is a string; write an item"},
		"201 questions":     {resource(questions(201)...), "item[200]", "is one question too many"},
		"a wrong extension": {wrongExtension, "extension[0].extension[0].valueString", "a whole number is wanted"},
		"a field twice":     {fieldTwice, "extension[1]", "is given twice"},
		"an empty field":    {emptyField, "extension[0]", "has no value"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := fhir.Import([]byte(tc.document))
			if err == nil || !strings.Contains(err.Error(), tc.problem) {
				t.Fatalf("got %v, want %q", err, tc.problem)
			}
			if paths := fault.Paths(err); tc.path != "" && (len(paths) == 0 || paths[0] != tc.path) {
				t.Errorf("paths %v, want %s", paths, tc.path)
			}
		})
	}
}

const (
	prefix         = `{"resourceType":"Questionnaire","language":"en","title":"T","extension":[{"url":"https://screening.evenkeel.dev/fhir/StructureDefinition/instrument-`
	wrongExtension = prefix + `ageRange","extension":[{"url":"minYears","valueString":"six"}]}],"item":[]}`
	emptyField     = prefix + `recallPeriod"}],"item":[]}`
	fieldTwice     = prefix + `recallPeriod","valueString":"Week"},{"url":"https://screening.evenkeel.dev/fhir/StructureDefinition/instrument-recallPeriod","valueString":"Month"}],"item":[]}`
)

const scaleOfOne = `{"linkId":"/scale/a","type":"decimal","extension":[` +
	`{"url":"https://screening.evenkeel.dev/fhir/StructureDefinition/scale-method","valueString":"Sum"},` +
	`{"url":"https://screening.evenkeel.dev/fhir/StructureDefinition/scale-items","valueString":"q1"}]}`

func questions(n int) []string {
	var out []string
	for i := range n {
		out = append(out, question("q"+strings.Repeat("1", i%15+1)+string(rune('a'+i/15)), option+`,{"valueCoding":{"code":"b"}}`))
	}
	return out
}

// Whatever was changed in an export of ours is either in the draft or in a note.
func TestImportReportsEveryChange(t *testing.T) {
	t.Parallel()
	exported := string(export(t, shipped(t)["everything-v1"].Spec))
	tests := map[string]struct{ old, new, note string }{
		"a gate that says otherwise":         {`"operator": "exists"`, `"operator": "="`, "item[6].enableWhen: asks the item otherwise than its askWhen says"},
		"a calculation that says otherwise":  {`div 4`, `div 5`, "calculates otherwise than the fields of the scale say"},
		"an unknown extension":               {`StructureDefinition/item-critical`, `StructureDefinition/item-kritisch`, `extension "https://screening.evenkeel.dev/fhir/StructureDefinition/item-kritisch" is not understood`},
		"a field of a server":                {`"status": "draft"`, `"status": "draft", "date": "2026-01-01"`, "date: is not understood and left out"},
		"an approved resource":               {`"status": "draft"`, `"status": "active"`, "status: is left out: every import is a Draft"},
		"a third language":                   {`"valueCode": "en"`, `"valueCode": "fr"`, `is in "fr", which is not kept here`},
		"an age that contradicts":            {`"value": 18`, `"value": 17`, "useContext: is not understood"},
		"a code that contradicts the number": {`"code": "3"`, `"code": "4"`, "valueCoding.code"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(exported, tc.old, tc.new, 1)
			if changed == exported {
				t.Fatalf("%s is not in the export", tc.old)
			}
			_, notes, err := fhir.Import([]byte(changed))
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, note := range notes {
				all = append(all, note.String())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, tc.note) {
				t.Errorf("no note %q in:\n%s", tc.note, got)
			}
		})
	}
}

// A changed text or option is imported as it is, without a word.
func TestImportTakesEditedTexts(t *testing.T) {
	t.Parallel()
	exported := string(export(t, shipped(t)["everything-v1"].Spec))
	in, notes, err := fhir.Import([]byte(strings.Replace(exported, "第一题", "头一题", 1)))
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if diff := cmp.Diff("头一题", in.Spec.Items[0].Text.ZhCN); diff != "" {
		t.Error(diff)
	}
}

// The seeds are small: of a large one the fuzzer would spend its time on making it smaller.
func FuzzImport(f *testing.F) {
	no := `{"valueCoding":{"code":"b","display":"B"}}`
	f.Add([]byte(resource(question("q1", option+","+no))))
	f.Add([]byte(resource(question("a b", strings.ReplaceAll(option, "0", "1")+","+option))))
	f.Add([]byte(resource(`{"linkId":"g","type":"group","text":"S","item":[{"linkId":"b","type":"boolean","readOnly":true}]}`)))
	f.Add([]byte(resource(question("q1", option+","+no), `{"linkId":"q2","type":"boolean","enableWhen":[{"question":"q1","operator":"=","answerCoding":{"code":"a"}}]}`)))
	f.Add([]byte(resource(question("q1", option+","+no), scaleOfOne)))
	f.Add([]byte(`{"resourceType":"Questionnaire","title":"T","contained":[{"resourceType":"ValueSet","id":"s","compose":{"include":[{"concept":[` +
		`{"code":"a"},{"code":"b"}]}]}}],"item":[{"linkId":"q1","type":"choice","answerValueSet":"#s"}]}`))
	f.Add([]byte(wrongExtension))
	f.Add([]byte(fieldTwice))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, _, err := fhir.Import(raw)
		if err != nil {
			return
		}
		// What was taken in and scores can be given out, and comes back the same.
		if _, _, err := fhir.Export(in.Spec); err != nil {
			return
		}
		again, notes, err := fhir.Import(export(t, in.Spec))
		if err != nil {
			t.Fatalf("our own export is refused: %v", err)
		}
		if len(notes) > 0 {
			t.Fatalf("notes on our own export: %v", notes)
		}
		if diff := cmp.Diff(in.Spec, again.Spec); diff != "" {
			t.Fatalf("(-first +second):\n%s", diff)
		}
	})
}
