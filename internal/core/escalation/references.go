package escalation

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/fault"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// checkReferences walks a rule and requires every use of scores to name an instrument
// and a scale that the round has, as constants: scores['phq-9'].total. A rule about a
// scale that does not exist would fail for every student, silently until the day. It
// returns the slots of the scores used, each once.
func (c *Compiled) checkReferences(faults *fault.List, path string, tree *ast.AST) []int {
	var slots []int
	uses := ast.MatchDescendants(ast.NavigateAST(tree), func(e ast.NavigableExpr) bool {
		return e.Kind() == ast.IdentKind && e.AsIdent() == scoresVariable
	})
	for _, use := range uses {
		where := position(tree, use)
		code, element, ok := key(use)
		if !ok {
			faults.Addf(path, "uses scores without naming an instrument; write scores['code'].scale %s", where)
			continue
		}
		scale, _, ok := key(element)
		if !ok {
			faults.Addf(path, "uses scores['%s'] without naming a scale; write scores['%s'].scale %s", code, code, where)
			continue
		}
		if at, ok := c.checkReference(faults, path, code, scale, where); ok && !slices.Contains(slots, at) {
			slots = append(slots, at)
		}
	}
	return slots
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

// checkReference returns the slot of a scale that a rule may be about.
func (c *Compiled) checkReference(faults *fault.List, path, code, scale, where string) (int, bool) {
	if c.alone {
		return 0, false
	}
	at := c.slot(code, scale)
	switch {
	case at >= 0 && c.slots[at].scale.Purpose == contract.Validity:
		faults.Addf(path, "scale %q of instrument %q only judges whether a response can be relied on; "+
			"write a rule about one of its other scales %s", scale, code, where)
	case at >= 0:
		return at, true
	case slices.ContainsFunc(c.instruments, func(in *instrument.Compiled) bool { return in.Code() == code }):
		faults.Addf(path, "instrument %q has no scale %q; write one of its scales %s", code, scale, where)
	default:
		faults.Addf(path, "the round has no instrument %q; add it to the round or drop it from the rule %s", code, where)
	}
	return 0, false
}
