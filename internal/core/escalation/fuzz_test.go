package escalation_test

import (
	"encoding/json"
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
		"scores.all(k, true)", "scores['phq-9'].total in [5, 6.5]", "2 * scores['phq-9'].total / 3 == 4", "[1].map(scores, scores)", "1/0 == 1", "'a' in scores", "((((((1))))))==1",
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

// FuzzCompilePolicy feeds any document. What compiles decides every response to a tier
// of its own, and a critical answer to no less than its floor.
func FuzzCompilePolicy(f *testing.F) {
	seed, err := json.Marshal(escalationtest.GradedIntervention())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, 0)
	f.Add([]byte(`{"tiers":[{"name":"None"}],"rules":[{"when":"true"}]}`), 3)
	instruments := phq9()
	f.Fuzz(func(t *testing.T, document []byte, item9 int) {
		var policy contract.Policy
		if json.Unmarshal(document, &policy) != nil {
			t.Skip()
		}
		c, err := escalation.Compile(policy, instruments)
		if err != nil {
			return
		}
		in := input(0, 0, 0, 0, 0, 0, 0, 0, item9)
		d := c.Decide(in)
		if c.Names()[d.Rank] != d.Tier {
			t.Errorf("%+v", d)
		}
		for _, hit := range in.Results["phq-9"].Critical {
			if floor, ok := c.Rank(c.Floor(hit.Class)); !ok || d.Rank > floor {
				t.Errorf("%s decided %+v", hit.Class, d)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	instruments, policy := phq9(), escalationtest.GradedIntervention()
	for b.Loop() {
		if _, err := escalation.Compile(policy, instruments); err != nil {
			b.Fatal(err)
		}
	}
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
