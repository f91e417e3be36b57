// Package escalation compiles an escalation policy against the instruments of a
// round and decides a student's tier. It is pure: the gate on the operator and the
// scorer in a district reach the same verdict from the same documents.
//
// tier = max(critical floor, undetermined floor, rules). What cannot be decided is
// Undetermined, never nothing.
package escalation

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Compiled is a checked policy. It is immutable and safe for concurrent use.
type Compiled struct {
	policy      contract.Policy
	ranks       map[string]int // tier name -> index; NoTier -> len(tiers)
	instruments []*instrument.Compiled
	alone       bool  // checked without instruments
	first       []int // of slots, by instrument; one more for the end
	slots       []slot
	rules       []rule
}

// Compile checks a policy against the instruments of a round, in the order in which
// they are asked, and prepares it for deciding. The error joins every fault found as
// *fault.Error, each at its field path, e.g. "rules[2].when", with the remedy. It keeps
// the document's slices: callers must not change them.
func Compile(policy contract.Policy, instruments []*instrument.Compiled) (*Compiled, error) {
	c := &Compiled{policy: policy, ranks: rankTiers(policy.Tiers), instruments: instruments}
	var faults fault.List
	checkInstruments(&faults, instruments)
	c.layOut()
	c.checkTiers(&faults)
	c.checkFloors(&faults)
	if err := c.compileRules(&faults); err != nil {
		return nil, err
	}
	if faults.Len() == 0 {
		c.checkCoverage(&faults)
		c.checkSatisfiable(&faults)
	}
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("policy %q: %w", policy.Name, err)
	}
	return c, nil
}

// Check checks a policy by itself, as long as no round or campaign uses it: all that
// Compile checks except what depends on instruments.
func Check(policy contract.Policy) error {
	c := &Compiled{policy: policy, ranks: rankTiers(policy.Tiers), alone: true}
	var faults fault.List
	c.checkTiers(&faults)
	c.checkFloors(&faults)
	if err := c.compileRules(&faults); err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return fmt.Errorf("policy %q: %w", policy.Name, err)
	}
	return nil
}

func rankTiers(tiers []contract.Tier) map[string]int {
	ranks := map[string]int{contract.NoTier: len(tiers)}
	for i, tier := range tiers {
		if _, taken := ranks[tier.Name]; !taken {
			ranks[tier.Name] = i
		}
	}
	return ranks
}

// Policy is the document the policy was compiled from. Callers must not change it.
func (c *Compiled) Policy() contract.Policy { return c.policy }

// Tier returns the tier of that name; false for NoTier and for names the policy does
// not have.
func (c *Compiled) Tier(name string) (contract.Tier, bool) {
	rank, ok := c.ranks[name]
	if !ok || rank == len(c.policy.Tiers) {
		return contract.Tier{}, false
	}
	return c.policy.Tiers[rank], true
}

// Rank returns a tier's rank, 0 for the severest and len(tiers) for NoTier; false for
// names the policy does not have.
func (c *Compiled) Rank(name string) (int, bool) {
	rank, ok := c.ranks[name]
	return rank, ok
}

// Names lists the tiers severest first, then NoTier: the order of a release's cells.
func (c *Compiled) Names() []string {
	names := make([]string, 0, len(c.policy.Tiers)+1)
	for _, tier := range c.policy.Tiers {
		names = append(names, tier.Name)
	}
	return append(names, contract.NoTier)
}

// Floor returns the least tier that a class of critical answer leads to. A class
// unknown to this build is treated as Immediate: a danger signal is never played down.
func (c *Compiled) Floor(class contract.Class) string {
	switch class {
	case contract.Urgent:
		return c.policy.Critical.Urgent
	case contract.Review:
		return c.policy.Critical.Review
	}
	return c.policy.Critical.Immediate
}
