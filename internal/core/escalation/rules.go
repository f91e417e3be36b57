package escalation

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// scoresVariable is the one variable of a rule: instrument code -> scale code -> value.
const scoresVariable = "scores"

// Bounds on one rule. A comparison costs about five units; a rule that runs past the
// limit fails, and a failing rule makes the student Undetermined.
const (
	ruleCostLimit  = 10_000
	ruleMaxLength  = 2_000 // characters
	ruleMaxNesting = 50
	maxRules       = 100
)

type rule struct {
	contract.Rule
	program cel.Program
}

// scores are the values of every scale that has one, by instrument and scale code.
type scores map[string]map[string]int64

// matches evaluates the rule. The error says nothing of the values.
func (r rule) matches(s scores) (bool, error) {
	out, _, err := r.program.Eval(map[string]any{scoresVariable: map[string]map[string]int64(s)})
	if err != nil {
		return false, err
	}
	match, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("rule %q gave no boolean", r.Name)
	}
	return match, nil
}

// compileRules compiles every rule, adding faults at their paths. Its own error is a
// fault of this program, not of the policy.
func (c *Compiled) compileRules(faults *fault.List) error {
	env, err := newEnv()
	if err != nil {
		return fmt.Errorf("preparing the rule language: %w", err)
	}
	if len(c.policy.Rules) > maxRules {
		faults.Addf("rules", "has %d entries; at most %d are allowed", len(c.policy.Rules), maxRules)
		return nil
	}
	seen, previous := map[string]int{}, 0
	for i, r := range c.policy.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		first, dup := seen[r.Name]
		faults.AddIf(r.Name == "", path+".name", "is empty; write a name, it is the reason a person reads")
		faults.AddIf(dup && r.Name != "", path+".name", "%q is also rules[%d]; write a name of its own", r.Name, first)
		seen[r.Name] = i
		previous = c.checkOrder(faults, path, r, previous)
		if program := c.compileRule(faults, path+".when", env, r); program != nil {
			c.rules = append(c.rules, rule{Rule: r, program: program})
		}
	}
	return nil
}

// checkOrder checks a rule's tier against the rank of the rule before it and returns
// the rank that the next one may not undercut. First match wins only means the
// severest match wins while rules fall in severity.
func (c *Compiled) checkOrder(faults *fault.List, path string, r contract.Rule, previous int) int {
	if _, ok := c.Tier(r.Tier); !ok {
		faults.Addf(path+".tier", "no tier %q; write the name of a tier", r.Tier)
		return previous
	}
	rank := c.ranks[r.Tier]
	faults.AddIf(rank < previous, path+".tier",
		"%q is severer than the tier of a rule before it; order rules in falling severity", r.Tier)
	return max(rank, previous)
}

func newEnv() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable(scoresVariable, cel.MapType(cel.StringType, cel.MapType(cel.StringType, cel.IntType))),
		cel.ParserExpressionSizeLimit(ruleMaxLength),
		cel.ParserRecursionLimit(ruleMaxNesting),
	)
}

// compileRule returns nil after adding a fault at path.
func (c *Compiled) compileRule(faults *fault.List, path string, env *cel.Env, r contract.Rule) cel.Program {
	if r.When == "" {
		faults.Addf(path, "is empty; write a condition such as scores['phq-9'].total >= 10")
		return nil
	}
	checked, issues := env.Compile(r.When)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		faults.Addf(path, "does not compile: %s (line %d, column %d)",
			strings.TrimSpace(first.Message), first.Location.Line(), first.Location.Column()+1)
		return nil
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		faults.Addf(path, "gives %s; write a condition that is true or false", checked.OutputType())
		return nil
	}
	before := faults.Len()
	c.checkReferences(faults, path, checked.NativeRep())
	if faults.Len() > before {
		return nil
	}
	program, err := env.Program(checked, cel.CostLimit(ruleCostLimit))
	if err != nil {
		faults.Addf(path, "cannot be run: %s", strings.TrimSpace(err.Error()))
		return nil
	}
	return program
}
