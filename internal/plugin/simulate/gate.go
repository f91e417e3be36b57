package simulate

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Gate is a design in which only students with a raised score are asked about danger: a
// scale's value, or a sum of items, that has to reach a threshold.
type Gate struct {
	Name       string
	instrument int   // position in the setup
	scale      int   // position in the instrument; -1: items
	items      []int // their answers are added up
	operator   string
	threshold  float64
}

// Gating compares gates on the students whose forms are complete: every scale has all
// its items, and no critical item was left out.
type Gating struct {
	Students   int           `json:"students"`   // with complete forms
	Critical   Critical      `json:"critical"`   // critical answers of theirs
	Incomplete Critical      `json:"incomplete"` // critical answers of the others, which no gate was tried on
	Gates      []GateOutcome `json:"gates"`
}

// Critical counts critical answers, and the students who gave them.
type Critical struct {
	Answers   int `json:"answers"`
	Students  int `json:"students"`
	Immediate int `json:"immediate"`
	Urgent    int `json:"urgent"`
	Review    int `json:"review"`
}

// GateOutcome is what one gate would do.
type GateOutcome struct {
	Gate   string   `json:"gate"`
	Passed int      `json:"passed"` // students whom the gate lets through
	Lost   Critical `json:"lost"`   // of those it does not
}

func (c *Critical) add(hits []instrument.CriticalHit) {
	for _, hit := range hits {
		c.Answers++
		switch hit.Class {
		case contract.Immediate:
			c.Immediate++
		case contract.Urgent:
			c.Urgent++
		default:
			c.Review++
		}
	}
	if len(hits) > 0 {
		c.Students++
	}
}

// gateTally counts what gates lose.
type gateTally struct {
	gates      []Gate
	students   int
	critical   Critical
	incomplete Critical
	outcomes   []GateOutcome
	hits       []instrument.CriticalHit // of the student being counted, reused
}

func (t *gateTally) add(instruments []*instrument.Compiled, responses []*instrument.Response, results []instrument.Result) {
	t.hits = t.hits[:0]
	whole := true
	for i := range instruments {
		if responses[i] == nil {
			whole = false
			continue
		}
		t.hits = append(t.hits, results[i].Critical...)
		whole = whole && complete(results[i])
	}
	if !whole {
		t.incomplete.add(t.hits)
		return
	}
	t.students++
	t.critical.add(t.hits)
	for i, gate := range t.gates {
		if gate.opens(responses[gate.instrument], results[gate.instrument]) {
			t.outcomes[i].Passed++
			continue
		}
		t.outcomes[i].Lost.add(t.hits)
	}
}

func complete(r instrument.Result) bool {
	return len(r.CriticalBlank) == 0 && !slices.ContainsFunc(r.Scales, func(s instrument.ScaleResult) bool { return s.Missing > 0 })
}

func (t *gateTally) gating() Gating {
	out := Gating{Students: t.students, Critical: t.critical, Incomplete: t.incomplete, Gates: []GateOutcome{}}
	for i, outcome := range t.outcomes {
		outcome.Gate = t.gates[i].Name
		out.Gates = append(out.Gates, outcome)
	}
	return out
}

// opens reports whether a complete response passes. One without a value, as of a void
// response, does not: such a gate has nothing to go by.
func (g Gate) opens(response *instrument.Response, result instrument.Result) bool {
	value := math.NaN()
	switch {
	case g.scale < 0:
		value = 0
		for _, item := range g.items {
			if response.Answers[item].Missing != instrument.None {
				return false
			}
			value += float64(response.Answers[item].Value)
		}
	case result.Scales[g.scale].Status == instrument.Scored:
		value = result.Scales[g.scale].Value
	}
	switch g.operator {
	case ">=":
		return value >= g.threshold
	case ">":
		return value > g.threshold
	case "<=":
		return value <= g.threshold
	default:
		return value < g.threshold
	}
}

// BandGates are the gates that people build from an instrument: one at the edge of every
// band of every graded scale but the lowest.
func BandGates(instruments []*instrument.Compiled) (gates []Gate) {
	for i, in := range instruments {
		for j, scale := range in.Scales() {
			if scale.Purpose != contract.Grade {
				continue
			}
			for _, band := range scale.Bands {
				if band != scale.Lowest {
					gates = append(gates, bandGate(i, j, in.Code(), scale, band))
				}
			}
		}
	}
	return gates
}

func bandGate(i, j int, code string, scale instrument.Scale, band contract.Band) Gate {
	g := Gate{instrument: i, scale: j, operator: ">=", threshold: band.From}
	if scale.Worse == contract.Lower {
		g.operator, g.threshold = "<=", band.To
	}
	g.Name = fmt.Sprintf("%s:%s %s %s (%s)", code, scale.Code, g.operator, decimal(g.threshold), band.Name)
	return g
}

func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

var gateForm = regexp.MustCompile(`^\s*([^:\s]+)\s*:\s*([^<>=]+?)\s*(>=|<=|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*$`)

// ParseGate reads a gate such as "phq-9:total >= 10" or "phq-9:q1+q2 >= 3".
func ParseGate(text string, instruments []*instrument.Compiled) (Gate, error) {
	match := gateForm.FindStringSubmatch(text)
	if match == nil {
		return Gate{}, fmt.Errorf("gate %q: write CODE:SCALE >= NUMBER or CODE:ITEM+ITEM >= NUMBER, such as phq-9:q1+q2 >= 3", text)
	}
	i := slices.IndexFunc(instruments, func(in *instrument.Compiled) bool { return in.Code() == match[1] })
	if i < 0 {
		return Gate{}, fmt.Errorf("gate %q: no instrument %q is simulated; write the code of one that is", text, match[1])
	}
	threshold, err := strconv.ParseFloat(match[4], 64)
	if err != nil {
		return Gate{}, fmt.Errorf("gate %q: %w", text, err)
	}
	g := Gate{Name: match[1] + ":" + match[2] + " " + match[3] + " " + match[4], instrument: i, operator: match[3], threshold: threshold}
	g.scale = slices.IndexFunc(instruments[i].Scales(), func(s instrument.Scale) bool { return s.Code == match[2] })
	if g.scale >= 0 {
		return g, nil
	}
	for _, code := range strings.Split(match[2], "+") {
		position, found := instruments[i].Position(strings.TrimSpace(code))
		if !found {
			return Gate{}, fmt.Errorf("gate %q: %s has no scale and no item %q; write one of its scales, or items joined by +", text, match[1], strings.TrimSpace(code))
		}
		g.items = append(g.items, position)
	}
	return g, nil
}
