package instrument

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Bounds on what Compile accepts. The largest questionnaire we know, MHT, has 100
// items. They keep whole-number arithmetic exact (sum x total weight x multiplier stays
// below 2^53), policies cheap to check and a hostile document quick to refuse.
const (
	maxItems       = 300
	maxOptionValue = 100
	maxScales      = 60
	maxBands       = 50
	maxCases       = 50
	maxConditions  = 50 // of one case
	maxTests       = 300
	maxWeight      = 100
	maxMultiplier  = 1_000
	maxSum         = 100_000 // of weighted answers
	maxNorms       = 200     // of one scale
	maxNormRows    = 5_000   // of one norm
	maxValues      = 20_000  // different ones that a scale can take
	maxQuality     = 50
	maxAge         = 120
	maxGrade       = 30
	maxStandard    = 1e6
)

// checker gathers the faults of one document.
type checker struct {
	fault.List
	in        contract.Instrument
	positions map[string]int // of items by code
	scales    map[string]int // by code
}

func check(in contract.Instrument) error {
	c := &checker{in: in, positions: map[string]int{}, scales: map[string]int{}}
	c.header()
	before := c.Len()
	if c.fits("items", len(in.Items), maxItems) {
		c.items()
	}
	sound := c.Len() == before
	if c.fits("scales", len(in.Scales), maxScales) {
		c.checkScales(sound)
	}
	if c.fits("quality", len(in.Quality), maxQuality) {
		c.quality(c.Len() == 0)
	}
	return c.Err()
}

// fits adds a fault for a list that is longer than allowed; it is not looked into.
func (c *checker) fits(path string, length, limit int) bool {
	c.AddIf(length > limit, path, "has %d entries; at most %d are allowed", length, limit)
	return length <= limit
}

// oneOf adds a fault unless value is among those known.
func oneOf[T ~string](c *checker, path, what string, value T, known ...T) {
	if slices.Contains(known, value) {
		return
	}
	names := make([]string, 0, len(known))
	for _, k := range known {
		names = append(names, string(k))
	}
	last := len(names) - 1
	c.Addf(path, "unknown %s %q; write %s or %s", what, value, strings.Join(names[:last], ", "), names[last])
}

func (c *checker) header() {
	in := c.in
	c.AddIf(in.Code == "", "code", "is empty; write the instrument's code, such as phq-9")
	c.AddIf(in.Version == "", "version", "is empty; write the version of the form, such as \"1\"")
	c.AddIf(in.MinAge < 0, "minAge", "is %d; write 0 or the least age in years", in.MinAge)
	c.AddIf(in.MaxAge != 0 && in.MaxAge < in.MinAge, "maxAge",
		"is %d, below minAge %d; write a greater age, or 0 for no upper bound", in.MaxAge, in.MinAge)
	oneOf(c, "administration", "administration", in.Administration, contract.SelfReport, contract.Interview)
	c.AddIf(len(in.Items) == 0, "items", "is empty; list at least one item")
}

func (c *checker) items() {
	for i, item := range c.in.Items {
		path := fmt.Sprintf("items[%d]", i)
		c.AddIf(item.Code == "", path+".code", "is empty; write a code such as q%d", i+1)
		if first, dup := c.positions[item.Code]; dup && item.Code != "" {
			c.Addf(path+".code", "item %q is also items[%d]; write a code of its own", item.Code, first)
			continue
		}
		c.options(path, item)
		c.critical(path, item)
		c.gate(path, item)
		c.positions[item.Code] = i // after its gate: a gate looks at earlier items
	}
}

func (c *checker) options(path string, item contract.Item) {
	c.AddIf(len(item.Options) < 2, path+".options",
		"item %q has %d options; list at least two", item.Code, len(item.Options))
	if !c.fits(path+".options", len(item.Options), maxOptionValue+1) {
		return
	}
	seen := map[int]bool{}
	for i, option := range item.Options {
		at := fmt.Sprintf("%s.options[%d].value", path, i)
		c.AddIf(option.Value < 0 || option.Value > maxOptionValue, at,
			"item %q: value %d is outside 0..%d", item.Code, option.Value, maxOptionValue)
		c.AddIf(seen[option.Value], at,
			"item %q: value %d is used twice; give every option a value of its own", item.Code, option.Value)
		seen[option.Value] = true
	}
}

func (c *checker) critical(path string, item contract.Item) {
	if !c.fits(path+".critical", len(item.Critical), maxOptionValue+1) {
		return
	}
	seen := map[int]bool{}
	for i, critical := range item.Critical {
		at := fmt.Sprintf("%s.critical[%d]", path, i)
		c.AddIf(!offersBetween(item, critical.Value, critical.Value), at+".value",
			"item %q: critical value %d is not among its options; write the value of an option", item.Code, critical.Value)
		c.AddIf(seen[critical.Value], at+".value",
			"item %q: value %d has a class already; keep one entry", item.Code, critical.Value)
		c.AddIf(critical.Class.Rank() == 0, at+".class",
			"item %q: unknown class %q; write Immediate, Urgent or Review", item.Code, critical.Class)
		seen[critical.Value] = true
	}
}

// gate checks the tests that open an item's gate. Items come in the order asked, so
// looking at earlier ones only rules out cycles.
func (c *checker) gate(path string, item contract.Item) {
	if !c.fits(path+".askWhen", len(item.AskWhen), maxTests) {
		return
	}
	for i, test := range item.AskWhen {
		at := fmt.Sprintf("%s.askWhen[%d]", path, i)
		if _, earlier := c.positions[test.Item]; !earlier {
			c.Addf(at+".item", "item %q is asked after %q, which is no item before it; write the code of an earlier one",
				item.Code, test.Item)
			continue
		}
		c.itemTest(at, test)
	}
}

// itemTest checks the range of a test over a known item.
func (c *checker) itemTest(path string, test contract.ItemTest) {
	if test.From > test.To {
		c.Addf(path, "is %d..%d; write from <= to", test.From, test.To)
		return
	}
	item := c.in.Items[c.positions[test.Item]]
	c.AddIf(!test.OrMissing && !offersBetween(item, test.From, test.To), path,
		"never holds: item %q has no option in %d..%d; write the values of its options", test.Item, test.From, test.To)
}

func offersBetween(item contract.Item, from, to int) bool {
	return slices.ContainsFunc(item.Options, func(o contract.Option) bool { return from <= o.Value && o.Value <= to })
}
