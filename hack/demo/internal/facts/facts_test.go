package facts

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
	"github.com/evenkeel/evenkeel/hack/demo/internal/student"
)

func openLog(t *testing.T, entries ...student.Entry) *student.Log {
	log, err := student.OpenLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	for _, e := range entries {
		if err := log.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return log
}

func TestLossAndDoublingShowInTheTable(t *testing.T) {
	save := func(receipt string, items int) student.Entry {
		return student.Entry{District: "fengtai", Kind: student.Saved, Receipt: receipt, Items: items}
	}
	submit := student.Entry{District: "fengtai", Kind: student.Submitted, Receipt: "s"}
	log := openLog(t, save("a", 3), save("a", 3), save("b", 9), submit)
	for name, test := range map[string]struct {
		found Found
		wrong string
	}{
		"all there":        {Found{SaveItems: map[string]int{"a": 3, "b": 9}, Submissions: map[string]bool{"s": true}}, ""},
		"a save is lost":   {Found{SaveItems: map[string]int{"a": 3}, Submissions: map[string]bool{"s": true}}, "that are lost"},
		"an answer less":   {Found{SaveItems: map[string]int{"a": 2, "b": 9}, Submissions: map[string]bool{"s": true}}, "fewer answers"},
		"one too many":     {Found{SaveItems: map[string]int{"a": 3, "b": 9, "c": 1}, Submissions: map[string]bool{"s": true}}, "nobody sent"},
		"submission lost":  {Found{SaveItems: map[string]int{"a": 3, "b": 9}}, "submissions that are lost"},
		"another's answer": {Found{SaveItems: map[string]int{"a": 3, "x": 9}, Submissions: map[string]bool{"s": true}}, "nobody sent"},
	} {
		var table Table
		table.Log("fengtai", "fengtai", log, test.found)
		var names []string
		for _, f := range table.Wrong() {
			names = append(names, f.Name)
		}
		if (test.wrong == "") != (len(names) == 0) || !strings.Contains(strings.Join(names, "; "), test.wrong) {
			t.Errorf("%s: wrong facts %q", name, names)
		}
	}
}

func TestPublishedFiguresAreTheSuppressedOnes(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	want := cohort.Figures{Tiers: [5]int{4, 30, 40, 100, 500}}
	hidden := v1alpha1.RoundRelease{Floor: 10, Participants: n(674), Tiers: []v1alpha1.TierCount{
		{Tier: "Severe"}, {Tier: "High", Students: n(30)}, {Tier: "Moderate", Students: n(40)}, {Tier: "Low", Students: n(100)}, {Tier: "None"},
	}}
	var table Table
	table.Release("fengtai", want, hidden)
	if wrong := table.Wrong(); len(wrong) != 0 {
		t.Errorf("%+v", wrong)
	}
	hidden.Tiers[0].Students = n(4)
	table.Release("fengtai", want, hidden)
	table.Release("fengtai", want, v1alpha1.RoundRelease{})
	if wrong := table.Wrong(); len(wrong) != 2 {
		t.Errorf("a small cell and nothing at all: %+v", wrong)
	}
}

func TestTableSaysWhatIsWrong(t *testing.T) {
	var table Table
	table.Equal("both", "obligations", 285, 284)
	table.AtLeast("both", "climbed", 1, 3)
	var out strings.Builder
	table.Write(&out)
	if !strings.Contains(out.String(), "✗") || !strings.Contains(out.String(), "284") || len(table.Wrong()) != 1 {
		t.Error(out.String())
	}
}
