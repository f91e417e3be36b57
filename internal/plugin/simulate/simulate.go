// Package simulate says what a policy would do with answers that there are: tiers and
// the reasons for them, the work per week and level of care, what a changed rule would
// move, and what a gate before the critical items would lose. It decides with the code
// that the districts run, and keeps counts only.
//
// It is pure. What it returns is as confidential as the answers it was made from: cells
// may be as small as one student.
package simulate

import (
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Variant is another policy to compare with.
type Variant struct {
	Name   string
	Policy *escalation.Compiled
}

// Setup is what to simulate.
type Setup struct {
	Instruments []*instrument.Compiled // in the order in which they are asked
	Policy      *escalation.Compiled   // against Instruments
	Variants    []Variant              // likewise
	Gates       []Gate                 // see BandGates and ParseGate
	Plan        *Plan                  // nil: no work per week
}

// Simulation counts students one by one. It is not safe for concurrent use.
type Simulation struct {
	setup   Setup
	results []instrument.Result // by instrument, reused
	input   escalation.Input
	empty   int
	base    *tally
	changes []*change
	gates   gateTally
}

// New starts a simulation.
func New(setup Setup) *Simulation {
	s := &Simulation{
		setup:   setup,
		results: make([]instrument.Result, len(setup.Instruments)),
		input:   escalation.Input{Results: make(map[string]instrument.Result, len(setup.Instruments))},
		base:    newTally(setup.Policy),
		gates:   gateTally{gates: setup.Gates, outcomes: make([]GateOutcome, len(setup.Gates))},
	}
	for _, variant := range setup.Variants {
		s.changes = append(s.changes, newChange(variant, setup.Policy))
	}
	return s
}

// Add counts one student: the response to every instrument of the setup, in its order;
// nil for an instrument that the student was not given. It keeps none of them.
func (s *Simulation) Add(responses []*instrument.Response) {
	if !tookPart(responses) {
		s.empty++
		return
	}
	clear(s.input.Results)
	for i, compiled := range s.setup.Instruments {
		if responses[i] == nil {
			continue
		}
		compiled.ScoreInto(responses[i], &s.results[i])
		s.input.Results[compiled.Code()] = s.results[i]
	}
	decision := s.setup.Policy.Decide(s.input)
	critical := worst(s.input.Results)
	s.base.add(decision, critical)
	for _, change := range s.changes {
		change.add(decision, change.variant.Policy.Decide(s.input), critical)
	}
	s.gates.add(s.setup.Instruments, responses, s.results)
}

// tookPart reports whether anything was answered. Who answered nothing was absent, and
// is no student without a tier.
func tookPart(responses []*instrument.Response) bool {
	for _, r := range responses {
		if r == nil {
			continue
		}
		for _, answer := range r.Answers {
			if answer.Missing == instrument.None {
				return true
			}
		}
	}
	return false
}

// worst is the most urgent class among a student's critical answers; "" for none.
func worst(results map[string]instrument.Result) (class contract.Class) {
	for _, result := range results {
		for _, hit := range result.Critical {
			if hit.Class.Rank() > class.Rank() {
				class = hit.Class
			}
		}
	}
	return class
}

// Report is what has been counted so far.
func (s *Simulation) Report() Report {
	r := Report{Policy: s.setup.Policy.Policy().Name, Students: s.base.students, Empty: s.empty}
	for _, compiled := range s.setup.Instruments {
		r.Instruments = append(r.Instruments, compiled.Code()+" version "+compiled.Version())
	}
	r.Outcome = s.base.outcome(s.setup.Plan)
	r.Gating = s.gates.gating()
	r.Changes = []Change{}
	for _, change := range s.changes {
		r.Changes = append(r.Changes, change.report(s.setup.Plan))
	}
	return r
}
