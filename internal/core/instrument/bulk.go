package instrument

import (
	"sync"
	"unsafe"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// stripRows is how many rows are scored at a time: a strip of sixty columns stays in
// the second-level cache while every scale reads it.
const stripRows = 4096

// strip is a column of one strip. The rows beyond the last one hold what is ignored.
type strip = [stripRows]byte

// scratch is the working memory of ScoreColumns. It does not grow with the rows.
type scratch struct {
	columns  [maxItems]*strip // of the strip being scored
	padded   []strip          // copies, for a strip that is not full
	blank    *strip           // stands for an item without a column
	sum      strip            // in lanes, of a scale's columns: contributions
	answered strip            // and how many there are
	given    strip            // the same of columns that are to be reversed
	got      strip
	wide     [stripRows]uint16
	index    [stripRows]uint16 // where the outcomes of a scale are found, see lanePlan
	packed   [stripRows]uint64
	rows     []int8 // the strip row by row, as readRow gives it
}

// plan is how the columns of an instrument are scored. It is made when it is first
// needed.
type plan struct {
	scales   []scalePlan
	critical []criticalPlan
	clean    []*[256]int8 // by item: code -> what a row holds; nil unless rows are needed
}

// scalePlan holds the one way in which a scale is scored: in lanes of bytes, by tables
// of contributions, or row by row.
type scalePlan struct {
	rule   *scaleRule
	lanes  *lanePlan
	tables []*[256]uint64
}

// criticalPlan holds what an answer to a critical item means, by code: its class's
// rank, or blankMark. A gated item is looked at in its row.
type criticalPlan struct {
	position int
	gated    bool
	marks    [256]uint8
}

const blankMark = 0x80

type planOnce struct {
	sync.Once
	plan *plan
}

func (c *Compiled) bulk() *plan {
	c.planned.Do(func() { c.planned.plan = c.newPlan() })
	return c.planned.plan
}

func (c *Compiled) newPlan() *plan {
	p, shared := &plan{}, map[contribution]*[256]uint64{}
	needsRows := len(c.quality) > 0
	for i := range c.scales {
		one := scalePlan{rule: &c.scales[i]}
		if one.rule.gated || one.rule.method == contract.Cases {
			needsRows = true
		} else if one.lanes = c.newLanes(one.rule); one.lanes == nil {
			one.tables = c.newTables(one.rule, shared)
		}
		p.scales = append(p.scales, one)
	}
	for _, position := range c.critical {
		p.critical = append(p.critical, c.newCritical(position))
		needsRows = needsRows || c.items[position].gate != nil
	}
	if needsRows {
		for i := range c.items {
			p.clean = append(p.clean, c.newClean(i))
		}
	}
	return p
}

func (c *Compiled) newCritical(position int) criticalPlan {
	item := &c.items[position]
	one := criticalPlan{position: position, gated: item.gate != nil}
	for code := range one.marks {
		one.marks[code] = blankMark
		if item.offers(code) {
			one.marks[code] = uint8(item.class(code).Rank())
		}
	}
	return one
}

func (c *Compiled) newClean(position int) *[256]int8 {
	var clean [256]int8
	for code := range clean {
		clean[code] = noValue
		if c.items[position].offers(code) {
			clean[code] = int8(code)
		}
	}
	if c.items[position].gate != nil {
		for _, code := range []int8{RefusedCode, DontKnowCode} {
			clean[uint8(code)] = declined
		}
	}
	return &clean
}

// ScoreColumns scores many responses into out, whose slices it reuses, and leaves out
// what out is Without. Every figure is bit for bit what ScoreInto gives for the row.
// Working memory does not depend on the number of rows; only out grows with it, and a
// caller who scores a block at a time (see Slice) keeps that flat too. Several goroutines
// may score blocks of the same columns, each into scores of its own. It panics when a
// column is shorter than Rows.
func (c *Compiled) ScoreColumns(in *Columns, out *ColumnScores) {
	out.fit(c, in.Rows)
	p, s := c.bulk(), out.scratch
	for from := 0; from < in.Rows; from += stripRows {
		rows := min(stripRows, in.Rows-from)
		s.load(in, len(c.items), from, rows)
		if p.clean != nil {
			c.transpose(p, s, rows)
		}
		for i := range p.scales {
			c.scoreStrip(&p.scales[i], in, s, &out.Scales[i], from, rows)
		}
		c.criticalStrip(p, s, out, from, rows)
		c.qualityStrip(in, s, out, from, rows)
	}
}

// load points the scratch at a strip of every column, or at a padded copy of it.
func (s *scratch) load(in *Columns, items, from, rows int) {
	if s.blank == nil {
		s.blank = new(strip)
		for i := range s.blank {
			s.blank[i] = 0xff // BlankCode
		}
	}
	if rows < stripRows && len(s.padded) < items {
		s.padded = make([]strip, items)
	}
	for i := range items {
		if i >= len(in.Items) || in.Items[i] == nil {
			s.columns[i] = s.blank
			continue
		}
		column := asBytes(in.Items[i][from : from+rows])
		if rows == stripRows {
			s.columns[i] = (*strip)(column)
			continue
		}
		copy(s.padded[i][:], column)
		s.columns[i] = &s.padded[i]
	}
}

// asBytes views a column as bytes, so that eight rows can be read at once.
func asBytes(column []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column))
}

