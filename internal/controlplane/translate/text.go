package translate

import (
	"errors"
	"fmt"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// lackingText names every text that a Confirmed language of an instrument lacks; nil
// when what students would read is complete.
func lackingText(spec v1alpha1.InstrumentSpec) error {
	var errs []error
	shown := 0
	for _, l := range spec.Languages {
		if l.State != v1alpha1.LanguageConfirmed {
			continue
		}
		shown++
		switch l.Tag {
		case v1alpha1.LanguageZhCN:
			errs = append(errs, lacks(spec, "zhCN", func(t v1alpha1.Text) string { return t.ZhCN }))
		case v1alpha1.LanguageEn:
			errs = append(errs, lacks(spec, "en", func(t v1alpha1.Text) string { return t.En }))
		}
	}
	if shown == 0 {
		return errors.New("languages: none is Confirmed; compare the wording of one with the published form and set its state to Confirmed")
	}
	return errors.Join(errs...)
}

func lacks(spec v1alpha1.InstrumentSpec, language string, in func(v1alpha1.Text) string) error {
	var faults fault.List
	need := func(t v1alpha1.Text, path string) {
		faults.AddIf(in(t) == "", path+"."+language, "is empty; write the wording of the published form")
	}
	need(spec.Title, "title")
	need(spec.Stem, "stem")
	for i, item := range spec.Items {
		need(item.Text, fmt.Sprintf("items[%d].text", i))
	}
	for i, set := range spec.OptionSets {
		for j, option := range set.Options {
			need(option.Text, fmt.Sprintf("optionSets[%d].options[%d].text", i, j))
		}
	}
	return faults.Err()
}
