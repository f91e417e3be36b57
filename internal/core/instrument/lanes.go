package instrument

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Lanes are the eight bytes of a word, one row in each. Adding words adds eight rows at
// once as long as no lane runs over, which is why a scale's columns are added in runs.
const (
	each     = 0x0101010101010101
	tops     = 0x80 * each
	maxLane  = 0xff
	maxTable = 1 << 16 // outcomes of one scale
)

// lanePlan scores a Sum or Mean whose items all weigh 1, have no gate and offer every
// value between their least and greatest option. Two numbers then settle the score,
// how many answers are missing and the sum of the others, so it is looked up: at
// missing x width + sum.
type lanePlan struct {
	runs     []run
	shuffles *shuffles // nil where they do not apply
	items    int
	width    int  // greatest sum, and 1
	narrow   bool // the sum of all runs fits a lane

	values  []float64
	orNaN   []float64 // the same, NaN where there is no score
	status  []StatusCode
	band    []int8
	missing []uint16
}

// run is a number of columns alike whose sum fits a lane.
type run struct {
	positions []int
	lo, hi    int
	reversed  bool
}

// newLanes returns nil for a scale that cannot be scored in lanes.
func (c *Compiled) newLanes(s *scaleRule) *lanePlan {
	p := &lanePlan{items: len(s.terms), width: s.hi + 1, narrow: s.hi <= maxLane}
	if s.method == contract.Count || p.items > maxLane || (p.items+1)*p.width > maxTable {
		return nil
	}
	for _, t := range s.terms {
		item := &c.items[t.position]
		if t.weight != 1 || t.gated || slices.Contains(item.offered[item.lo:item.hi], false) {
			return nil
		}
		p.add(t.position, item.lo, item.hi, t.times < 0)
	}
	p.shuffles = c.newShuffles(s)
	for missing := range p.items + 1 {
		for sum := range p.width {
			t := tally{sum: sum, missing: missing, weight: s.weight - missing, total: s.weight, lo: s.lo, hi: s.hi}
			p.keep(s.settle(t))
		}
	}
	return p
}

func (p *lanePlan) keep(o outcome) {
	p.values = append(p.values, o.value)
	p.status = append(p.status, o.status)
	p.band = append(p.band, o.band)
	p.missing = append(p.missing, uint16(o.missing))
	if o.status > ProratedCode {
		o.value = math.NaN()
	}
	p.orNaN = append(p.orNaN, o.value)
}

// add puts a column into a run that has room for it.
func (p *lanePlan) add(position, lo, hi int, reversed bool) {
	for i := range p.runs {
		r := &p.runs[i]
		if r.lo == lo && r.hi == hi && r.reversed == reversed && (len(r.positions)+1)*r.most() <= maxLane {
			r.positions = append(r.positions, position)
			return
		}
	}
	p.runs = append(p.runs, run{[]int{position}, lo, hi, reversed})
}

// most is the greatest number that one answer adds to a lane. On its way to being
// reversed it adds lowest + highest.
func (r *run) most() int {
	if r.reversed {
		return r.lo + r.hi
	}
	return r.hi
}

// pieceRows is how many rows are added up before their outcomes are looked up, where
// that can be chosen: few enough that the columns' next rows arrive from memory meanwhile.
const pieceRows = 256

// score scores a strip.
func (p *lanePlan) score(s *scratch, out *ScaleColumn, from, rows int) {
	if p.shuffles == nil {
		p.index(s)
		p.lookUp(s.index[:rows], out, from)
		return
	}
	for at := 0; at < rows; at += pieceRows {
		p.shuffles.index(s, at)
		p.lookUp(s.index[at:min(at+pieceRows, rows)], out, from+at)
	}
}

// lookUp writes the outcomes that index names.
func (p *lanePlan) lookUp(index []uint16, out *ScaleColumn, from int) {
	values := p.values
	if out.Status == nil {
		values = p.orNaN
	}
	lookUp(out.Value, values, index, from)
	lookUp(out.Status, p.status, index, from)
	lookUp(out.Band, p.band, index, from)
	lookUp(out.Missing, p.missing, index, from)
}

