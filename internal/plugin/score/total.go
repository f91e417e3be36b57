package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// total is a column of the table that holds somebody else's total, to compare with.
type total struct {
	column     int
	instrument int // of the plan's targets
	scale      int
	raw        bool // compare what the scale has before norms
	name       string
}

// newTotals takes COLUMN=SCALE, with the instrument's code before the scale where there
// are several: COLUMN=phq-9:total. SCALE.raw is the value before norms.
func newTotals(p *plan, checks []string) ([]total, error) {
	var totals []total
	for _, text := range checks {
		cut := strings.LastIndex(text, "=")
		if cut < 0 {
			return nil, fmt.Errorf("--check-total %q is no pair; write COLUMN=SCALE", text)
		}
		column, err := p.header.find(text[:cut])
		if err != nil {
			return nil, fmt.Errorf("--check-total: %w", err)
		}
		t, err := p.scale(text[cut+1:])
		if err != nil {
			return nil, fmt.Errorf("--check-total: %w", err)
		}
		t.column, t.name = column, text
		totals = append(totals, t)
	}
	return totals, nil
}

func (p *plan) scale(name string) (total, error) {
	wanted, raw := strings.CutSuffix(name, ".raw")
	var found []total
	var known []string
	for i, target := range p.targets {
		for j, scale := range target.Scales() {
			full := target.Code() + ":" + scale.Code
			known = append(known, full)
			if wanted == full || wanted == scale.Code || wanted == target.Code()+"."+scale.Code {
				found = append(found, total{instrument: i, scale: j, raw: raw})
			}
		}
	}
	switch {
	case len(found) == 0:
		return total{}, fmt.Errorf("there is no scale %q; write one of %s", name, strings.Join(known, ", "))
	case len(found) > 1:
		return total{}, fmt.Errorf("%d instruments have a scale %q; write one of %s", len(found), name, strings.Join(known, ", "))
	}
	return found[0], nil
}

// Comparison is how the totals of a column agree with those scored here.
type Comparison struct {
	Check    string  `json:"check"`
	Equal    int     `json:"equal"`
	Neither  int     `json:"neither"`  // neither has a value
	OnlyFile int     `json:"onlyFile"` // the file has a total where there is no score here
	OnlyHere int     `json:"onlyHere"`
	Differ   int     `json:"differ"`   // both have one
	Prorated int     `json:"prorated"` // of those that differ: items were missing
	Largest  float64 `json:"largest"`  // difference
	Rows     rows    `json:"rows"`     // that differ, or of which only one side has a value
}

// rows lists the numbers of rows, the first of many.
type rows []int

const maxListed = 20

// rounding is what decimals cost as binary numbers: 1.8 - 1.75 is a little over 0.05.
const rounding = 1e-9

func (r *rows) add(number int) {
	if len(*r) < maxListed {
		*r = append(*r, number)
	}
}

func (c *Comparison) add(t total, row *Row, result instrument.ScaleResult, rejected bool, tolerance float64) {
	text := plain(at(row.fields, t.column))
	theirs, has := number(text)
	has = has && !slices.Contains(blanks, text)
	ours := result.Value
	if t.raw {
		ours = result.Raw
	}
	scored := !rejected && (result.Status == instrument.Scored || result.Status == instrument.Prorated)
	switch {
	case !has && !scored:
		c.Neither++
		return
	case !scored:
		c.OnlyFile++
	case !has:
		c.OnlyHere++
	case math.Abs(ours-theirs) <= tolerance+rounding:
		c.Equal++
		return
	default:
		c.Differ++
		if result.Status == instrument.Prorated {
			c.Prorated++
		}
		c.Largest = max(c.Largest, math.Abs(ours-theirs))
	}
	c.Rows.add(row.Number)
}
