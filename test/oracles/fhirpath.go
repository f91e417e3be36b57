package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/fhir"
)

// everything is an instrument with every method, rounding and gate; no shipped one has them all.
const everything = "internal/fhir/testdata/everything.yaml"

const fhirpathSection = `## FHIRPath: exported Questionnaires
Each instrument is exported as a Questionnaire; HL7's fhirpath evaluates its calculated items on complete
QuestionnaireResponses: every option's lowest and highest, both mixed, and random ones. Gated items are asked as
the Questionnaire's enableWhen says there, and as the instrument's askWhen says here. Values must be equal as
numbers, with no tolerance. Quality rules are left out, since a void response has no values to compare; of scales
with norms the raw score is compared. "everything" is no questionnaire but has every method and rounding.

| instrument | forms | scales | values compared | gated items left out |
|---|---|---|---|---|
`

// fhirpath compares with HL7's FHIRPath engine.
func (r *report) fhirpath(ctx context.Context, engine string, instruments []v1alpha1.InstrumentSpec, random int) error {
	if err := r.engineVersion(ctx, engine); err != nil {
		return err
	}
	all, err := shipped(ctx, everything)
	if err != nil {
		return err
	}
	rows, total := "", 0
	for _, spec := range slices.Concat(instruments, all) {
		forms, err := r.evaluate(ctx, engine, spec, random)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Code, err)
		}
		total += forms.values
		rows += fmt.Sprintf("| %s | %d | %d | %d | %d |\n", spec.Code, len(forms.answers), len(spec.Scales), forms.values, forms.unasked)
	}
	rows += fmt.Sprintf("| **all** | | | **%d** | |\n", total)
	r.sections = append(r.sections, fhirpathSection+rows)
	return nil
}

func (r *report) engineVersion(ctx context.Context, engine string) error {
	raw, err := os.ReadFile(filepath.Join(engine, "node_modules", "fhirpath", "package.json"))
	if err != nil {
		return err
	}
	var found struct{ Version string }
	if err := json.Unmarshal(raw, &found); err != nil {
		return err
	}
	node, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return err
	}
	r.versions = append(r.versions, "fhirpath "+found.Version, "Node "+string(bytes.TrimSpace(node)))
	return nil
}

// forms are complete answers to one instrument and what was made of them.
type forms struct {
	answers []map[string]int
	values  int // compared
	unasked int
}

func (r *report) evaluate(ctx context.Context, engine string, spec v1alpha1.InstrumentSpec, random int) (forms, error) {
	questionnaire, _, err := fhir.Export(spec)
	if err != nil {
		return forms{}, err
	}
	document, err := translate.Instrument(spec)
	if err != nil {
		return forms{}, err
	}
	document.Quality = nil
	compiled, err := instrument.Compile(document)
	if err != nil {
		return forms{}, err
	}
	f := forms{answers: complete(document, random)}
	theirs, err := theirValues(ctx, engine, questionnaire, f.answers)
	if err != nil {
		return forms{}, err
	}
	for i, form := range f.answers {
		response, unasked := respond(compiled, document, form)
		f.unasked += unasked
		for _, s := range compiled.Score(response).Scales {
			f.values++
			their := theirs[i]["/scale/"+s.Code]
			if s.Status != instrument.Scored || their == nil || *their != s.Raw {
				r.differ("%s form %d, %s: %s %v, fhirpath says %v", spec.Code, i, s.Code, s.Status, s.Raw, show(their))
			}
		}
	}
	return f, nil
}

func show(value *float64) any {
	if value == nil {
		return "nothing"
	}
	return *value
}

func theirValues(ctx context.Context, engine string, questionnaire fhir.Questionnaire, answers []map[string]int) ([]map[string]*float64, error) {
	input, err := json.Marshal(map[string]any{"questionnaire": questionnaire, "forms": answers})
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "node", "evaluate.mjs")
	command.Dir, command.Stdin, command.Stderr = engine, bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, err
	}
	var out []map[string]*float64
	return out, json.Unmarshal(output, &out)
}

// complete gives every item an answer: the lowest everywhere, the highest everywhere,
// the two in turn, and at random. The seed is fixed, so that a difference can be seen again.
func complete(in contract.Instrument, random int) []map[string]int {
	source := rand.New(rand.NewPCG(1, 2))
	choose := []func(i int, options []int) int{
		func(_ int, options []int) int { return slices.Min(options) },
		func(_ int, options []int) int { return slices.Max(options) },
		func(i int, options []int) int { return ends(options)[i%2] },
		func(i int, options []int) int { return ends(options)[1-i%2] },
	}
	for range random {
		choose = append(choose, func(_ int, options []int) int { return options[source.IntN(len(options))] })
	}
	var out []map[string]int
	for _, one := range choose {
		form := map[string]int{}
		for i, item := range in.Items {
			var options []int
			for _, option := range item.Options {
				options = append(options, option.Value)
			}
			form[item.Code] = one(i, options)
		}
		out = append(out, form)
	}
	return out
}

func ends(options []int) [2]int { return [2]int{slices.Min(options), slices.Max(options)} }

// respond is the response to a form: what the gates do not open is not asked.
func respond(compiled *instrument.Compiled, in contract.Instrument, form map[string]int) (response *instrument.Response, unasked int) {
	response = compiled.NewResponse()
	response.Person = instrument.Person{Sex: contract.Female, Age: 12, Grade: 6} // for norms: without one there is no raw score either
	asked := map[string]bool{}
	for i, item := range in.Items {
		asked[item.Code] = len(item.AskWhen) == 0 || slices.ContainsFunc(item.AskWhen, func(t contract.ItemTest) bool {
			return asked[t.Item] && t.From <= form[t.Item] && form[t.Item] <= t.To
		})
		if !asked[item.Code] {
			unasked++
			response.Answers[i] = instrument.Answer{Missing: instrument.NotAsked}
			continue
		}
		response.Answers[i] = instrument.Answer{Value: form[item.Code]}
	}
	return response, unasked
}
