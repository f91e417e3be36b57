package instrument

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// scaleCode is what can be written after a dot in a policy rule.
var scaleCode = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkScales looks at norms and bands only where the items and the scale itself are
// sound: the values that a scale can take follow from them.
func (c *checker) checkScales(itemsSound bool) {
	var compiled *Compiled
	if itemsSound {
		compiled = build(contract.Instrument{Items: c.in.Items})
	}
	for i, scale := range c.in.Scales {
		path := fmt.Sprintf("scales[%d]", i)
		if first, dup := c.scales[scale.Code]; dup {
			c.Addf(path+".code", "scale %q is also scales[%d]; write a code of its own", scale.Code, first)
			continue
		}
		c.scales[scale.Code] = i
		before := c.Len()
		c.scale(path, scale)
		if compiled != nil && c.Len() == before {
			c.values(path, scale, compiled)
		}
	}
}

func (c *checker) scale(path string, scale contract.Scale) {
	c.AddIf(!scaleCode.MatchString(scale.Code), path+".code",
		"scale code %q cannot be used in a rule; write letters, digits and _, beginning with a letter", scale.Code)
	oneOf(c, path+".method", "method", scale.Method, contract.Sum, contract.Mean, contract.Count, contract.Cases)
	oneOf(c, path+".missingAs", "rule for missing items", scale.MissingAs, contract.Prorate, contract.Zero)
	oneOf(c, path+".rounding", "rounding", scale.Rounding,
		contract.NotRounded, contract.HalfUp, contract.HalfEven, contract.Down, contract.Up)
	oneOf(c, path+".worse", "direction", scale.Worse, contract.Higher, contract.Lower)
	oneOf(c, path+".purpose", "purpose", scale.Purpose, contract.Grade, contract.Describe, contract.Validity)
	if !c.fits(path+".items", len(scale.Items), maxItems) {
		return
	}
	members := c.members(path, scale)
	c.missing(path, scale)
	c.reverse(path, scale, members)
	c.weights(path, scale, members)
	c.count(path, scale)
	c.cases(path, scale, members)
	c.multiply(path, scale)
	c.normGroups(path, scale)
}

// members checks the scale's list of items and returns it as a set.
func (c *checker) members(path string, scale contract.Scale) map[string]bool {
	c.AddIf(len(scale.Items) == 0, path+".items", "scale %q has no items; list at least one", scale.Code)
	members := map[string]bool{}
	for i, item := range scale.Items {
		at := fmt.Sprintf("%s.items[%d]", path, i)
		_, known := c.positions[item]
		c.AddIf(!known, at, "scale %q: no item %q in this instrument; write the code of one of its items", scale.Code, item)
		c.AddIf(members[item], at, "scale %q counts item %q twice; list it once", scale.Code, item)
		members[item] = true
	}
	return members
}

// missing keeps at least one answered item for a Sum, Mean or Count to go by.
func (c *checker) missing(path string, scale contract.Scale) {
	if scale.Method == contract.Cases {
		c.AddIf(scale.MaxMissing < 0 || scale.MaxMissing > len(scale.Items), path+".maxMissing",
			"scale %q: %d missing items of %d cannot be allowed; write 0..%d",
			scale.Code, scale.MaxMissing, len(scale.Items), len(scale.Items))
		return
	}
	always := 0
	for _, item := range scale.Items {
		if i, known := c.positions[item]; !known || len(c.in.Items[i].AskWhen) == 0 {
			always++
		}
	}
	if len(scale.Items) > 0 && always == 0 {
		c.Addf(path+".items", "every item of scale %q may go unasked; list one that is always asked", scale.Code)
		return
	}
	c.AddIf(scale.MaxMissing < 0 || scale.MaxMissing >= max(always, 1), path+".maxMissing",
		"scale %q: %d missing items cannot be allowed; write 0 up to one less than its %d items that are always asked",
		scale.Code, scale.MaxMissing, always)
}

