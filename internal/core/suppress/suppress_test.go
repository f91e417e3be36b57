package suppress_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
)

const hidden = -1

func show(cells []contract.Cell) []int64 {
	var out []int64
	for _, c := range cells {
		if c.Suppressed {
			c.Count = hidden
		}
		out = append(out, c.Count)
	}
	return out
}

func TestRelease(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		counts           []int64
		floor            int64
		want             []int64
		wantParticipants int64
	}{
		"nothing small":                 {[]int64{56, 229, 250, 791, 3767}, 10, []int64{56, 229, 250, 791, 3767}, 5093},
		"one small cell hides None too": {[]int64{4, 229, 250, 791, 3767}, 10, []int64{hidden, 229, 250, 791, hidden}, 5041},
		"zero is small":                 {[]int64{0, 229, 250, 791, 3767}, 10, []int64{hidden, 229, 250, 791, hidden}, 5037},
		"two small cells":               {[]int64{9, 9, 250, 791, 3767}, 10, []int64{hidden, hidden, 250, 791, hidden}, 4826},
		"None is the small one":         {[]int64{56, 229, 250, 791, 3}, 10, []int64{56, 229, 250, hidden, hidden}, 1329},
		"too little slack takes more":   {[]int64{0, 40, 50, 30, 10}, 10, []int64{hidden, 40, 50, hidden, hidden}, 130},
		"the cells run out":             {[]int64{0, 10, 10}, 10, []int64{hidden, hidden, hidden}, 20},
		"fewer participants than floor": {[]int64{1, 2, 3}, 10, []int64{hidden, hidden, hidden}, hidden},
		"nobody":                        {[]int64{0, 0}, 10, []int64{hidden, hidden}, hidden},
		"an unset floor is the default": {[]int64{9, 50, 60}, 0, []int64{hidden, 50, hidden}, 119},
		"the floor itself is published": {[]int64{10, 10, 10}, 10, []int64{10, 10, 10}, 30},
		"negative counts as zero":       {[]int64{-5, 50, 60}, 10, []int64{hidden, 50, hidden}, 110},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := suppress.Release(tc.counts, tc.floor)
			if diff := cmp.Diff(tc.want, show(got.Tiers)); diff != "" {
				t.Errorf("tiers (-want +got):\n%s", diff)
			}
			if p := show([]contract.Cell{got.Participants})[0]; p != tc.wantParticipants {
				t.Errorf("participants = %d, want %d", p, tc.wantParticipants)
			}
		})
	}
}

// TestNoReaderPinsACell plays the strongest reader: one who knows this very code, the
// floor and everything published, and who lists every table that would have been
// published alike. Every withheld cell must take at least two values in that list.
func TestNoReaderPinsACell(t *testing.T) {
	t.Parallel()
	for _, floor := range []int64{2, 3, 4} {
		for cells := 1; cells <= 4; cells++ {
			t.Run(fmt.Sprintf("floor %d, %d cells", floor, cells), func(t *testing.T) {
				t.Parallel()
				attack(t, cells, floor, floor*int64(cells+3), suppress.Cells)
			})
		}
	}
	t.Run("floor 2, 5 cells", func(t *testing.T) {
		t.Parallel()
		attack(t, 5, 2, 16, suppress.Cells)
	})
}

// The attack must be able to succeed: the customary choice, the smallest cells until
// two are withheld and reach the floor, falls to it.
func TestTheReaderBreaksTheCustomaryChoice(t *testing.T) {
	t.Parallel()
	if pinned := pinnedBy(3, 4, 24, smallestFirst); pinned == "" {
		t.Error("the attack finds nothing in a table where (4, 3, 3) publishes 4 alone")
	}
}

func smallestFirst(counts []int64, floor int64) []contract.Cell {
	cells, n, sum := make([]contract.Cell, len(counts)), 0, int64(0)
	for i, c := range counts {
		cells[i] = contract.Cell{Count: c}
		if c < floor {
			cells[i], n, sum = contract.Cell{Suppressed: true}, n+1, sum+c
		}
	}
	for n > 0 && n < len(counts) && (n < 2 || sum < floor) {
		least := -1
		for i, c := range cells {
			if !c.Suppressed && (least < 0 || c.Count < cells[least].Count) {
				least = i
			}
		}
		sum += cells[least].Count
		cells[least], n = contract.Cell{Suppressed: true}, n+1
	}
	return cells
}

type suppressor func(counts []int64, floor int64) []contract.Cell

