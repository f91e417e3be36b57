package escalation_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// FuzzCompileRule feeds any text as the first rule. What compiles decides for every
// total, and a total above the lowest band never decides None.
func FuzzCompileRule(f *testing.F) {
	for _, seed := range []string{
		"scores['phq-9'].total >= 15", "scores['phq-9']['total'] == 3 || true", "has(scores['phq-9'].total)",
		"scores.all(k, true)", "[1].map(scores, scores)", "1/0 == 1", "'a' in scores", "((((((1))))))==1",
	} {
		f.Add(seed)
	}
	instruments := phq9()
	f.Fuzz(func(t *testing.T, text string) {
		policy := escalationtest.GradedIntervention()
		policy.Rules = append([]contract.Rule{{Name: "fuzzed", When: text, Tier: "Severe"}}, policy.Rules...)
		c, err := escalation.Compile(policy, instruments)
		if err != nil {
			return
		}
		values := make([]int, 9)
		for total := 0; total <= 24; total++ {
			d := c.Decide(input(values...))
			if d.Undetermined || (d.Tier == contract.NoTier) != (d.Rank == 4) || total > 4 && d.Rank == 4 {
				t.Errorf("total %d decided %+v", total, d)
			}
			values[total/3%8]++
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	in := input(1, 1, 1, 1, 1, 0, 0, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		c.Decide(in)
	}
}

func BenchmarkScore(b *testing.B) {
	c := instrumenttest.MustCompile(instrumenttest.PHQ9())
	answers := instrumenttest.Answers(1, 1, 1, 1, 1, 0, 0, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		c.Score(answers)
	}
}
