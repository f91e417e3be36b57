package escalation

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/evenkeel/evenkeel/internal/core/fault"
)

// checkReferences walks a rule and requires every use of scores to name an instrument
// and a scale that the round has, as constants: scores['phq-9'].total. A rule about a
// scale that does not exist would fail for every student, silently until the day.
func (c *Compiled) checkReferences(faults *fault.List, path string, tree *ast.AST) {
	uses := ast.MatchDescendants(ast.NavigateAST(tree), func(e ast.NavigableExpr) bool {
		return e.Kind() == ast.IdentKind && e.AsIdent() == scoresVariable
	})
	for _, use := range uses {
		code, element, ok := key(use)
		if !ok {
			faults.Addf(path, "uses scores without naming an instrument; write scores['code'].scale")
			continue
		}
		scale, _, ok := key(element)
		if !ok {
			faults.Addf(path, "uses scores['%s'] without naming a scale; write scores['%s'].scale", code, code)
			continue
		}
		c.checkReference(faults, path, code, scale)
	}
}

// key returns the constant key by which e's parent looks into e, and that parent.
func key(e ast.NavigableExpr) (string, ast.NavigableExpr, bool) {
	parent, ok := e.Parent()
	if !ok {
		return "", nil, false
	}
	if parent.Kind() == ast.SelectKind {
		return parent.AsSelect().FieldName(), parent, parent.AsSelect().Operand().ID() == e.ID()
	}
	if parent.Kind() != ast.CallKind || parent.AsCall().FunctionName() != operators.Index {
		return "", nil, false
	}
	args := parent.AsCall().Args()
	if len(args) != 2 || args[0].ID() != e.ID() || args[1].Kind() != ast.LiteralKind {
		return "", nil, false
	}
	name, ok := args[1].AsLiteral().Value().(string)
	return name, parent, ok
}

func (c *Compiled) checkReference(faults *fault.List, path, code, scale string) {
	if c.alone {
		return
	}
	for _, in := range c.instruments {
		if in.Code() != code {
			continue
		}
		for _, s := range in.Scales() {
			if s.Code == scale {
				return
			}
		}
		faults.Addf(path, "instrument %q has no scale %q; write one of its scales", code, scale)
		return
	}
	faults.Addf(path, "the round has no instrument %q; add it to the round or drop it from the rule", code)
}
