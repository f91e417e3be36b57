package escalation

import (
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// blockRows are decided at a time, so that what is worked on stays in the cache.
const blockRows = 2048

// ColumnDecisions are the decisions of many students, row by row what Decide gives
// without the reasons. The zero value is ready; DecideColumns reuses its slices. Not
// for concurrent use.
type ColumnDecisions struct {
	Rank         []uint8 // 0 severest .. len(tiers) for NoTier
	Undetermined []bool

	memo  memo
	room  [][]outcomes    // of nested conditions, by depth
	still [blockRows]bool // no rule has matched yet
}

// DecideColumns decides the rows of a round. in holds the scores of each instrument, in
// the order of the round and all of the same rows; nil for one that nobody answered.
func (c *Compiled) DecideColumns(in []*instrument.ColumnScores, out *ColumnDecisions) {
	rows := 0
	for _, scores := range in {
		if scores != nil {
			rows = scores.Rows
		}
	}
	out.Rank, out.Undetermined = grown(out.Rank, rows), grown(out.Undetermined, rows)
	out.memo.use(c)
	for from := 0; from < rows; from += blockRows {
		to := min(from+blockRows, rows)
		b := block{c: c, in: in, out: out, from: from, rank: out.Rank[from:to], undetermined: out.Undetermined[from:to]}
		b.decide()
	}
}

// block is a run of rows being decided.
type block struct {
	c            *Compiled
	in           []*instrument.ColumnScores
	out          *ColumnDecisions
	from         int
	rank         []uint8
	undetermined []bool
}

func (b *block) decide() {
	none := uint8(len(b.c.policy.Tiers))
	for i := range b.rank {
		b.rank[i], b.undetermined[i] = none, false
	}
	for i, scores := range b.in {
		if scores == nil {
			b.missing()
			continue
		}
		b.critical(scores)
		b.gaps(i, scores)
	}
	b.rules()
	floor := uint8(b.c.ranks[b.c.policy.Undetermined.Tier])
	for i, undetermined := range b.undetermined {
		if undetermined && floor < b.rank[i] {
			b.rank[i] = floor
		}
	}
}

// missing makes every row undetermined: nobody answered the instrument.
func (b *block) missing() {
	for i := range b.undetermined {
		b.undetermined[i] = true
	}
}

// critical applies the floor of the most urgent critical answer, which is the severest
// of all that apply: checkFloors sees to that.
func (b *block) critical(scores *instrument.ColumnScores) {
	var floors [4]uint8 // by contract.Class.Rank
	floors[0] = uint8(len(b.c.policy.Tiers))
	for _, class := range []contract.Class{contract.Immediate, contract.Urgent, contract.Review} {
		floors[class.Rank()] = uint8(b.c.ranks[b.c.Floor(class)])
	}
	for i, class := range scores.Critical[b.from:][:len(b.rank)] {
		b.rank[i] = min(b.rank[i], floors[class&3])
	}
}

func (b *block) gaps(i int, scores *instrument.ColumnScores) {
	void, blank := scores.Void[b.from:][:len(b.rank)], scores.CriticalBlank[b.from:][:len(b.rank)]
	for row := range b.undetermined {
		if void[row] || blank[row] {
			b.undetermined[row] = true
		}
	}
	for at := b.c.first[i]; at < b.c.first[i+1]; at++ {
		if b.c.slots[at].scale.Purpose != contract.Grade {
			continue
		}
		for row, status := range scores.Scales[at-b.c.first[i]].Status[b.from:][:len(b.rank)] {
			if status > instrument.ProratedCode {
				b.undetermined[row] = true
			}
		}
	}
}

// rules applies the first rule that matches each row; rows with a rule before it that
// failed are undetermined.
func (b *block) rules() {
	still := b.out.still[:len(b.rank)]
	for i := range still {
		still[i] = true
	}
	for i := range b.c.rules {
		r := &b.c.rules[i]
		if r.condition == nil {
			b.runCEL(i, r, still)
			continue
		}
		rank := uint8(r.rank)
		for row, outcome := range b.outcomes(r.condition, 0) {
			switch {
			case outcome == no || !still[row]:
			case outcome == fails:
				b.undetermined[row] = true
			default:
				still[row] = false
				b.rank[row] = min(b.rank[row], rank)
			}
		}
	}
}

// runCEL applies a rule that only CEL can evaluate to the rows that are still open.
func (b *block) runCEL(i int, r *rule, still []bool) {
	scores := make([]float64, len(b.c.slots))
	for row, open := range still {
		if !open {
			continue
		}
		for _, at := range r.slots {
			scores[at] = b.score(at, row)
		}
		switch b.out.memo.outcome(i, r, scores) {
		case fails:
			b.undetermined[row] = true
		case yes:
			still[row] = false
			b.rank[row] = min(b.rank[row], uint8(r.rank))
		}
	}
}

func grown[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}
