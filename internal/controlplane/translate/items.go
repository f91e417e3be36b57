package translate

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// instrumentTranslation gathers what is at fault on the way.
type instrumentTranslation struct {
	shown  func(v1alpha1.Text) contract.Text
	faults fault.List
}

func (t *instrumentTranslation) instrument(spec v1alpha1.InstrumentSpec) contract.Instrument {
	sets := make(map[string][]contract.Option, len(spec.OptionSets))
	for _, set := range spec.OptionSets {
		sets[set.Name] = list(set.Options, t.option)
	}
	out := contract.Instrument{
		Code: spec.Code, Version: spec.Version, Title: t.shown(spec.Title), Stem: t.shown(spec.Stem),
		MinAge: int(spec.AgeRange.MinYears), MaxAge: int(spec.AgeRange.MaxYears),
		Administration: contract.Administration(spec.Administration),
	}
	for i, it := range spec.Items {
		options, found := sets[it.OptionSet]
		t.faults.AddIf(!found, fmt.Sprintf("items[%d].optionSet", i),
			"no option set %q; write the name of one in optionSets", it.OptionSet)
		out.Items = append(out.Items, contract.Item{
			Code: it.Code, Text: t.shown(it.Text), Options: options,
			Critical: list(it.Critical, criticalAnswer), AskWhen: list(it.AskWhen, itemTest),
		})
	}
	for i, s := range spec.Scales {
		out.Scales = append(out.Scales, t.scale(fmt.Sprintf("scales[%d]", i), s))
	}
	for i, q := range spec.Quality {
		out.Quality = append(out.Quality, t.quality(fmt.Sprintf("quality[%d]", i), q))
	}
	return out
}

func (t *instrumentTranslation) option(o v1alpha1.Option) contract.Option {
	return contract.Option{Value: number(o.Value), Text: t.shown(o.Text)}
}

// confirmed returns what districts get of a text: nothing in a language whose wording
// nobody compared with the published form.
func confirmed(languages []v1alpha1.Language) func(v1alpha1.Text) contract.Text {
	has := func(tag string) bool {
		return slices.ContainsFunc(languages, func(l v1alpha1.Language) bool {
			return l.Tag == tag && l.State == v1alpha1.LanguageConfirmed
		})
	}
	zhCN, en := has(v1alpha1.LanguageZhCN), has(v1alpha1.LanguageEn)
	return func(t v1alpha1.Text) contract.Text {
		if !zhCN {
			t.ZhCN = ""
		}
		if !en {
			t.En = ""
		}
		return text(t)
	}
}

func criticalAnswer(c v1alpha1.CriticalAnswer) contract.CriticalAnswer {
	return contract.CriticalAnswer{Value: number(c.Value), Class: contract.Class(c.Class)}
}

func itemTest(t v1alpha1.ItemTest) contract.ItemTest {
	return contract.ItemTest{
		Item: t.Item, From: number(t.From), To: number(t.To), OrMissing: t.WhenMissing == v1alpha1.TestHolds,
	}
}
