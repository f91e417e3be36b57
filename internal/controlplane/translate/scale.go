package translate

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

// scale fills in the schema's defaults too: files that never met an API server are
// scored alike.
func (t *instrumentTranslation) scale(path string, s v1alpha1.Scale) contract.Scale {
	out := contract.Scale{
		Code: s.Code, Items: s.Items, Reverse: s.Reverse, Weights: list(s.Weights, weight),
		Method: contract.Method(s.Method), Cases: list(s.Cases, oneCase),
		MaxMissing: number(s.MaxMissing), MissingAs: cmp.Or(contract.MissingRule(s.MissingAs), contract.Prorate),
		Multiply: t.multiplier(path+".multiply", s.Multiply), Rounding: contract.Rounding(s.Rounding),
		Worse:   cmp.Or(contract.Direction(s.Worse), contract.Higher),
		Purpose: cmp.Or(contract.ScalePurpose(s.Purpose), contract.Grade),
	}
	if out.Method == contract.Count {
		out.Count = &contract.CountRange{From: number(s.Count.From), To: number(s.Count.To)}
	}
	for i, n := range s.Norms {
		out.Norms = append(out.Norms, t.norm(fmt.Sprintf("%s.norms[%d]", path, i), n))
	}
	for i, b := range s.Bands {
		at := fmt.Sprintf("%s.bands[%d]", path, i)
		out.Bands = append(out.Bands, contract.Band{Name: b.Name, From: t.float(at+".from", b.From), To: t.float(at+".to", b.To)})
	}
	return out
}

func weight(w v1alpha1.Weight) contract.Weight {
	return contract.Weight{Item: w.Item, Weight: int(w.Weight)}
}

func oneCase(c v1alpha1.Case) contract.Case {
	return contract.Case{Name: c.Name, Value: number(c.Value), When: list(c.When, condition)}
}

func condition(c v1alpha1.Condition) contract.Condition {
	out := contract.Condition{Tests: list(c.Tests, itemTest), AtLeast: number(c.AtLeast), AtMost: len(c.Tests)}
	if c.AtMost != nil {
		out.AtMost = int(*c.AtMost)
	}
	return out
}

func (t *instrumentTranslation) norm(path string, n v1alpha1.Norm) contract.Norm {
	out := contract.Norm{
		Sex: contract.Sex(n.Sex), MinAge: int(n.MinAge), MaxAge: int(n.MaxAge),
		MinGrade: int(n.MinGrade), MaxGrade: int(n.MaxGrade),
	}
	for i, row := range n.Rows {
		at := fmt.Sprintf("%s.rows[%d]", path, i)
		out.Rows = append(out.Rows, contract.NormRow{Raw: t.float(at+".raw", row.Raw), Standard: t.float(at+".standard", row.Standard)})
	}
	return out
}

func (t *instrumentTranslation) quality(path string, q v1alpha1.QualityRule) contract.QualityRule {
	return contract.QualityRule{
		Check: contract.QualityCheck(q.Check), Scale: q.Scale,
		Threshold: t.float(path+".threshold", cmp.Or(q.Threshold, v1alpha1.Decimal{Text: "0"})), Effect: contract.QualityEffect(q.Effect),
	}
}

func (t *instrumentTranslation) float(path string, d v1alpha1.Decimal) float64 {
	f, err := d.Float()
	t.faults.AddIf(err != nil, path, "%v", err)
	return f
}

// multiplier is the decimal as a fraction in its lowest terms: "1.25" is 5/4.
func (t *instrumentTranslation) multiplier(path string, d v1alpha1.Decimal) contract.Multiplier {
	d = cmp.Or(d, v1alpha1.Decimal{Text: "1"})
	f, err := d.Float()
	if err != nil || f <= 0 {
		t.faults.Addf(path, "%q is not a decimal above 0; write the number by which the score is multiplied, such as 4 or \"1.25\"", d.Text)
		return contract.Multiplier{}
	}
	before, after, _ := strings.Cut(d.Text, ".")
	numerator, _ := strconv.Atoi(before + after) // at most twelve digits, as d is a decimal
	denominator := 1
	for range after {
		denominator *= 10
	}
	common := gcd(numerator, denominator)
	return contract.Multiplier{Numerator: numerator / common, Denominator: denominator / common}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
