package fhir

import (
	"fmt"
	"strconv"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
)

// askWhen turns an enableWhen that compares with "=" into a gate. Another one stays
// unread, and the item is always asked.
func (i *importer) askWhen(n *node) []v1alpha1.ItemTest {
	conditions := n.peek("enableWhen")
	if conditions == nil {
		return nil
	}
	i.faults.AddIf(len(conditions.array) > maxGates, conditions.path(), "has %d conditions; write at most %d", len(conditions.array), maxGates)
	behavior, _ := n.peek("enableBehavior").stringLeaf()
	var tests []v1alpha1.ItemTest
	for _, condition := range conditions.array {
		test, understood := i.gate(condition)
		if !understood || len(conditions.array) > 1 && behavior != "any" {
			i.notes.addf(conditions.path(), "only answers that are equal to an option, any of which opens the item, are understood: the draft asks the item always")
			conditions.drop()
			return nil
		}
		tests = append(tests, test)
	}
	conditions.drop()
	n.get("enableBehavior").drop()
	return tests
}

func (i *importer) gate(condition *node) (v1alpha1.ItemTest, bool) {
	question, _ := condition.peek("question").stringLeaf()
	operator, _ := condition.peek("operator").stringLeaf()
	code, known := i.codes[question]
	if !known || operator != "=" {
		return v1alpha1.ItemTest{}, false
	}
	value := i.answered(code, condition)
	return v1alpha1.ItemTest{Item: code, From: value, To: value}, value != nil
}

// answered is what the answer of an enableWhen counts; nil when the item has no such option.
func (i *importer) answered(item string, condition *node) *int32 {
	if yes := condition.peek("answerBoolean"); yes != nil {
		if yes.leaf == true {
			return count(1)
		}
		return count(0)
	}
	coding := condition.peek("answerCoding")
	if coding == nil {
		return nil
	}
	code, _ := coding.peek("code").stringLeaf()
	return i.counts[item][code]
}

// complete fills in what a Questionnaire of somebody else does not say but implies.
func (i *importer) complete() {
	i.completeTexts()
	copyright := i.root.get("copyright").text(&i.faults)
	if len([]rune(copyright)) > maxLicence {
		copyright = string([]rune(copyright)[:maxLicence])
		i.notes.addf("copyright", "is longer than %d characters; the rest is left out", maxLicence)
	}
	i.spec.Licence.Name = copyright
	i.completeScale()
	i.notes.addf("spec.items", "FHIR does not say which answers signal danger: mark those in critical, with the class of each")
}

// maxLicence is the longest name of a licence.
const maxLicence = 500

func (i *importer) completeTexts() {
	if i.spec.Version == "" {
		i.spec.Version = "1"
		i.notes.addf("spec.version", `is "1", since the Questionnaire has none`)
	}
	source := "the imported Questionnaire"
	if url, _ := i.root.peek("url").stringLeaf(); url != "" && len(url) <= 400 {
		source = "the Questionnaire " + url
		i.root.get("url").read = true
	}
	for _, tag := range []string{v1alpha1.LanguageZhCN, v1alpha1.LanguageEn} {
		if i.writtenIn(tag) {
			i.spec.Languages = append(i.spec.Languages, v1alpha1.Language{Tag: tag, State: v1alpha1.LanguageUnconfirmed, Source: source})
		}
	}
}

// writtenIn tells whether any text of the questionnaire is in a language.
func (i *importer) writtenIn(tag string) bool {
	texts := []v1alpha1.Text{i.spec.Title, i.spec.Stem}
	for _, item := range i.spec.Items {
		texts = append(texts, item.Text)
	}
	for _, t := range texts {
		if tag == v1alpha1.LanguageZhCN && t.ZhCN != "" || tag == v1alpha1.LanguageEn && t.En != "" {
			return true
		}
	}
	return false
}

// completeScale is the sum of the items whose options all say what they count. It judges
// nothing: its one band covers everything, nothing may be missing, and policies need not
// answer it, until somebody writes the published rules.
func (i *importer) completeScale() {
	if len(i.scored) == 0 {
		i.notes.addf("spec.scales", "no item says what its options count: write the scales")
		return
	}
	scale := v1alpha1.Scale{
		Code: "total", Method: "Sum", MaxMissing: count(0), Rounding: "None", Purpose: "Describe",
		Source: "Sum of the ordinal values of an imported Questionnaire, not compared with the published rules",
	}
	most := 0
	for _, item := range i.spec.Items {
		if greatest, scored := i.scored[item.Code]; scored {
			scale.Items = append(scale.Items, item.Code)
			most += greatest
		}
	}
	scale.Bands = []v1alpha1.Band{{Name: "Any", From: v1alpha1.Decimal{Text: "0"}, To: v1alpha1.Decimal{Text: strconv.Itoa(most)}}}
	i.spec.Scales = []v1alpha1.Scale{scale}
	i.notes.addf("spec.scales[0]", "is the sum of the %s: compare it with the published rules, and write its bands, maxMissing and purpose",
		fmt.Sprintf("%d items that say what their options count", len(scale.Items)))
}
