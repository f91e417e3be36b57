package escalation

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// takesNumbers are the operators that want both sides to be of one type.
var takesNumbers = map[string]bool{
	operators.Equals: true, operators.NotEquals: true, operators.In: true,
	operators.Less: true, operators.LessEquals: true, operators.GreaterEquals: true, operators.Greater: true,
	operators.Add: true, operators.Subtract: true, operators.Multiply: true, operators.Divide: true,
}

// widen reads a whole number beside a score as a decimal one, so that a person may
// write "== 15": scores are doubles, and CEL does not mix them with ints by itself.
func widen(e ast.Expr) {
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || !takesNumbers[e.AsCall().FunctionName()] {
			return
		}
		sides := e.AsCall().Args()
		if len(sides) != 2 || !isScore(sides[0]) && !isScore(sides[1]) {
			return
		}
		widenSide(factory, sides[0])
		widenSide(factory, sides[1])
	}))
}

func widenSide(factory ast.ExprFactory, e ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
		if whole, ok := e.AsLiteral().(types.Int); ok {
			if value, exact := number(whole); exact {
				e.SetKindCase(factory.NewLiteral(e.ID(), types.Double(value)))
			}
		}
	case ast.ListKind: // scores['asq'].outcome in [1, 2]
		for _, one := range e.AsList().Elements() {
			widenSide(factory, one)
		}
	}
}

// isScore tells a score, or arithmetic with one.
func isScore(e ast.Expr) bool {
	if _, _, ok := scoreOf(e); ok {
		return true
	}
	if e.Kind() != ast.CallKind {
		return false
	}
	switch e.AsCall().FunctionName() {
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Negate:
		for _, side := range e.AsCall().Args() {
			if isScore(side) {
				return true
			}
		}
	}
	return false
}
