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
		before := faults.Len()
		checkScaleItems(faults, path, scale, in.Items)
		if itemsSound && faults.Len() == before {
			checkBands(faults, path, scale)
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

// checkBands requires at least one band.
func checkBands(faults *fault.List, path string, scale contract.Scale) {
	faults.AddIf(len(scale.Bands) == 0, path+".bands", "scale %q has no bands; cover every value that it can take", scale.Code)
}
