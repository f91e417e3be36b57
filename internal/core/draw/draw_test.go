package draw_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/core/draw"
)

var lottery = draw.Occasion{Seed: "2026137 04 09 15 22 27 31 08", District: "110106", Inspection: "autumn-spot-check"}

// The draw that documents show; digests made with sha256sum.
func TestGolden(t *testing.T) {
	t.Parallel()
	want := []draw.Place{
		{School: "stone-bridge", Digest: "22694bf28c5f56197e0ae6cce17cc4518c15e876651192c81dbb118285932ab5"},
		{School: "lotus-pond", Digest: "22ea7f31a1be8d76e7abcebcb3703602b5b6c03a3edcb0312322a017de139327"},
	}
	if diff := cmp.Diff(want, draw.Compute(lottery, []string{"lotus-pond", "stone-bridge", "willow-lane"}, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// recompute is the command of docs/spec/inspection.md.
const recompute = `while read -r school; do
  printf '%s %s\n' "$(printf '%s\n%s\n%s\n%s' "$SEED" "$DISTRICT" "$INSPECTION" "$school" | sha256sum | cut -c1-64)" "$school"
done | LC_ALL=C sort | head -n "$SCHOOLS"`

// The documented command is the one that is run here.
func TestDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/spec/inspection.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(recompute, "\n") {
		if !strings.Contains(string(page), strings.TrimSpace(line)+"\n") {
			t.Errorf("docs/spec/inspection.md has no line %s", line)
		}
	}
	for _, p := range draw.Compute(lottery, []string{"lotus-pond", "stone-bridge", "willow-lane"}, 2) {
		if !strings.Contains(string(page), p.Digest+" "+p.School+"\n") {
			t.Errorf("docs/spec/inspection.md shows another draw than %+v", p)
		}
	}
}

// Whoever has a shell comes to the same draw.
func TestAShellAgrees(t *testing.T) {
	t.Parallel()
	schools := make([]string, 60)
	for i := range schools {
		schools[i] = fmt.Sprintf("no-%d.fengtai", i)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", recompute)
	cmd.Stdin = strings.NewReader(strings.Join(schools, "\n") + "\n")
	cmd.Env = append(cmd.Environ(), "SEED="+lottery.Seed, "DISTRICT="+lottery.District, "INSPECTION="+lottery.Inspection, "SCHOOLS=25")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sh, sha256sum, cut, sort and head are needed: %v", err)
	}
	var got strings.Builder
	for _, p := range draw.Compute(lottery, schools, 25) {
		fmt.Fprintf(&got, "%s %s\n", p.Digest, p.School)
	}
	if diff := cmp.Diff(string(out), got.String()); diff != "" {
		t.Errorf("(-shell +ours):\n%s", diff)
	}
}

func drawn(o draw.Occasion, schools []string, n int) []string {
	return draw.Names(draw.Compute(o, schools, n))
}

func TestProperties(t *testing.T) {
	t.Parallel()
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?`), 1, 60, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		o := draw.Occasion{
			Seed: rapid.String().Draw(t, "seed"), District: rapid.StringMatching(`[0-9]{6}`).Draw(t, "district"), Inspection: "x",
		}
		schools, n := names.Draw(t, "schools"), rapid.IntRange(1, 80).Draw(t, "n")
		got := drawn(o, schools, n)

		if len(got) != min(n, len(schools)) {
			t.Fatalf("%d of %d schools are drawn, want %d", len(got), len(schools), n)
		}
		for i, school := range got {
			if !slices.Contains(schools, school) || slices.Contains(got[:i], school) {
				t.Fatalf("%q is drawn twice or not listed", school)
			}
		}
		shuffled := rapid.Permutation(schools).Draw(t, "shuffled")
		if diff := cmp.Diff(got, drawn(o, shuffled, n)); diff != "" {
			t.Fatalf("the order of the list matters: %s", diff)
		}
		if fewer := drawn(o, schools, n-1); !slices.Equal(fewer, got[:min(n-1, len(got))]) {
			t.Fatal("drawing one school less changes the others")
		}
		// A school less on the list: the others keep their order, and the next one moves up.
		gone := rapid.SampledFrom(schools).Draw(t, "gone")
		without := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == gone })
		}
		if after := drawn(o, without(schools), n); !slices.Equal(after[:len(without(got))], without(got)) {
			t.Fatalf("without %q %v became %v", gone, got, after)
		}
	})
}

// Every school is drawn equally often. Chi-square with 39 degrees of freedom has a mean of 39 and exceeds 100 once in
// some ten million times; the seeds are always the same ones.
func TestEverySchoolIsEquallyLikely(t *testing.T) {
	t.Parallel()
	const schools, n, seeds = 40, 8, 5_000
	list := make([]string, schools)
	for i := range list {
		list[i] = fmt.Sprintf("school-%02d", i)
	}
	times, random := map[string]int{}, rand.New(rand.NewPCG(20, 26))
	for range seeds {
		o := draw.Occasion{Seed: fmt.Sprint(random.Uint32()), District: "110106", Inspection: "spot-check"}
		for _, school := range drawn(o, list, n) {
			times[school]++
		}
	}
	expected, chi := float64(seeds*n)/schools, 0.0
	for _, school := range list {
		off := float64(times[school]) - expected
		chi += off * off / expected
	}
	if chi > 100 {
		t.Errorf("chi-square %.1f over %d schools: %v", chi, schools, times)
	}
}

// One seed serves several inspections and districts, with draws of their own.
func TestOccasionsAreApart(t *testing.T) {
	t.Parallel()
	list := make([]string, 100)
	for i := range list {
		list[i] = fmt.Sprintf("no-%d", i)
	}
	first := drawn(lottery, list, 20)
	for _, o := range []draw.Occasion{
		{Seed: lottery.Seed, District: "110107", Inspection: lottery.Inspection},
		{Seed: lottery.Seed, District: lottery.District, Inspection: "second-spot-check"},
		{Seed: lottery.Seed + " ", District: lottery.District, Inspection: lottery.Inspection},
	} {
		if slices.Equal(first, drawn(o, list, 20)) {
			t.Errorf("%+v draws what %+v draws", o, lottery)
		}
	}
}
