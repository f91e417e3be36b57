// Package suppress decides which counts of students may leave a district. It is pure.
//
// A published table must not let a reader, who knows this code, the floor and the
// total, pin a withheld count to one value, nor learn that the withheld counts
// together stay under the floor.
package suppress

import (
	"github.com/evenkeel/evenkeel/internal/contract"
)

// DefaultFloor is the least count that is published unless a district or the province
// asks for more (design, section 5). A floor under LeastFloor protects nobody and is
// taken for one that was never set: DefaultFloor is used in its stead.
const (
	DefaultFloor = 10
	LeastFloor   = 2
)

// Floor returns the floor in force: floor itself, or DefaultFloor when it is below
// LeastFloor.
func Floor(floor int64) int64 {
	if floor < LeastFloor {
		return DefaultFloor
	}
	return floor
}

// Cells suppresses counts that partition a total, in the same order.
//
// Primary: every cell under the floor, zero included. Complementary, when any cell is
// suppressed: further cells from the last backwards (in a release: None, then the
// mildest tiers), at least one, until the suppressed cells sum to twice the floor.
// When the cells run out, all are suppressed.
//
// The further cells are chosen by position, never by size: a choice by size tells a
// reader that a withheld cell is no greater than the published ones, which can pin it.
// With twice the floor withheld, the reader cannot exclude that the last further cell
// holds nearly all of it and any one of the others anything from 0 to floor-1.
// TestNoReaderPinsACell tries every small table.
//
// The total may be published along with the cells only if it is at least the floor;
// Release sees to that.
func Cells(counts []int64, floor int64) []contract.Cell {
	floor = Floor(floor)
	cells := make([]contract.Cell, len(counts))
	withheld, some := int64(0), false
	for i, count := range counts {
		if count < floor {
			cells[i].Suppressed, some = true, true
			withheld += max(count, 0)
			continue
		}
		cells[i].Count = count
	}
	if some {
		complement(cells, withheld, floor)
	}
	return cells
}

// complement suppresses further cells; withheld is the sum of those suppressed so far.
func complement(cells []contract.Cell, withheld, floor int64) {
	for i := len(cells) - 1; i >= 0; i-- {
		if cells[i].Suppressed {
			continue
		}
		withheld += cells[i].Count
		cells[i] = contract.Cell{Suppressed: true}
		if withheld >= 2*floor {
			return
		}
	}
}

// Release is the one publication of a round's figures: tierCounts are students by
// tier in the policy's order, severest first, then None; participants are their sum.
// Fewer participants than the floor suppress everything.
func Release(tierCounts []int64, floor int64) contract.Release {
	floor = Floor(floor)
	participants := contract.Cell{}
	for _, count := range tierCounts {
		participants.Count += max(count, 0)
	}
	if participants.Count < floor {
		participants = contract.Cell{Suppressed: true}
	}
	return contract.Release{Floor: floor, Participants: participants, Tiers: Cells(tierCounts, floor)}
}

// RoundTo10 rounds a count of students to the nearest ten, half up, for what leaves a
// district while a round is open. Negative counts become 0.
func RoundTo10(n int64) int64 {
	return (max(n, 0) + 5) / 10 * 10
}
