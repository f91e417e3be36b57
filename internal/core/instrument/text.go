package instrument

import (
	"errors"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// CheckText returns nil when the instrument can be shown to a student in at least
// one language: title, stem, every item and every option have text in it. Otherwise
// it joins what each language lacks. An instrument may ship without text, scored but
// never shown, because its licence keeps the wording with the publisher.
func CheckText(in contract.Instrument) error {
	zh := lacks(in, "zhCN", func(t contract.Text) string { return t.ZhCN })
	en := lacks(in, "en", func(t contract.Text) string { return t.En })
	if zh == nil || en == nil {
		return nil
	}
	return fmt.Errorf("instrument %q cannot be shown: no language is complete: %w", in.Code, errors.Join(zh, en))
}

func lacks(in contract.Instrument, language string, text func(contract.Text) string) error {
	var faults fault.List
	need := func(t contract.Text, path string) {
		faults.AddIf(text(t) == "", path+"."+language, "is empty; write the approved wording")
	}
	need(in.Title, "title")
	need(in.Stem, "stem")
	for i, item := range in.Items {
		need(item.Text, fmt.Sprintf("items[%d].text", i))
		for j, option := range item.Options {
			need(option.Text, fmt.Sprintf("items[%d].options[%d].text", i, j))
		}
	}
	return faults.Err()
}
