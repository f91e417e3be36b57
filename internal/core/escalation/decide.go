package escalation

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Input is what is known of one student in one round.
type Input struct {
	Results map[string]instrument.Result // by instrument code
}

// Decision is the tier reached and why.
type Decision struct {
	Tier         string // a tier of the policy, or contract.NoTier
	Rank         int    // 0 severest .. len(tiers) for NoTier
	Rule         string // first rule that matched; empty when none did
	Undetermined bool   // something could not be scored or decided: ask again
	Reasons      []Reason
}

// Kind is the kind of a reason.
type Kind string

// The kinds of reason, in the order in which a decision lists them.
const (
	CriticalFloor     Kind = "CriticalFloor"     // Detail: the class
	UndeterminedFloor Kind = "UndeterminedFloor" // Detail: "phq-9", "phq-9.total" or "phq-9.q9"
	RuleError         Kind = "RuleError"         // Detail: the rule's name
	RuleMatch         Kind = "Rule"              // Detail: the rule's name
)

// Reason is one ground of a decision. Detail names what it is about: an instrument
// without a result, a scale without a value, a critical item without an answer, a
// class or a rule. It never holds an answer's value or a score.
type Reason struct {
	Kind   Kind
	Detail string
}

// Decide returns tier = max(critical floor, undetermined floor, rules). It is total:
// a missing result, a scale without a value, a critical item without an answer and a
// rule that fails all make the student Undetermined, and the other grounds still count.
func (c *Compiled) Decide(in Input) Decision {
	d := Decision{Tier: contract.NoTier, Rank: len(c.policy.Tiers)}
	for _, class := range classes(in) {
		d.raise(c, c.Floor(class), Reason{CriticalFloor, string(class)})
	}
	for _, gap := range c.gaps(in) {
		d.undetermined(c, Reason{UndeterminedFloor, gap})
	}
	fired, failed := c.firstMatch(scoresOf(in))
	for _, name := range failed {
		d.undetermined(c, Reason{RuleError, name})
	}
	if fired != nil {
		d.Rule = fired.Name
		d.raise(c, fired.Tier, Reason{RuleMatch, fired.Name})
	}
	return d
}

// raise lifts the decision to at least the tier and notes why.
func (d *Decision) raise(c *Compiled, tier string, why Reason) {
	d.Reasons = append(d.Reasons, why)
	if rank, ok := c.ranks[tier]; ok && rank < d.Rank {
		d.Tier, d.Rank = tier, rank
	}
}

func (d *Decision) undetermined(c *Compiled, why Reason) {
	d.Undetermined = true
	d.raise(c, c.policy.Undetermined.Tier, why)
}

// classes lists the classes of all critical answers, most urgent first, each once. An
// answer to an instrument the round does not list counts too.
func classes(in Input) []contract.Class {
	seen := map[contract.Class]bool{}
	for _, result := range in.Results {
		for _, hit := range result.Critical {
			seen[hit.Class] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b contract.Class) int {
		return cmp.Or(b.Rank()-a.Rank(), strings.Compare(string(a), string(b)))
	})
}

// gaps lists what could not be scored, in the order asked: instruments without a
// result, scales without a value, critical items without an answer.
func (c *Compiled) gaps(in Input) []string {
	var gaps []string
	for _, one := range c.instruments {
		result, ok := in.Results[one.Code()]
		if !ok {
			gaps = append(gaps, one.Code())
			continue
		}
		for _, scale := range result.Scales {
			if scale.Status == instrument.Insufficient {
				gaps = append(gaps, one.Code()+"."+scale.Code)
			}
		}
		for _, item := range result.CriticalBlank {
			gaps = append(gaps, one.Code()+"."+item)
		}
	}
	return gaps
}

func scoresOf(in Input) scores {
	all := make(scores, len(in.Results))
	for code, result := range in.Results {
		all[code] = make(map[string]int64, len(result.Scales))
		for _, scale := range result.Scales {
			if scale.Status != instrument.Insufficient {
				all[code][scale.Code] = int64(scale.Value)
			}
		}
	}
	return all
}