// transpose writes the strip row by row, for what looks at whole responses.
func (c *Compiled) transpose(p *plan, s *scratch, rows int) {
	width := len(c.items)
	s.rows = grown(s.rows, stripRows*width)
	for i := range width {
		column, clean := s.columns[i], p.clean[i]
		for r, at := 0, i; r < rows; r, at = r+1, at+width {
			s.rows[at] = clean[column[r]]
		}
	}
	if c.gated {
		for r := range rows {
			c.closeGates(s.row(r, width))
		}
	}
}

func (s *scratch) row(r, width int) []int8 { return s.rows[r*width : (r+1)*width] }

// scoreStrip scores one scale of a strip.
func (c *Compiled) scoreStrip(p *scalePlan, in *Columns, s *scratch, out *ScaleColumn, from, rows int) {
	switch {
	case p.lanes != nil:
		p.lanes.score(s, out, from, rows)
	case p.tables != nil:
		p.scoreTables(s, out, from, rows)
	default:
		for r := range rows {
			out.set(from+r, p.rule.score(s.row(r, len(c.items)), in.person(from+r)))
		}
		return
	}
	if len(p.rule.norms) > 0 {
		p.rule.normStrip(in, out, from, rows)
	}
}

// normStrip converts raw values to standard ones.
func (s *scaleRule) normStrip(in *Columns, out *ScaleColumn, from, rows int) {
	for r := from; r < from+rows; r++ {
		out.set(r, s.norm(out.get(r), in.person(r)))
	}
}

func (c *Compiled) criticalStrip(p *plan, s *scratch, out *ColumnScores, from, rows int) {
	ranks, blanks := out.Critical[from:from+rows], out.CriticalBlank[from:from+rows]
	clear(ranks)
	clear(blanks)
	for i := range p.critical {
		one := &p.critical[i]
		if one.gated {
			c.criticalRows(one, s, ranks, blanks)
			continue
		}
		column := s.columns[one.position]
		for r := range ranks {
			mark := one.marks[column[r]]
			ranks[r] = max(ranks[r], mark&^blankMark)
			blanks[r] = blanks[r] || mark == blankMark
		}
	}
}

func (c *Compiled) criticalRows(one *criticalPlan, s *scratch, ranks []uint8, blanks []bool) {
	for r := range ranks {
		v := s.rows[r*len(c.items)+one.position]
		switch {
		case v >= 0:
			ranks[r] = max(ranks[r], one.marks[v])
		case v == noValue:
			blanks[r] = true
		}
	}
}

// qualityStrip looks for findings; the strip's scales have been scored.
func (c *Compiled) qualityStrip(in *Columns, s *scratch, out *ColumnScores, from, rows int) {
	void := out.Void[from : from+rows]
	clear(void)
	if len(c.quality) == 0 {
		return
	}
	for r := range rows {
		out.Findings[from+r] = 0
		p := c.pattern(s.row(r, len(c.items)))
		if p.answered < leastAnswered {
			continue
		}
		for i := range c.quality {
			rule := &c.quality[i]
			if rule.found(p, in.occasion(from+r)) || rule.liesIn(out.Scales, from+r) {
				out.Findings[from+r] |= 1 << i
				void[r] = void[r] || rule.finding.Effect == contract.Void
			}
		}
		if void[r] {
			c.invalidateRow(out.Scales, from+r)
		}
	}
}

// liesIn is lies for a row of columns.
func (q *qualityRule) liesIn(scales []ScaleColumn, r int) bool {
	if q.finding.Check != contract.ValidityScale {
		return false
	}
	s := &scales[q.scale]
	return at(s.Status, r) != InsufficientCode && s.Value[r] >= q.threshold // NaN is not
}

func (c *Compiled) invalidateRow(scales []ScaleColumn, r int) {
	for i := range scales {
		if c.scales[i].purpose != contract.Validity {
			scales[i].set(r, outcome{missing: int(at(scales[i].Missing, r)), band: -1, status: InvalidCode})
		}
	}
}
