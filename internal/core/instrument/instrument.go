// Package instrument checks questionnaires and scores answers to them. It is pure:
// the same answers always give the same result, on the operator and in a district.
//
// contract.Instrument is the specification of everything that is scored here. Compile
// checks a document and turns it into what ScoreInto (one response) and ScoreColumns
// (a block of responses, column by column) run over.
package instrument

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Compiled is a checked instrument, ready to score. It is immutable and safe for
// concurrent use.
type Compiled struct {
	source    contract.Instrument
	positions map[string]int // item code -> position
	items     []itemRule     // by position
	critical  []int          // positions of the items with a critical answer
	scales    []scaleRule
	quality   []qualityRule
	gated     bool // some item has a gate
	planned   planOnce
}

// Scale describes one scale of a compiled instrument.
type Scale struct {
	Code    string
	Min     float64       // least possible value
	Max     float64       // greatest possible value
	Lowest  contract.Band // the band that asks for nothing: the last one if Worse is Lower
	Purpose contract.ScalePurpose
	Worse   contract.Direction
	Bands   []contract.Band // in rising order of value
}

// Compile checks an instrument and prepares it for scoring. The error joins every
// fault found as *fault.Error, each naming the field, the item, scale or band at
// fault and the remedy. It keeps the document's slices: callers must not change them.
func Compile(in contract.Instrument) (*Compiled, error) {
	if err := check(in); err != nil {
		return nil, fmt.Errorf("instrument %q: %w", in.Code, err)
	}
	return build(in), nil
}

// Code is the instrument's code, e.g. "phq-9".
func (c *Compiled) Code() string { return c.source.Code }

// Version is the instrument's version, e.g. "1".
func (c *Compiled) Version() string { return c.source.Version }

// Source is the document the instrument was compiled from. Callers must not change it.
func (c *Compiled) Source() contract.Instrument { return c.source }

// Position is the item's place in the instrument, counted from 0, and whether it has
// an item of that code.
func (c *Compiled) Position(item string) (int, bool) {
	position, ok := c.positions[item]
	return position, ok
}

// CriticalItems lists the items that have a critical answer, in the order asked.
func (c *Compiled) CriticalItems() []string {
	codes := make([]string, 0, len(c.critical))
	for _, position := range c.critical {
		codes = append(codes, c.items[position].code)
	}
	return codes
}

// Scales describes the scales in the instrument's order.
func (c *Compiled) Scales() []Scale {
	scales := make([]Scale, 0, len(c.scales))
	for _, s := range c.scales {
		lowest := s.bands[0]
		if s.worse == contract.Lower {
			lowest = s.bands[len(s.bands)-1]
		}
		scales = append(scales, Scale{
			Code: s.code, Min: s.min, Max: s.max, Lowest: lowest,
			Purpose: s.purpose, Worse: s.worse, Bands: slices.Clone(s.bands),
		})
	}
	return scales
}

// Class returns the class of an answer value, and whether it is critical at all.
func (c *Compiled) Class(item string, value int) (contract.Class, bool) {
	position, ok := c.positions[item]
	if !ok {
		return "", false
	}
	class := c.items[position].class(value)
	return class, class != ""
}

// Valid returns an error unless the item exists and offers the value. The error
// does not repeat the value: it may end up in a log.
func (c *Compiled) Valid(item string, value int) error {
	position, ok := c.positions[item]
	if !ok {
		return fmt.Errorf("instrument %q has no item %q", c.Code(), item)
	}
	if !c.items[position].offers(value) {
		return fmt.Errorf("item %q of instrument %q does not offer that answer", item, c.Code())
	}
	return nil
}
