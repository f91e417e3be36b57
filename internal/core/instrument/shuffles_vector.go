//go:build amd64 && goexperiment.simd

package instrument

import "simd/archsimd"

// A shuffle looks up every byte of a vector in a table of sixteen, so an item whose
// options stop short of the last entry needs one instruction to tell what an answer
// adds to the index of a lanePlan: its contribution, or the table's width when it is
// missing. Nothing need be counted apart and nothing turned round.
const (
	lastEntry = 15 // of a table: whatever is no option
	together  = 5  // columns added in one pass
)

// shuffles are the tables of a scale's items, some together as long as what they add
// fits a byte.
type shuffles struct{ groups []group }

// group is up to together columns. Where there are fewer, blank columns add nothing.
type group struct {
	positions []int
	tables    [together]table
}

// table is what the byte 0..14 of a column adds, anything else lastEntry; twice, as a
// vector of 32 bytes is shuffled half by half.
type table [vectorBytes]uint8

// newShuffles returns nil for a scale that must be scored in lanes: few items would fit
// a byte together, or they have too many options for a table, or the processor is old.
func (c *Compiled) newShuffles(s *scaleRule) *shuffles {
	width := s.hi + 1
	if width > maxLane/2 || !archsimd.X86.AVX2() {
		return nil
	}
	p, abreast := &shuffles{}, min(maxLane/width, together)
	for i, t := range s.terms {
		item := &c.items[t.position]
		if item.hi >= lastEntry {
			return nil
		}
		if i%abreast == 0 {
			p.groups = append(p.groups, group{})
		}
		g := &p.groups[len(p.groups)-1]
		g.tables[len(g.positions)] = s.newShuffle(&t, item, width)
		g.positions = append(g.positions, t.position)
	}
	return p
}

func (s *scaleRule) newShuffle(t *term, item *itemRule, width int) table {
	var out table
	for i := range out {
		out[i] = uint8(width)
		if answer := i % (lastEntry + 1); item.offered[answer] {
			out[i] = uint8(s.contribution(t, answer))
		}
	}
	return out
}

// piece is a part of a strip, summed the index of its rows.
type (
	piece  = [pieceRows]byte
	summed = [pieceRows]uint16
)

// index finds where the outcomes of the rows of the piece that begins at a row of the
// strip are: see lanePlan.
func (p *shuffles) index(s *scratch, at int) {
	index := (*summed)(s.index[at:])
	clear(index[:])
	for i := range p.groups {
		g := &p.groups[i]
		var columns [together]*piece
		for j := range columns {
			column := s.blank
			if j < len(g.positions) {
				column = s.columns[g.positions[j]]
			}
			columns[j] = (*piece)(column[at:])
		}
		g.add(index, &columns)
	}
}

// add adds to the index what the columns of a group do.
func (g *group) add(index *summed, columns *[together]*piece) {
	a, b, c, d, e := columns[0], columns[1], columns[2], columns[3], columns[4]
	ta, tb, tc, td, te := g.vectors()
	last := archsimd.BroadcastUint8x32(lastEntry)
	for i := 0; i <= pieceRows-vectorBytes; i += vectorBytes {
		sum := shuffle(ta, a, i, last).Add(shuffle(tb, b, i, last)).Add(shuffle(tc, c, i, last)).
			Add(shuffle(td, d, i, last)).Add(shuffle(te, e, i, last))
		lo, hi := half(index, i), half(index, i+vectorBytes/2)
		archsimd.LoadUint16x16(lo).Add(sum.GetLo().ExtendToUint16()).Store(lo)
		archsimd.LoadUint16x16(hi).Add(sum.GetHi().ExtendToUint16()).Store(hi)
	}
	// Ordinary instructions on floating-point numbers wait for these bits where they are not clear.
	archsimd.ClearAVXUpperBits()
}

func (g *group) vectors() (a, b, c, d, e archsimd.Uint8x32) {
	t := &g.tables
	return t[0].vector(), t[1].vector(), t[2].vector(), t[3].vector(), t[4].vector()
}

func (t *table) vector() archsimd.Uint8x32 { return archsimd.LoadUint8x32((*[vectorBytes]uint8)(t)) }

// shuffle is what the rows from i on of a column add.
func shuffle(table archsimd.Uint8x32, column *piece, i int, last archsimd.Uint8x32) archsimd.Uint8x32 {
	rows := archsimd.LoadUint8x32((*[vectorBytes]uint8)(column[i:]))
	return table.PermuteOrZeroGrouped(rows.Min(last).AsInt8x32())
}

func half(index *summed, i int) *[vectorBytes / 2]uint16 {
	return (*[vectorBytes / 2]uint16)(index[i:])
}
