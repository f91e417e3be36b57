// Package instrument checks questionnaires and scores answers to them. It is pure:
// the same answers always give the same result, on the operator and in a district.
//
// Scoring rules come from table 2a of the project's instruments note; the rule for
// missing items is the PHQ-9 manual's: prorate up to a limit, otherwise do not score.
package instrument

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Compiled is a checked instrument, ready to score. It is immutable and safe for
// concurrent use.
type Compiled struct {
	source   contract.Instrument
	items    map[string]itemRule
	critical []string // codes of the items with a critical answer, in the order asked
	scales   []scaleRule
}

type itemRule struct {
	values  []int // ascending
	classes map[int]contract.Class
}

type scaleRule struct {
	contract.Scale
	min, max int
}

// Scale describes one scale of a compiled instrument.
type Scale struct {
	Code   string
	Min    int           // least possible value
	Max    int           // greatest possible value
	Lowest contract.Band // the band that asks for nothing
}

// Compile checks an instrument and prepares it for scoring. The error joins every
// fault found as *fault.Error, each naming the field, the item, scale or band at
// fault and the remedy. It keeps the document's slices: callers must not change them.
func Compile(in contract.Instrument) (*Compiled, error) {
	if err := check(in); err != nil {
		return nil, fmt.Errorf("instrument %q: %w", in.Code, err)
	}
	c := &Compiled{source: in, items: make(map[string]itemRule, len(in.Items))}
	for _, item := range in.Items {
		c.items[item.Code] = newItemRule(item)
		if len(item.Critical) > 0 {
			c.critical = append(c.critical, item.Code)
		}
	}
	for _, scale := range in.Scales {
		lo, hi := bounds(scale, in.Items)
		c.scales = append(c.scales, scaleRule{Scale: scale, min: lo, max: hi})
	}
	return c, nil
}

func newItemRule(item contract.Item) itemRule {
	rule := itemRule{classes: make(map[int]contract.Class, len(item.Critical))}
	for _, option := range item.Options {
		rule.values = append(rule.values, option.Value)
	}
	slices.Sort(rule.values)
	for _, critical := range item.Critical {
		rule.classes[critical.Value] = critical.Class
	}
	return rule
}

// bounds returns the least and the greatest sum a scale can reach.
func bounds(scale contract.Scale, items []contract.Item) (lo, hi int) {
	for _, item := range items {
		if !slices.Contains(scale.Items, item.Code) || len(item.Options) == 0 {
			continue
		}
		values := newItemRule(item).values
		lo += values[0]
		hi += values[len(values)-1]
	}
	return lo, hi
}

// Code is the instrument's code, e.g. "phq-9".
func (c *Compiled) Code() string { return c.source.Code }

// Version is the instrument's version, e.g. "1".
func (c *Compiled) Version() string { return c.source.Version }

// Source is the document the instrument was compiled from. Callers must not change it.
func (c *Compiled) Source() contract.Instrument { return c.source }

// CriticalItems lists the items that have a critical answer, in the order asked.
func (c *Compiled) CriticalItems() []string { return slices.Clone(c.critical) }

// Scales describes the scales in the instrument's order.
func (c *Compiled) Scales() []Scale {
	scales := make([]Scale, 0, len(c.scales))
	for _, s := range c.scales {
		scales = append(scales, Scale{Code: s.Code, Min: s.min, Max: s.max, Lowest: s.Bands[0]})
	}
	return scales
}

// Class returns the class of an answer value, and whether it is critical at all.
func (c *Compiled) Class(item string, value int) (contract.Class, bool) {
	class, ok := c.items[item].classes[value]
	return class, ok
}

// Valid returns an error unless the item exists and offers the value. The error
// does not repeat the value: it may end up in a log.
func (c *Compiled) Valid(item string, value int) error {
	rule, ok := c.items[item]
	if !ok {
		return fmt.Errorf("instrument %q has no item %q", c.Code(), item)
	}
	if !slices.Contains(rule.values, value) {
		return fmt.Errorf("item %q of instrument %q does not offer that answer", item, c.Code())
	}
	return nil
}
