package escalation

import (
	"math"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// condition is a rule that is made of nothing but comparisons of one score with a
// number, has(), true, false, !, && and ||. Nearly every rule is; it means what CEL
// says it means, and can be searched, and run over columns, where CEL cannot.
type condition struct {
	kind   kind
	slot   int         // of compare and present
	is     relation    // of compare
	bound  float64     // of compare
	always outcomes    // of constant
	of     []condition // of negated (one), allOf and anyOf (two)
}

type kind uint8

const (
	constant kind = iota
	compare       // the score stands in the relation to bound; fails without one
	present       // has(): there is a score
	negated
	allOf
	anyOf
)

type relation uint8

const (
	less relation = iota
	lessOrEqual
	equal
	notEqual
	greaterOrEqual
	greater
)

var relations = map[string]relation{
	operators.Less: less, operators.LessEquals: lessOrEqual,
	operators.Equals: equal, operators.NotEquals: notEqual,
	operators.GreaterEquals: greaterOrEqual, operators.Greater: greater,
}

// turned is the relation seen from the other side: 5 <= score is score >= 5.
func (r relation) turned() relation {
	if r == equal || r == notEqual {
		return r
	}
	return greater - r
}

func (r relation) holds(score, bound float64) bool {
	switch r {
	case less:
		return score < bound
	case lessOrEqual:
		return score <= bound
	case equal:
		return score == bound
	case notEqual:
		return score != bound
	case greaterOrEqual:
		return score >= bound
	}
	return score > bound
}

// outcome evaluates the condition on scores by slot, NaN where a scale has no value.
func (c *condition) outcome(scores []float64) outcomes {
	switch c.kind {
	case compare, present:
		return c.leaf(scores[c.slot])
	case negated:
		return not(c.of[0].outcome(scores))
	case allOf:
		return both(c.of[0].outcome(scores), c.of[1].outcome(scores))
	case anyOf:
		return either(c.of[0].outcome(scores), c.of[1].outcome(scores))
	}
	return c.always
}

// leaf evaluates a comparison or has() on the score that it is about.
func (c *condition) leaf(score float64) outcomes {
	switch {
	case c.kind == present:
		return verdict(!math.IsNaN(score))
	case math.IsNaN(score):
		return fails
	}
	return verdict(c.is.holds(score, c.bound))
}

// comparisons calls visit with every comparison in the condition.
func (c *condition) comparisons(visit func(slot int, bound float64)) {
	if c.kind == compare {
		visit(c.slot, c.bound)
	}
	for i := range c.of {
		c.of[i].comparisons(visit)
	}
}

// conditionOf reads a checked rule; false when it is made of anything else.
func conditionOf(e ast.Expr, slotOf func(instrument, scale string) int) (condition, bool) {
	switch e.Kind() {
	case ast.LiteralKind:
		truth, ok := e.AsLiteral().(types.Bool)
		return condition{kind: constant, always: verdict(bool(truth))}, ok
	case ast.SelectKind:
		instrument, scale, ok := scoreOf(e)
		if !ok || !e.AsSelect().IsTestOnly() {
			return condition{}, false
		}
		return condition{kind: present, slot: slotOf(instrument, scale)}, true
	case ast.CallKind:
		return conditionOfCall(e.AsCall(), slotOf)
	}
	return condition{}, false
}

func conditionOfCall(call ast.CallExpr, slotOf func(instrument, scale string) int) (condition, bool) {
	if is, ok := relations[call.FunctionName()]; ok {
		return comparison(is, call.Args(), slotOf)
	}
	of := map[string]kind{operators.LogicalNot: negated, operators.LogicalAnd: allOf, operators.LogicalOr: anyOf}
	kind, ok := of[call.FunctionName()]
	if !ok {
		return condition{}, false
	}
	c := condition{kind: kind}
	for _, arg := range call.Args() { // one or two: the parser makes pairs of a && b && c
		part, ok := conditionOf(arg, slotOf)
		if !ok {
			return condition{}, false
		}
		c.of = append(c.of, part)
	}
	return c, true
}

func comparison(is relation, sides []ast.Expr, slotOf func(instrument, scale string) int) (condition, bool) {
	if sides[0].Kind() == ast.LiteralKind {
		sides, is = []ast.Expr{sides[1], sides[0]}, is.turned()
	}
	instrument, scale, ok := scoreOf(sides[0])
	if !ok || sides[1].Kind() != ast.LiteralKind {
		return condition{}, false
	}
	bound, ok := number(sides[1].AsLiteral())
	return condition{kind: compare, slot: slotOf(instrument, scale), is: is, bound: bound}, ok
}

// exactWhole is up to where every whole number is a float64.
const exactWhole = 1 << 53

// number is the value of a literal as a score; false when it has none, or not exactly.
func number(v ref.Val) (float64, bool) {
	switch n := v.(type) {
	case types.Double:
		return float64(n), true
	case types.Int:
		return float64(n), -exactWhole <= n && n <= exactWhole
	case types.Uint:
		return float64(n), n <= exactWhole
	}
	return 0, false
}

// scoreOf reads scores['instrument'].scale, in either spelling of either step.
func scoreOf(e ast.Expr) (instrument, scale string, ok bool) {
	of, scale, ok := step(e)
	if !ok {
		return "", "", false
	}
	root, instrument, ok := step(of)
	return instrument, scale, ok && root.Kind() == ast.IdentKind && root.AsIdent() == scoresVariable
}

// step splits a.name and a['name'] into a and name.
func step(e ast.Expr) (of ast.Expr, name string, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		return e.AsSelect().Operand(), e.AsSelect().FieldName(), true
	case ast.CallKind:
		args := e.AsCall().Args()
		if e.AsCall().FunctionName() != operators.Index || args[1].Kind() != ast.LiteralKind {
			return nil, "", false
		}
		name, ok := args[1].AsLiteral().(types.String)
		return args[0], string(name), ok
	}
	return nil, "", false
}
