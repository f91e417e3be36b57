package main

import (
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
)

// tally counts the students of one district, or of a part of them.
type tally struct {
	tiers [tiers]int64     // severest first, then None
	bands [scales][5]int64 // in the scale's order; the last: without a value
}

// report is what leaves a province: the release of every district, and of the province
// the students in each band of each scale.
type report struct {
	Districts []contract.Release
	Bands     [scales][]contract.Cell
}

// count adds the rows of a block.
func (t *tally) count(scores *instrument.ColumnScores, decided *escalation.ColumnDecisions) {
	var ranks [256]int64
	for _, rank := range decided.Rank {
		ranks[rank]++
	}
	for i := range t.tiers {
		t.tiers[i] += ranks[i]
	}
	for s := range t.bands {
		var bands [8]int64
		for _, band := range scores.Scales[s].Band {
			bands[band&7]++ // -1 is 7
		}
		for i := range 4 {
			t.bands[s][i] += bands[i]
		}
		t.bands[s][4] += bands[7]
	}
}

func (t *tally) add(other tally) {
	for i, n := range other.tiers {
		t.tiers[i] += n
	}
	for s := range t.bands {
		for i, n := range other.bands[s] {
			t.bands[s][i] += n
		}
	}
}

// publish suppresses what is too small to leave.
func publish(districts []tally) report {
	var r report
	var province tally
	for _, d := range districts {
		r.Districts = append(r.Districts, suppress.Release(d.tiers[:], suppress.DefaultFloor))
		province.add(d)
	}
	for s := range r.Bands {
		r.Bands[s] = suppress.Cells(province.bands[s][:], suppress.DefaultFloor)
	}
	return r
}
