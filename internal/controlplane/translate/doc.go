// Package translate turns custom resources into the documents of the exchange and
// into the plain values that the pure packages under internal/core take. It is the
// only place that knows both. It is pure: no reads, no clock.
package translate

import (
	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
)

func text(t v1alpha1.Text) contract.Text { return contract.Text{ZhCN: t.ZhCN, En: t.En} }

// number is what p points to; the schema requires it wherever this is used.
func number(p *int32) int {
	if p == nil {
		return 0
	}
	return int(*p)
}

// list translates one by one; nil stays nil, so that a document left out is left out.
func list[A, B any](in []A, one func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, 0, len(in))
	for _, a := range in {
		out = append(out, one(a))
	}
	return out
}