// lookUp writes the entries of a table that index names, unless they are not wanted.
func lookUp[T any](column, table []T, index []uint16, from int) {
	if column == nil {
		return
	}
	column = column[from:][:len(index)]
	for r, i := range index {
		column[r] = table[i]
	}
}

// index finds where the outcomes of a strip are.
func (p *lanePlan) index(s *scratch) {
	clear(s.sum[:])
	clear(s.answered[:])
	if p.narrow {
		for i := range p.runs {
			s.addRun(&p.runs[i])
		}
		combine(&s.index, &s.sum, &s.answered, p.items, p.width)
		return
	}
	clear(s.wide[:])
	for i := range p.runs {
		s.addRun(&p.runs[i])
		for r, sum := range s.sum {
			s.wide[r] += uint16(sum)
		}
		clear(s.sum[:])
	}
	combine(&s.index, &s.wide, &s.answered, p.items, p.width)
}

func combine[T uint8 | uint16](index *[stripRows]uint16, sums *[stripRows]T, answered *strip, items, width int) {
	for r, sum := range sums {
		index[r] = uint16(items-int(answered[r]))*uint16(width) + uint16(sum)
	}
}

// addRun adds the columns of a run: their contributions onto sum, and one for each
// answer onto answered.
func (s *scratch) addRun(r *run) {
	sum, got := &s.sum, &s.answered
	if r.reversed {
		sum, got = &s.given, &s.got
		clear(sum[:])
		clear(got[:])
	}
	for i := 0; i < len(r.positions); i += abreast {
		columns := [abreast]*strip{s.blank, s.blank, s.blank, s.blank}
		for j, position := range r.positions[i:min(i+abreast, len(r.positions))] {
			columns[j] = s.columns[position]
		}
		addColumns(sum, got, columns, uint64(r.lo), uint64(r.hi))
	}
	if r.reversed {
		s.turn(r)
	}
}

// turn adds the reversed answers of a run: lowest + highest option for each answered
// item, less what was given.
func (s *scratch) turn(r *run) {
	both := uint64(r.lo + r.hi)
	for i := 0; i <= stripRows-8; i += 8 {
		got := load(&s.got, i)
		store(&s.sum, i, load(&s.sum, i)+got*both-load(&s.given, i))
		store(&s.answered, i, load(&s.answered, i)+got)
	}
}

// abreast is how many columns addColumns adds in one pass over a strip.
const abreast = 4

// addColumnsInWords adds columns of answers lo..hi to the lanes of sum, and one to the
// lanes of got where there is such an answer. Anything else in a column adds nothing.
func addColumnsInWords(sum, got *strip, columns [abreast]*strip, lo, hi uint64) {
	a, b, c, d := columns[0], columns[1], columns[2], columns[3]
	atLeast, above := (0x80-lo)*each, (0x7f-hi)*each
	for i := 0; i <= stripRows-8; i += 8 {
		w, x, y, z := load(a, i), load(b, i), load(c, i), load(d, i)
		p, q, r, s := valid(w, atLeast, above), valid(x, atLeast, above), valid(y, atLeast, above), valid(z, atLeast, above)
		store(sum, i, load(sum, i)+w&(p*maxLane)+x&(q*maxLane)+y&(r*maxLane)+z&(s*maxLane))
		store(got, i, load(got, i)+p+q+r+s)
	}
}

// valid is 1 in the lanes of x that hold an answer lo..hi. The top bit of a lane of
// low+atLeast says that it is lo or more, of low+above that it is more than hi, of x
// that it is below zero.
func valid(x, atLeast, above uint64) uint64 {
	low := x &^ tops
	return ((low + atLeast) ^ (low + above)) &^ x & tops >> 7
}

func load(s *strip, i int) uint64 { return binary.LittleEndian.Uint64(s[i : i+8]) }

func store(s *strip, i int, word uint64) { binary.LittleEndian.PutUint64(s[i:i+8], word) }