func attack(t *testing.T, cells int, floor, most int64, by suppressor) {
	t.Helper()
	if pinned := pinnedBy(cells, floor, most, by); pinned != "" {
		t.Error(pinned)
	}
}

// table is one published table and, per cell, every value it has in the tables of
// counts that are published like it.
type table struct {
	total  int64
	cells  []int64
	values []map[int64]bool
}

// pinnedBy describes a published table with a pinned cell, or one whose withheld
// cells are known to sum to less than the floor; it is empty when there is none.
func pinnedBy(cells int, floor, most int64, by suppressor) string {
	tables := map[string]*table{}
	every(make([]int64, cells), 0, 0, most, func(counts []int64, total int64) {
		if total < floor {
			return // the total is withheld as well: nothing is published
		}
		published := show(by(counts, floor))
		key := fmt.Sprint(total, published)
		if tables[key] == nil {
			tables[key] = &table{total: total, cells: published, values: make([]map[int64]bool, cells)}
		}
		tables[key].add(counts)
	})
	for _, one := range tables {
		if fault := one.fault(floor); fault != "" {
			return fault
		}
	}
	return ""
}

func (p *table) add(counts []int64) {
	for i, count := range counts {
		if p.values[i] == nil {
			p.values[i] = map[int64]bool{}
		}
		p.values[i][count] = true
	}
}

func (p *table) fault(floor int64) string {
	withheld, any := p.total, false
	for i, cell := range p.cells {
		if cell != hidden {
			withheld -= cell
			continue
		}
		any = true
		if len(p.values[i]) < 2 {
			return fmt.Sprintf("floor %d, total %d: %v pins cell %d to %v", floor, p.total, p.cells, i, p.values[i])
		}
	}
	if any && withheld < floor {
		return fmt.Sprintf("floor %d, total %d: %v withholds a sum of %d", floor, p.total, p.cells, withheld)
	}
	return ""
}

// every calls visit with all tables of counts whose total is at most most.
func every(counts []int64, at int, total, most int64, visit func(counts []int64, total int64)) {
	if at == len(counts) {
		visit(counts, total)
		return
	}
	for n := int64(0); total+n <= most; n++ {
		counts[at] = n
		every(counts, at+1, total+n, most, visit)
	}
}

// What the exhaustive attack proves for small tables holds in form for any: published
// cells are exact and at least the floor, and withheld ones are none, or two and more
// with a sum of at least the floor, or everything.
func TestReleaseProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(0, 60), 0, 8).Draw(t, "counts")
		floor := rapid.Int64Range(suppress.LeastFloor, 20).Draw(t, "floor")
		got := suppress.Release(counts, floor)
		var sum, withheldSum int64
		withheld := 0
		for i, cell := range got.Tiers {
			sum += counts[i]
			switch {
			case cell.Suppressed:
				withheld++
				withheldSum += counts[i]
			case cell.Count != counts[i] || cell.Count < floor:
				t.Fatalf("cell %d of %v is published as %d", i, counts, cell.Count)
			}
		}
		all := withheld == len(counts)
		if got.Participants.Suppressed != (sum < floor) || sum < floor && !all {
			t.Fatalf("%v: %+v", counts, got)
		}
		if sum >= floor && (withheld == 1 || withheld > 0 && withheldSum < floor) {
			t.Fatalf("%v: %+v", counts, got)
		}
		if withheld > 0 && !all && withheldSum < 2*floor {
			t.Fatalf("%v leaves no slack: %+v", counts, got)
		}
		if diff := cmp.Diff(got, suppress.Release(counts, floor)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What is released passes the check that the operator makes.
func TestReleasePassesTheOperatorsCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		release := suppress.Release(rapid.SliceOf(rapid.Int64Range(-3, 40)).Draw(t, "counts"), rapid.Int64Range(-1, 30).Draw(t, "floor"))
		report := contract.Report{
			Keys: contract.KeysReady, DutyChain: contract.Reachable,
			Rounds: []contract.RoundView{{
				Round: contract.RefOf("r"), State: contract.RoundReleased, Release: &release,
				Answered: suppress.RoundTo10(rapid.Int64().Draw(t, "answered") >> 1),
			}},
		}
		if err := contract.CheckReport(report); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRoundTo10(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]int64{-7: 0, 0: 0, 4: 0, 5: 10, 14: 10, 15: 20, 5093: 5090} {
		if got := suppress.RoundTo10(n); got != want {
			t.Errorf("RoundTo10(%d) = %d, want %d", n, got, want)
		}
	}
}
