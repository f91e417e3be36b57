package instrument

import (
	"fmt"
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// normGroups checks whom the norms cover: everyone at most once.
func (c *checker) normGroups(path string, scale contract.Scale) {
	if scale.Method == contract.Cases {
		c.AddIf(len(scale.Norms) > 0, path+".norms", "scale %q: Cases have no norms; leave them out", scale.Code)
		return
	}
	if !c.fits(path+".norms", len(scale.Norms), maxNorms) {
		return
	}
	for i, norm := range scale.Norms {
		at := fmt.Sprintf("%s.norms[%d]", path, i)
		oneOf(c, at+".sex", "sex", norm.Sex, contract.SexAny, contract.Female, contract.Male)
		c.span(at, "Age", norm.MinAge, norm.MaxAge, maxAge)
		c.span(at, "Grade", norm.MinGrade, norm.MaxGrade, maxGrade)
		c.fits(at+".rows", len(norm.Rows), maxNormRows)
		first := slices.IndexFunc(scale.Norms[:i], func(other contract.Norm) bool { return overlap(norm, other) })
		c.AddIf(first >= 0, at, "covers students whom norms[%d] covers too; narrow sex, age or grade of one of them", first)
	}
}

func (c *checker) span(path, what string, lo, hi, limit int) {
	c.AddIf(lo < 0 || hi < lo || hi > limit, path+".max"+what,
		"is %d, with min%s %d; write 0 < min%s <= max%s <= %d, or 0 twice for any", hi, what, lo, what, what, limit)
}

func overlap(a, b contract.Norm) bool {
	return (a.Sex == b.Sex || a.Sex == contract.SexAny || b.Sex == contract.SexAny) &&
		spansMeet(a.MinAge, a.MaxAge, b.MinAge, b.MaxAge) && spansMeet(a.MinGrade, a.MaxGrade, b.MinGrade, b.MaxGrade)
}

// spansMeet reports whether two spans share a figure; a span of 0..0 has them all.
func spansMeet(lo, hi, otherLo, otherHi int) bool {
	return lo == 0 && hi == 0 || otherLo == 0 && otherHi == 0 || lo <= otherHi && otherLo <= hi
}

// normRows requires one row for every raw value that can occur, and no other. It
// reports the first fault of a table: what follows is often the same one again.
func (c *checker) normRows(path, scale string, rows []contract.NormRow, raw []float64) {
	for i, row := range rows {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i > 0 && !(row.Raw > rows[i-1].Raw):
			c.Addf(at+".raw", "scale %q: %g does not rise above the row before it; list raw values in rising order, each once", scale, row.Raw)
		case !(math.Abs(row.Standard) <= maxStandard):
			c.Addf(at+".standard", "scale %q: %g is no standard value; write a number in -%g..%g", scale, row.Standard, maxStandard, maxStandard)
		case i >= len(raw) || row.Raw < raw[i]:
			c.Addf(at+".raw", "scale %q: no response has the raw value %g; take the row out", scale, row.Raw)
		case row.Raw > raw[i]:
			c.Addf(at+".raw", "scale %q: no row for the raw value %g; add it before this one", scale, raw[i])
		default:
			continue
		}
		return
	}
	c.AddIf(len(rows) < len(raw), path, "scale %q: no row for the raw value %g; add it", scale, raw[min(len(rows), len(raw)-1)])
}
