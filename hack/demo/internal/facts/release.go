package facts

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/internal/core/suppress"
)

// floor under which counts are not published.
const floor = 10

// Release compares the published status of a round with the suppressed form of the
// exact figures.
func (t *Table) Release(where string, want cohort.Figures, got v1alpha1.RoundRelease) {
	var counts []int64
	for _, n := range want.Tiers {
		counts = append(counts, int64(n))
	}
	expected := suppress.Release(counts, floor)
	var cells []string
	for i, cell := range expected.Tiers {
		cells = append(cells, cellText(cohort.Tiers[i], cell.Count, cell.Suppressed))
	}
	t.Equal(where, "published", fmt.Sprintf("floor %d, %s, %s", floor,
		cellText("participants", expected.Participants.Count, expected.Participants.Suppressed), strings.Join(cells, ", ")), published(got))
}

// published is a round's release as text.
func published(r v1alpha1.RoundRelease) string {
	if r.Floor == 0 {
		return "nothing"
	}
	parts := []string{fmt.Sprintf("floor %d", r.Floor), pointer("participants", r.Participants)}
	for _, tier := range r.Tiers {
		parts = append(parts, pointer(tier.Tier, tier.Students))
	}
	return strings.Join(parts, ", ")
}

func pointer(name string, n *int64) string {
	if n == nil {
		return cellText(name, 0, true)
	}
	return cellText(name, *n, false)
}

func cellText(name string, n int64, hidden bool) string {
	if hidden {
		return name + " *"
	}
	return fmt.Sprintf("%s %d", name, n)
}
