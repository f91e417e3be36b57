package instrument

import (
	"fmt"
	"regexp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// Bounds on what Compile accepts. The largest questionnaire we know, MHT, has 100
// items; they keep a policy's exhaustive check over every score cheap.
const (
	maxItems       = 300
	maxOptionValue = 100
	maxScaleRange  = 2000
)

// scaleCode is what can be written after a dot in a policy rule.
var scaleCode = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func check(in contract.Instrument) error {
	var faults fault.List
	faults.AddIf(in.Code == "", "code", "is empty; write the instrument's code, such as phq-9")
	faults.AddIf(in.Version == "", "version", "is empty; write the version of the form, such as \"1\"")
	faults.AddIf(in.MinAge < 0, "minAge", "is %d; write 0 or the least age in years", in.MinAge)
	faults.AddIf(in.MaxAge != 0 && in.MaxAge < in.MinAge, "maxAge",
		"is %d, below minAge %d; write a greater age, or 0 for no upper bound", in.MaxAge, in.MinAge)
	faults.AddIf(len(in.Items) == 0, "items", "is empty; list at least one item")
	faults.AddIf(len(in.Items) > maxItems, "items", "has %d entries; at most %d are allowed", len(in.Items), maxItems)
	before := faults.Len()
	checkItems(&faults, in.Items)
	checkScales(&faults, in, faults.Len() == before)
	return faults.Err()
}

func checkItems(faults *fault.List, items []contract.Item) {
	seen := map[string]int{}
	for i, item := range items {
		path := fmt.Sprintf("items[%d]", i)
		faults.AddIf(item.Code == "", path+".code", "is empty; write a code such as q%d", i+1)
		if first, dup := seen[item.Code]; dup && item.Code != "" {
			faults.Addf(path+".code", "item %q is also items[%d]; write a code of its own", item.Code, first)
			continue
		}
		seen[item.Code] = i
		checkOptions(faults, path, item)
		checkCritical(faults, path, item)
	}
}

func checkOptions(faults *fault.List, path string, item contract.Item) {
	faults.AddIf(len(item.Options) < 2, path+".options",
		"item %q has %d options; list at least two", item.Code, len(item.Options))
	seen := map[int]bool{}
	for i, option := range item.Options {
		at := fmt.Sprintf("%s.options[%d].value", path, i)
		faults.AddIf(option.Value < 0 || option.Value > maxOptionValue, at,
			"item %q: value %d is outside 0..%d", item.Code, option.Value, maxOptionValue)
		faults.AddIf(seen[option.Value], at,
			"item %q: value %d is used twice; give every option a value of its own", item.Code, option.Value)
		seen[option.Value] = true
	}
}

func checkCritical(faults *fault.List, path string, item contract.Item) {
	offered, seen := map[int]bool{}, map[int]bool{}
	for _, option := range item.Options {
		offered[option.Value] = true
	}
	for i, critical := range item.Critical {
		at := fmt.Sprintf("%s.critical[%d]", path, i)
		faults.AddIf(!offered[critical.Value], at+".value",
			"item %q: critical value %d is not among its options; write the value of an option", item.Code, critical.Value)
		faults.AddIf(seen[critical.Value], at+".value",
			"item %q: value %d has a class already; keep one entry", item.Code, critical.Value)
		faults.AddIf(critical.Class.Rank() == 0, at+".class",
			"item %q: unknown class %q; write Immediate, Urgent or Review", item.Code, critical.Class)
		seen[critical.Value] = true
	}
}

// checkScales checks bands only where the items are sound: the range of a scale
// follows from them.
func checkScales(faults *fault.List, in contract.Instrument, itemsSound bool) {
	seen := map[string]int{}
	for i, scale := range in.Scales {
		path := fmt.Sprintf("scales[%d]", i)
		if first, dup := seen[scale.Code]; dup {
			faults.Addf(path+".code", "scale %q is also scales[%d]; write a code of its own", scale.Code, first)
			continue
		}
		seen[scale.Code] = i
		faults.AddIf(!scaleCode.MatchString(scale.Code), path+".code",
			"scale code %q cannot be used in a rule; write letters, digits and _, beginning with a letter", scale.Code)
		faults.AddIf(scale.Method != contract.ProratedSum, path+".method",
			"scale %q: unknown method %q; write %s", scale.Code, scale.Method, contract.ProratedSum)
		before := faults.Len()
		checkScaleItems(faults, path, scale, in.Items)
		if itemsSound && faults.Len() == before {
			checkBands(faults, path, scale, in.Items)
		}
	}
}

func checkScaleItems(faults *fault.List, path string, scale contract.Scale, items []contract.Item) {
	faults.AddIf(len(scale.Items) == 0, path+".items", "scale %q has no items; list at least one", scale.Code)
	faults.AddIf(scale.MaxMissing < 0 || scale.MaxMissing >= max(len(scale.Items), 1), path+".maxMissing",
		"scale %q: %d missing items of %d cannot be allowed; write 0 up to one less than its items",
		scale.Code, scale.MaxMissing, len(scale.Items))
	known, seen := map[string]bool{}, map[string]bool{}
	for _, item := range items {
		known[item.Code] = true
	}
	for i, item := range scale.Items {
		at := fmt.Sprintf("%s.items[%d]", path, i)
		faults.AddIf(!known[item], at, "scale %q: no item %q in this instrument; write the code of one of its items", scale.Code, item)
		faults.AddIf(seen[item], at, "scale %q counts item %q twice; list it once", scale.Code, item)
		seen[item] = true
	}
}

// checkBands requires the bands to cut the scale's range into pieces without gap or
// overlap, so that every score has exactly one band.
func checkBands(faults *fault.List, path string, scale contract.Scale, items []contract.Item) {
	lo, hi := bounds(scale, items)
	faults.AddIf(hi-lo > maxScaleRange, path+".items",
		"scale %q reaches from %d to %d; at most %d steps are allowed", scale.Code, lo, hi, maxScaleRange)
	if len(scale.Bands) == 0 {
		faults.Addf(path+".bands", "scale %q has no bands; cover %d..%d", scale.Code, lo, hi)
		return
	}
	next, seen := lo, map[string]bool{}
	for i, b := range scale.Bands {
		at := fmt.Sprintf("%s.bands[%d]", path, i)
		faults.AddIf(b.Name == "", at+".name", "band %d of scale %q has no name; write one", i, scale.Code)
		faults.AddIf(seen[b.Name], at+".name", "scale %q has two bands %q; write a name of its own", scale.Code, b.Name)
		faults.AddIf(b.To < b.From, at, "band %q of scale %q is %d..%d; write from <= to", b.Name, scale.Code, b.From, b.To)
		checkJoin(faults, at, scale.Code, b, next, i == 0)
		seen[b.Name] = true
		next = b.To + 1
	}
	last := scale.Bands[len(scale.Bands)-1]
	faults.AddIf(last.To != hi, fmt.Sprintf("%s.bands[%d].to", path, len(scale.Bands)-1),
		"band %q of scale %q ends at %d; the scale ends at %d", last.Name, scale.Code, last.To, hi)
}

func checkJoin(faults *fault.List, at, scale string, b contract.Band, next int, first bool) {
	switch {
	case b.From == next:
	case first:
		faults.Addf(at+".from", "band %q of scale %q begins at %d; the scale begins at %d", b.Name, scale, b.From, next)
	case b.From > next:
		faults.Addf(at+".from", "gap before band %q of scale %q; write from: %d", b.Name, scale, next)
	default:
		faults.Addf(at+".from", "band %q of scale %q overlaps the one before it; write from: %d", b.Name, scale, next)
	}
}
