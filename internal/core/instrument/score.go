package instrument

import (
	"github.com/evenkeel/evenkeel/internal/contract"
)

// Missing says why an item has no value.
type Missing uint8

// The ways in which an item can be missing. They score alike and are kept apart
// because sources tell them apart.
const (
	None     Missing = iota // the item has a value
	Blank                   // left empty
	Refused                 // "I would rather not say"
	DontKnow                // "I don't know"
)

// String names the way in which an item is missing.
func (m Missing) String() string {
	switch m {
	case None:
		return "None"
	case Blank:
		return "Blank"
	case Refused:
		return "Refused"
	case DontKnow:
		return "DontKnow"
	}
	return "Unknown"
}

// Answer is what was given to one item: a value, or the way in which it is missing
// (then Value means nothing). An item without an Answer is Blank.
type Answer struct {
	Value   int
	Missing Missing
}

// Status says how a scale was scored.
type Status string

// The statuses of a scale.
const (
	Scored       Status = "Scored"       // every item answered
	Prorated     Status = "Prorated"     // few enough missing: extrapolated from the answered ones
	Insufficient Status = "Insufficient" // too many missing: no value
)

// ScaleResult is the score on one scale.
type ScaleResult struct {
	Code    string
	Status  Status
	Value   int    // 0 when Insufficient
	Band    string // empty when Insufficient
	Missing int    // items of the scale without a value
}

// CriticalHit is one critical answer. It stands by itself, whatever any total is.
type CriticalHit struct {
	Item  string
	Value int
	Class contract.Class
}

// Result is a scored response.
type Result struct {
	Scales        []ScaleResult // in the instrument's order
	Critical      []CriticalHit // in the order asked
	CriticalBlank []string      // items with a critical answer that were left without a value
}

// Score scores one response; answers are keyed by item code. It is total: an
// answer that the item does not offer counts as missing, an unknown item is ignored.
func (c *Compiled) Score(answers map[string]Answer) Result {
	var result Result
	for _, scale := range c.scales {
		result.Scales = append(result.Scales, c.scoreScale(scale, answers))
	}
	for _, item := range c.critical {
		value, ok := c.value(item, answers)
		if !ok {
			result.CriticalBlank = append(result.CriticalBlank, item)
			continue
		}
		if class, critical := c.Class(item, value); critical {
			result.Critical = append(result.Critical, CriticalHit{Item: item, Value: value, Class: class})
		}
	}
	return result
}

// value returns the value given to an item, and whether there is one.
func (c *Compiled) value(item string, answers map[string]Answer) (int, bool) {
	answer, ok := answers[item]
	if !ok || answer.Missing != None || c.Valid(item, answer.Value) != nil {
		return 0, false
	}
	return answer.Value, true
}

func (c *Compiled) scoreScale(scale scaleRule, answers map[string]Answer) ScaleResult {
	sum, answered := 0, 0
	for _, item := range scale.Items {
		if value, ok := c.value(item, answers); ok {
			sum += value
			answered++
		}
	}
	result := ScaleResult{Code: scale.Code, Status: Scored, Missing: len(scale.Items) - answered}
	switch {
	case result.Missing > scale.MaxMissing:
		result.Status = Insufficient
		return result
	case result.Missing > 0:
		result.Status = Prorated
	}
	result.Value = min(max(prorate(sum, len(scale.Items), answered), scale.min), scale.max)
	result.Band = band(scale.Bands, result.Value)
	return result
}

// prorate returns sum x items / answered, rounded half up (PHQ-9 manual: "sum of the
// answered items, times nine, divided by the number answered"). answered is above
// zero and sum is not negative: Compile sees to both. With items of unequal width the
// extrapolation can leave the scale; the caller keeps it inside.
func prorate(sum, items, answered int) int {
	return (2*sum*items + answered) / (2 * answered)
}

func band(bands []contract.Band, value int) string {
	for _, b := range bands {
		if b.From <= value && value <= b.To {
			return b.Name
		}
	}
	return ""
}