func (c *checker) reverse(path string, scale contract.Scale, members map[string]bool) {
	if scale.Method == contract.Cases {
		c.AddIf(len(scale.Reverse) > 0, path+".reverse", "scale %q: Cases look at answers as given; leave it out", scale.Code)
		return
	}
	if !c.fits(path+".reverse", len(scale.Reverse), maxItems) {
		return
	}
	seen := map[string]bool{}
	for i, item := range scale.Reverse {
		at := fmt.Sprintf("%s.reverse[%d]", path, i)
		c.AddIf(!members[item], at, "scale %q reverses item %q, which is not among its items; list it there too", scale.Code, item)
		c.AddIf(seen[item], at, "scale %q reverses item %q twice, list it once", scale.Code, item)
		seen[item] = true
		position, known := c.positions[item]
		c.AddIf(members[item] && known && len(c.in.Items[position].Options) < 2, at,
			"scale %q reverses item %q, which has no range; list its options", scale.Code, item)
	}
}

func (c *checker) weights(path string, scale contract.Scale, members map[string]bool) {
	if scale.Method == contract.Cases || scale.Method == contract.Count {
		c.AddIf(len(scale.Weights) > 0, path+".weights", "scale %q: method %s has no weights; leave them out", scale.Code, scale.Method)
		return
	}
	if !c.fits(path+".weights", len(scale.Weights), maxItems) {
		return
	}
	seen := map[string]bool{}
	for i, w := range scale.Weights {
		at := fmt.Sprintf("%s.weights[%d]", path, i)
		c.AddIf(!members[w.Item], at+".item", "scale %q weighs item %q, which is not among its items; list it there too", scale.Code, w.Item)
		c.AddIf(seen[w.Item], at+".item", "item %q of scale %q has a weight already; keep one entry", w.Item, scale.Code)
		c.AddIf(w.Weight < 1 || w.Weight > maxWeight, at+".weight",
			"item %q of scale %q: weight %d is outside 1..%d", w.Item, scale.Code, w.Weight, maxWeight)
		seen[w.Item] = true
	}
}

func (c *checker) count(path string, scale contract.Scale) {
	switch {
	case scale.Method != contract.Count:
		c.AddIf(scale.Count != nil, path+".count", "scale %q: only method Count has a range to count; leave it out", scale.Code)
	case scale.Count == nil:
		c.Addf(path+".count", "scale %q does not say what it counts; write the range of answers", scale.Code)
	default:
		c.AddIf(scale.Count.From > scale.Count.To, path+".count", "scale %q counts %d..%d; write from <= to",
			scale.Code, scale.Count.From, scale.Count.To)
		c.AddIf(scale.Count.From < 0 || scale.Count.To > maxOptionValue, path+".count",
			"scale %q counts %d..%d; write values in 0..%d", scale.Code, scale.Count.From, scale.Count.To, maxOptionValue)
	}
}

func (c *checker) multiply(path string, scale contract.Scale) {
	m := scale.Multiply
	if scale.Method == contract.Cases {
		c.AddIf(m != contract.Multiplier{Numerator: 1, Denominator: 1}, path+".multiply",
			"scale %q: Cases are not multiplied; write 1/1", scale.Code)
		return
	}
	c.AddIf(m.Numerator < 1 || m.Numerator > maxMultiplier || m.Denominator < 1 || m.Denominator > maxMultiplier,
		path+".multiply", "scale %q: %d/%d; write a numerator and a denominator in 1..%d, 1/1 to leave values as they are",
		scale.Code, m.Numerator, m.Denominator, maxMultiplier)
}

