package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/fhir"
)

// The form: every scale has ten items of 1 to 5, of which the second, fifth and eighth
// are reversed.
const (
	items         = 60
	scales        = 6
	itemsPerScale = items / scales
	lowest        = 1
	highest       = 5
	missingOneIn  = 50
)

func spec() v1alpha1.InstrumentSpec {
	number := func(n int32) *int32 { return &n }
	set := v1alpha1.OptionSet{Name: "often"}
	for value := int32(lowest); value <= highest; value++ {
		set.Options = append(set.Options, v1alpha1.Option{Value: number(value)})
	}
	out := v1alpha1.InstrumentSpec{
		Code: "speed", Version: "1", Administration: v1alpha1.AdministrationSelfReport,
		AgeRange: v1alpha1.AgeRange{MinYears: 6}, OptionSets: []v1alpha1.OptionSet{set},
	}
	for i := range items {
		out.Items = append(out.Items, v1alpha1.Item{Code: "q" + strconv.Itoa(i+1), OptionSet: set.Name})
	}
	for i := range scales {
		scale := v1alpha1.Scale{
			Code: "s" + strconv.Itoa(i+1), Method: "Mean", MissingAs: "Prorate", Rounding: "None", Worse: "Higher", Purpose: "Describe",
			Multiply: v1alpha1.Decimal{Text: "1"}, MaxMissing: number(itemsPerScale - 1),
			Bands: []v1alpha1.Band{{Name: "Any", From: v1alpha1.Decimal{Text: "1"}, To: v1alpha1.Decimal{Text: "5"}}},
		}
		for j := range itemsPerScale {
			code := out.Items[i*itemsPerScale+j].Code
			scale.Items = append(scale.Items, code)
			if j%3 == 1 {
				scale.Reverse = append(scale.Reverse, code)
			}
		}
		out.Scales = append(out.Scales, scale)
	}
	return out
}

func compiled() (*instrument.Compiled, error) { return translate.Compile(spec()) }

// columns are made-up answers, always the same for a number of rows.
func columns(rows int) [][]int8 {
	source := rand.New(rand.NewPCG(60, uint64(rows)))
	out := make([][]int8, items)
	for i := range out {
		out[i] = make([]int8, rows)
		for row := range out[i] {
			n := source.Uint32()
			out[i][row] = lowest + int8((n>>16)%(highest-lowest+1))
			if n&0xffff < 0x10000/missingOneIn {
				out[i][row] = instrument.BlankCode
			}
		}
	}
	return out
}

func writeAnswers(s settings) error {
	file, err := os.Create(s.path(answersFile))
	if err != nil {
		return err
	}
	defer file.Close()
	bytes := make([]byte, s.rows)
	for _, column := range columns(s.rows) {
		for row, value := range column {
			bytes[row] = byte(value)
		}
		if _, err := file.Write(bytes); err != nil {
			return err
		}
	}
	return writeForms(s)
}

// writeForms writes complete forms: FHIRPath has nothing to say of missing answers.
func writeForms(s settings) error {
	questionnaire, _, err := fhir.Export(spec())
	if err != nil {
		return err
	}
	source := rand.New(rand.NewPCG(60, 1))
	forms := make([]map[string]int, s.forms)
	for i := range forms {
		forms[i] = map[string]int{}
		for item := range items {
			forms[i]["q"+strconv.Itoa(item+1)] = lowest + source.IntN(highest-lowest+1)
		}
	}
	raw, err := json.Marshal(map[string]any{"questionnaire": questionnaire, "forms": forms})
	if err != nil {
		return fmt.Errorf("writing the forms: %w", err)
	}
	return os.WriteFile(s.path(formsFile), raw, 0o600)
}
