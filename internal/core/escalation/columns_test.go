package escalation_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

// answered is one instrument with the same responses as columns and one by one.
type answered struct {
	of      *instrument.Compiled
	columns instrument.ColumnScores
	results []instrument.Result
}

// answer fills rows responses with answers that value draws; below zero: missing.
func answer(of *instrument.Compiled, rows int, value func() int8) *answered {
	in := instrument.Columns{Rows: rows, Items: make([][]int8, len(of.Source().Items))}
	a := &answered{of: of, results: make([]instrument.Result, rows)}
	for i := range in.Items {
		in.Items[i] = make([]int8, rows)
		for row := range rows {
			in.Items[i][row] = value()
		}
	}
	of.ScoreColumns(&in, &a.columns)
	response := of.NewResponse()
	for row := range rows {
		for i := range in.Items {
			response.Answers[i] = instrument.Answer{Value: int(in.Items[i][row])}
			if in.Items[i][row] < 0 {
				response.Answers[i] = instrument.Answer{Missing: instrument.Blank}
			}
		}
		a.results[row] = of.Score(response)
	}
	return a
}

// compare decides every row both ways. An instrument that is nil was answered by nobody.
func compare(c *escalation.Compiled, out *escalation.ColumnDecisions, rows int, instruments ...*answered) error {
	columns := make([]*instrument.ColumnScores, len(instruments))
	for i, one := range instruments {
		if one != nil {
			columns[i] = &one.columns
		}
	}
	c.DecideColumns(columns, out)
	if len(out.Rank) != rows || len(out.Undetermined) != rows {
		return fmt.Errorf("%d ranks and %d undetermined of %d rows", len(out.Rank), len(out.Undetermined), rows)
	}
	for row := range rows {
		in := escalation.Input{Results: map[string]instrument.Result{}}
		for _, one := range instruments {
			if one != nil {
				in.Results[one.of.Code()] = one.results[row]
			}
		}
		if d := c.Decide(in); d.Rank != int(out.Rank[row]) || d.Undetermined != out.Undetermined[row] {
			return fmt.Errorf("row %d: rank %d undetermined %v; Decide says %+v", row, out.Rank[row], out.Undetermined[row], d)
		}
	}
	return nil
}

// policyFor draws a policy over PHQ-9 and feelings; wrapped rules go through CEL.
func policyFor(t *rapid.T) contract.Policy {
	scales := slices.Sorted(maps.Keys(feelingsValues))
	policy := escalationtest.GradedIntervention()
	var drawn []contract.Rule
	for i := range rapid.IntRange(0, 4).Draw(t, "rules") {
		text := drawRule(t, scales, 3)
		if rapid.IntRange(0, 3).Draw(t, "in CEL") == 0 {
			text = "(" + text + ") ? true : false"
		}
		drawn = append(drawn, contract.Rule{Name: fmt.Sprint("drawn ", i), When: text, Tier: "High"})
	}
	policy.Rules = append(drawn, policy.Rules...)
	policy.Rules = append(policy.Rules, contract.Rule{Name: "rest", When: "has(scores.feelings.load) && scores.feelings.load >= 0", Tier: "Low"})
	return policy
}

// Columns are decided as rows are, whatever the rules, across the ends of blocks, with
// void responses, gaps, critical answers and instruments that nobody answered.
func TestColumnsAreDecidedAsRows(t *testing.T) {
	t.Parallel()
	both := append(phq9(), asked()...)
	var out escalation.ColumnDecisions // used for all: what it remembers must not leak from policy to policy
	rapid.Check(t, func(t *rapid.T) {
		c, err := escalation.Compile(policyFor(t), both)
		if err != nil {
			t.Skip(err)
		}
		rows := rapid.SampledFrom([]int{0, 1, 7, 2047, 2048, 2049}).Draw(t, "rows")
		state := rapid.Uint32().Draw(t, "answers")
		value := func(most uint32) func() int8 {
			return func() int8 {
				state = state*1664525 + 1013904223
				if state>>28 == 0 {
					return instrument.BlankCode
				}
				return int8(state >> 12 % (most + 1))
			}
		}
		moods := answer(both[0], rows, value(3))
		feelings := answer(both[1], rows, value(2))
		if rapid.IntRange(0, 9).Draw(t, "nobody answered") == 0 {
			feelings = nil
		}
		if err := compare(c, &out, rows, moods, feelings); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDecideColumnsAllocatesNothingOnceWarm(t *testing.T) {
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	in, out := fivePercent(5000), &escalation.ColumnDecisions{}
	c.DecideColumns(in, out)
	if got := testing.AllocsPerRun(10, func() { c.DecideColumns(in, out) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// fivePercent is PHQ-9 answered so that few are raised.
func fivePercent(rows int) []*instrument.ColumnScores {
	state := uint32(1)
	a := answer(instrumenttest.MustCompile(instrumenttest.PHQ9()), rows, func() int8 {
		state = state*1664525 + 1013904223
		return int8(max(state>>24, 192) & 63 / 21)
	})
	return []*instrument.ColumnScores{&a.columns}
}

func BenchmarkDecideColumns(b *testing.B) {
	const rows = 100_000
	c := escalationtest.MustCompile(escalationtest.GradedIntervention())
	in, out := fivePercent(rows), &escalation.ColumnDecisions{}
	for b.Loop() {
		c.DecideColumns(in, out)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// A void response is undetermined even where no Grade scale is.
func TestColumnsOfAVoidResponseWithoutGrades(t *testing.T) {
	t.Parallel()
	in := feelings()
	for i := range in.Scales {
		if in.Scales[i].Purpose == contract.Grade {
			in.Scales[i].Purpose = contract.Describe
		}
	}
	policy := escalationtest.GradedIntervention()
	policy.Rules = []contract.Rule{{Name: "hasty", When: "has(scores.feelings.hurry) && scores.feelings.hurry >= 4", Tier: "Low"}}
	c := escalationtest.MustCompile(policy, instrumenttest.MustCompile(in))
	feelings := answer(instrumenttest.MustCompile(in), 2, func() int8 { return 2 }) // the validity scale is at its threshold
	var out escalation.ColumnDecisions
	if err := compare(c, &out, 2, feelings); err != nil {
		t.Error(err)
	}
	if !out.Undetermined[0] || out.Rank[0] != 2 {
		t.Errorf("rank %d, undetermined %v", out.Rank[0], out.Undetermined[0])
	}
}
