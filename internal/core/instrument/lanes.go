package instrument

import (
	"encoding/binary"
	"slices"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Lanes are the eight bytes of a word, one row in each. Adding words adds eight rows at
// once as long as no lane runs over, which is why a scale's columns are added in runs.
const (
	each     = 0x0101010101010101
	tops     = 0x80 * each
	maxLane  = 0xff
	maxTable = 1 << 14 // settled outcomes of one scale
)

// lanePlan scores a Sum or Mean whose items all weigh 1, have no gate and offer every
// value between their least and greatest option. Two numbers then settle the score,
// the sum of the answers and how many are missing, so it is looked up.
type lanePlan struct {
	runs    []run
	items   int
	settled []settled // [missing][sum]; the last row is for too many missing
	sums    int       // length of a row of settled
	most    int       // missing
	narrow  bool      // the sum of all runs fits a lane
}

// settled is an outcome before norms, small enough for many to stay in the cache.
type settled struct {
	value  float64
	band   int8
	status StatusCode
}

// run is a number of columns alike whose sum fits a lane.
type run struct {
	positions []int
	lo, hi    int
	reversed  bool
}

// newLanes returns nil for a scale that cannot be scored in lanes.
func (c *Compiled) newLanes(s *scaleRule) *lanePlan {
	p := &lanePlan{items: len(s.terms), sums: s.hi + 1, most: s.maxMissing, narrow: s.hi <= maxLane}
	if s.method == contract.Count || len(s.terms) > maxLane || (p.most+2)*p.sums > maxTable {
		return nil
	}
	for _, t := range s.terms {
		item := &c.items[t.position]
		if t.weight != 1 || t.gated || slices.Contains(item.offered[item.lo:item.hi], false) {
			return nil
		}
		p.add(t.position, item.lo, item.hi, t.times < 0)
	}
	for missing := range p.most + 2 {
		for sum := range p.sums {
			t := tally{sum: sum, missing: missing, weight: s.weight - missing, total: s.weight, lo: s.lo, hi: s.hi}
			p.keep(s.settle(t))
		}
	}
	return p
}

func (p *lanePlan) keep(o outcome) {
	p.settled = append(p.settled, settled{o.value, o.band, o.status})
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

// score scores a strip.
func (p *lanePlan) score(s *scratch, out *ScaleColumn, from, rows int) {
	clear(s.sum[:])
	clear(s.answered[:])
	if p.narrow {
		for i := range p.runs {
			s.addRun(&p.runs[i])
		}
		lookUp(p, s.sum[:rows], s.answered[:rows], out, from)
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
	lookUp(p, s.wide[:rows], s.answered[:rows], out, from)
}

// lookUp writes what sums and numbers of answered items are settled to.
func lookUp[T uint8 | uint16](p *lanePlan, sums []T, answered []uint8, out *ScaleColumn, from int) {
	value, status := out.Value[from:][:len(sums)], out.Status[from:][:len(sums)]
	band, missings := out.Band[from:][:len(sums)], out.Missing[from:][:len(sums)]
	answered = answered[:len(sums)]
	outcomes, width, items, tooMany := p.settled, p.sums, p.items, p.most+1
	for r, sum := range sums {
		missing := items - int(answered[r])
		o := &outcomes[min(missing, tooMany)*width+int(sum)]
		value[r], status[r], band[r], missings[r] = o.value, o.status, o.band, uint16(missing)
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