func (c *checker) cases(path string, scale contract.Scale, members map[string]bool) {
	if scale.Method != contract.Cases {
		c.AddIf(len(scale.Cases) > 0, path+".cases", "scale %q: only method Cases has cases; leave them out", scale.Code)
		return
	}
	c.AddIf(len(scale.Cases) == 0, path+".cases", "scale %q has no cases; list them, the one that always holds last", scale.Code)
	if !c.fits(path+".cases", len(scale.Cases), maxCases) {
		return
	}
	names, values := map[string]bool{}, map[int]bool{}
	for i, one := range scale.Cases {
		at := fmt.Sprintf("%s.cases[%d]", path, i)
		c.AddIf(one.Name == "", at+".name", "case %d of scale %q has no name; write one", i, scale.Code)
		c.AddIf(names[one.Name], at+".name", "scale %q has two cases %q; write a name of its own", scale.Code, one.Name)
		c.AddIf(values[one.Value], at+".value", "scale %q has two cases of value %d; write a value of its own", scale.Code, one.Value)
		c.AddIf(one.Value < 0 || one.Value > maxOptionValue, at+".value",
			"case %q of scale %q: value %d is outside 0..%d", one.Name, scale.Code, one.Value, maxOptionValue)
		names[one.Name], values[one.Value] = true, true
		last := i == len(scale.Cases)-1
		c.AddIf(last && len(one.When) > 0, at+".when",
			"scale %q: the last case must always hold; add one without conditions after it", scale.Code)
		c.AddIf(!last && len(one.When) == 0, at+".when",
			"case %q of scale %q always holds, so none after it ever does; move it to the end", one.Name, scale.Code)
		c.conditions(at, scale.Code, one, members)
	}
}

func (c *checker) conditions(path, scale string, one contract.Case, members map[string]bool) {
	if !c.fits(path+".when", len(one.When), maxConditions) {
		return
	}
	for i, when := range one.When {
		at := fmt.Sprintf("%s.when[%d]", path, i)
		if !c.fits(at+".tests", len(when.Tests), maxTests) {
			continue
		}
		n := len(when.Tests)
		c.AddIf(n == 0, at+".tests", "case %q of scale %q: the condition has no tests; list at least one", one.Name, scale)
		c.AddIf(when.AtLeast < 0 || when.AtMost > n || when.AtLeast > when.AtMost, at,
			"case %q of scale %q: %d..%d of %d tests; write 0 <= atLeast <= atMost <= %d", one.Name, scale, when.AtLeast, when.AtMost, n, n)
		c.AddIf(n > 0 && when.AtLeast == 0 && when.AtMost == n, at,
			"case %q of scale %q: the condition always holds; raise atLeast or lower atMost", one.Name, scale)
		for j, test := range when.Tests {
			c.caseTest(fmt.Sprintf("%s.tests[%d]", at, j), scale, test, members)
		}
	}
}

func (c *checker) caseTest(path, scale string, test contract.ItemTest, members map[string]bool) {
	if _, known := c.positions[test.Item]; !known || !members[test.Item] {
		c.Addf(path+".item", "scale %q looks at item %q, which is not among its items; list it there, so that it counts when it is missing",
			scale, test.Item)
		return
	}
	c.itemTest(path, test)
}

// values checks what depends on the values that a scale can take.
func (c *checker) values(path string, scale contract.Scale, compiled *Compiled) {
	rule := compiled.newScale(scale)
	var raw []float64
	ok := rule.hi <= maxSum
	if ok {
		raw, ok = rule.rawValues(maxValues)
	}
	if !ok {
		c.Addf(path+".items", "scale %q can take more than %d different values; lower its weights or multiplier, round it, or allow fewer missing items",
			scale.Code, maxValues)
		return
	}
	before := c.Len()
	for i, norm := range scale.Norms {
		c.normRows(fmt.Sprintf("%s.norms[%d].rows", path, i), scale.Code, norm.Rows, raw)
	}
	if c.Len() > before || !c.fits(path+".bands", len(scale.Bands), maxBands) {
		return
	}
	values := valuesOf(scale, raw)
	if len(scale.Bands) == 0 {
		c.Addf(path+".bands", "scale %q has no bands; cover %g..%g", scale.Code, values[0], values[len(values)-1])
		return
	}
	c.bands(path+".bands", scale, values)
}

// valuesOf returns the values that bands have to cover, rising: standard ones, if the
// scale has norms.
func valuesOf(scale contract.Scale, raw []float64) []float64 {
	if len(scale.Norms) == 0 {
		return raw
	}
	var standard []float64
	for _, norm := range scale.Norms {
		for _, row := range norm.Rows {
			standard = append(standard, row.Standard)
		}
	}
	slices.Sort(standard)
	return slices.Compact(standard)
}
