package instrument

import "github.com/evenkeel/evenkeel/internal/contract"

// contribution is all that a table of contributions depends on: equal items of a form
// share one.
type contribution struct {
	add, times, weight int
	counted            bool
	from, to           int
	offered            [maxOptionValue + 1]bool
}

// Parts of an entry, and of their sum over the items of a scale: contributions in the
// low bits, then answered items, then their weight. None can run over: see the bounds
// in check.
const (
	countShift  = 32
	weightShift = 44
	sumMask     = 1<<countShift - 1
	countMask   = 1<<(weightShift-countShift) - 1
)

func (c *Compiled) newTables(s *scaleRule, shared map[contribution]*[256]uint64) []*[256]uint64 {
	var tables []*[256]uint64
	for _, t := range s.terms {
		key := contribution{
			add: t.add, times: t.times, weight: t.weight, counted: s.method == contract.Count,
			from: s.count.From, to: s.count.To, offered: c.items[t.position].offered,
		}
		if shared[key] == nil {
			shared[key] = s.newTable(t, &c.items[t.position])
		}
		tables = append(tables, shared[key])
	}
	return tables
}

func (s *scaleRule) newTable(t term, item *itemRule) *[256]uint64 {
	var table [256]uint64
	for value, offered := range item.offered {
		if offered {
			table[value] = uint64(s.contribution(&t, value)) | 1<<countShift | uint64(t.weight)<<weightShift
		}
	}
	return &table
}

// scoreTables scores a strip of a scale by looking up what each answer contributes.
func (p *scalePlan) scoreTables(s *scratch, out *ScaleColumn, from, rows int) {
	packed := s.packed[:rows]
	clear(packed)
	for i, table := range p.tables {
		column := s.columns[p.rule.terms[i].position][:rows]
		for r, code := range column {
			packed[r] += table[code]
		}
	}
	t := tally{total: p.rule.weight, lo: p.rule.lo, hi: p.rule.hi}
	for r, entry := range packed {
		t.sum = int(entry & sumMask)
		t.missing = len(p.tables) - int(entry>>countShift&countMask)
		t.weight = int(entry >> weightShift)
		out.set(from+r, p.rule.settle(t))
	}
}
