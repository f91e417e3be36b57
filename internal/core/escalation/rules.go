package escalation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

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
	rank      int
	slots     []int       // of the scores it looks at, in the order in which it names them
	condition *condition  // nil: only CEL can evaluate it
	program   cel.Program // nil when there is a condition
}

// outcome evaluates the rule on scores by slot, NaN where a scale has no value.
func (c *Compiled) outcome(r *rule, scores []float64) outcomes {
	if r.condition != nil {
		return r.condition.outcome(scores)
	}
	match, err := c.run(r, scores)
	if err != nil {
		return fails
	}
	return verdict(match)
}

// run evaluates the rule in CEL. The error says nothing of the values.
func (c *Compiled) run(r *rule, scores []float64) (bool, error) {
	all := make(map[string]map[string]float64, len(c.instruments))
	for _, in := range c.instruments {
		all[in.Code()] = map[string]float64{}
	}
	for _, at := range r.slots {
		if s := c.slots[at]; !math.IsNaN(scores[at]) {
			all[s.instrument][s.scale.Code] = scores[at]
		}
	}
	out, _, err := r.program.Eval(map[string]any{scoresVariable: all})
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
		if compiled, ok := c.compileRule(faults, path+".when", env, r); ok {
			c.rules = append(c.rules, compiled)
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
		cel.Variable(scoresVariable, cel.MapType(cel.StringType, cel.MapType(cel.StringType, cel.DoubleType))),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(ruleMaxLength),
		cel.ParserRecursionLimit(ruleMaxNesting),
	)
}

// compileRule returns false after adding a fault at path.
func (c *Compiled) compileRule(faults *fault.List, path string, env *cel.Env, r contract.Rule) (rule, bool) {
	compiled := rule{Rule: r, rank: c.ranks[r.Tier]}
	if r.When == "" {
		faults.Addf(path, "is empty; write a condition such as scores['phq-9'].total >= 10")
		return compiled, false
	}
	checked, ok := checkSyntax(faults, path, env, r.When)
	if !ok {
		return compiled, false
	}
	before := faults.Len()
	compiled.slots = c.checkReferences(faults, path, checked.NativeRep())
	if faults.Len() > before || c.alone {
		return compiled, faults.Len() == before
	}
	if condition, ok := conditionOf(checked.NativeRep().Expr(), c.slot); ok {
		compiled.condition = &condition
		return compiled, true
	}
	program, err := env.Program(checked, cel.CostLimit(ruleCostLimit))
	if err != nil {
		faults.Addf(path, "cannot be run: %s", strings.TrimSpace(err.Error()))
		return compiled, false
	}
	compiled.program = program
	return compiled, true
}

// checkSyntax parses and types a rule; false after adding a fault at path.
func checkSyntax(faults *fault.List, path string, env *cel.Env, text string) (*cel.Ast, bool) {
	checked, issues := env.Parse(text)
	if issues.Err() == nil {
		widen(checked.NativeRep().Expr())
		checked, issues = env.Check(checked)
	}
	if issues.Err() != nil {
		first := issues.Errors()[0]
		where := ""
		if at := first.Location; at.Line() > 0 { // a rule that is too long is wrong nowhere in particular
			where = fmt.Sprintf(" (line %d, column %d)", at.Line(), at.Column()+1)
		}
		faults.Addf(path, "does not compile: %s%s", explainType(strings.TrimSpace(first.Message)), where)
		return nil, false
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		faults.Addf(path, "gives %s; write a condition that is true or false", checked.OutputType())
		return nil, false
	}
	return checked, true
}

// explainType adds what to write where CEL does not mix whole numbers with scores.
func explainType(message string) string {
	if strings.Contains(message, "double") && strings.Contains(message, "int") {
		return message + "; scores are decimal numbers: write 15.0 for 15"
	}
	return message
}

// position is where in a rule an expression stands.
func position(tree *ast.AST, e ast.Expr) string {
	at := tree.SourceInfo().GetStartLocation(e.ID())
	return fmt.Sprintf("(line %d, column %d)", at.Line(), at.Column()+1)
}

// slot is the slot of a scale that checkReferences has found.
func (c *Compiled) slot(instrument, scale string) int {
	return slices.IndexFunc(c.slots, func(s slot) bool { return s.instrument == instrument && s.scale.Code == scale })
}
