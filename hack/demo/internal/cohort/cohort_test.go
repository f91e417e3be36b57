package cohort

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	today   = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	schools = []School{
		{"fengtai", "no-1", "JuniorSecondary"}, {"kaizhou", "no-1", "JuniorSecondary"},
		{"fengtai", "no-2", "SeniorSecondary"}, {"kaizhou", "no-2", "SeniorSecondary"},
		{"fengtai", "no-3", "SeniorSecondary"}, {"kaizhou", "no-3", "SeniorSecondary"},
	}
)

func rows(t *testing.T) []Row {
	file, err := os.Open("../../../../test/data/nhanes-2017-2018-dpq.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := ReadRows(file)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestFiguresOfTheWholeFileAreTheKnownOnes(t *testing.T) {
	students := Make(rows(t), schools, 0, today)
	if diff := cmp.Diff(Known, Expect(AnswersOf(students))); diff != "" {
		t.Error(diff)
	}
}

func TestDistrictsAddUpToTheWhole(t *testing.T) {
	students := Make(rows(t), schools, 0, today)
	sum := Figures{}
	for _, district := range []string{"fengtai", "kaizhou"} {
		sum = sum.Plus(Expect(AnswersOf(In(students, district))))
	}
	if diff := cmp.Diff(Known, sum); diff != "" {
		t.Error(diff)
	}
}

func TestScoringByHand(t *testing.T) {
	b := Blank
	for name, test := range map[string]struct {
		answers      Answers
		total        int
		scored       bool
		tier         string
		undetermined bool
	}{
		"nothing":                      {Answers{}, 0, true, "None", false},
		"item 9 alone":                 {Answers{8: 1}, 1, true, "High", false},
		"item 9 at 2":                  {Answers{8: 2}, 2, true, "Severe", false},
		"fifteen without item 9":       {Answers{3, 3, 3, 3, 3}, 15, true, "High", false},
		"half up: 4 x 9 / 8 = 4.5":     {Answers{0: b, 1: 3, 2: 1}, 5, true, "Low", false},
		"three missing":                {Answers{b, b, b, 3, 3, 3}, 0, false, "Moderate", true},
		"item 9 blank":                 {Answers{8: b}, 0, true, "Moderate", true},
		"item 9 blank and a total 20":  {Answers{3, 3, 3, 3, 3, 3, 0, 0, b}, 20, true, "High", false},
		"three missing and item 9 two": {Answers{b, b, b, 0, 0, 0, 0, 0, 2}, 0, false, "Severe", false},
	} {
		total, scored := test.answers.total()
		tier, undetermined := test.answers.tier()
		if total != test.total || scored != test.scored || Tiers[tier] != test.tier || undetermined != test.undetermined {
			t.Errorf("%s: total %d %t, tier %s %t", name, total, scored, Tiers[tier], undetermined)
		}
	}
}

func TestEveryMannerOccurs(t *testing.T) {
	var twice, several, drops, absent int
	for _, s := range Make(rows(t), schools, 0, today) {
		count := map[bool]int{true: 1}
		twice += count[s.Manner.Twice]
		several += count[s.Manner.Saves > 1]
		drops += count[s.Manner.DropsOff]
		absent += count[!s.Manner.TakesPart]
	}
	if absent != 440 || twice < 500 || several < 1000 || drops < 50 {
		t.Errorf("absent %d, twice %d, several %d, drops off %d", absent, twice, several, drops)
	}
}

func TestRosterHasOneRowForEveryStudentAndNoTwoSeatsAlike(t *testing.T) {
	students := Make(rows(t), schools, 0, today)
	var out strings.Builder
	if err := WriteRoster(&out, students); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(records) != len(students)+1 {
		t.Fatalf("%d records (%v)", len(records), err)
	}
	seats, numbers := map[string]bool{}, map[string]bool{}
	for i, s := range students {
		seat := s.School.District + s.School.Name + s.Label()
		if seats[seat] || numbers[s.Number] {
			t.Fatalf("student %d shares a seat or number", i)
		}
		seats[seat], numbers[s.Number] = true, true
	}
}

func TestRowsThatAreNoAnswersAreRefused(t *testing.T) {
	head := "SEQN,DPQ010,DPQ020,DPQ030,DPQ040,DPQ050,DPQ060,DPQ070,DPQ080,DPQ090,DPQ100\n"
	for name, text := range map[string]string{
		"no column": "SEQN,DPQ010\n1,0\n",
		"a four":    head + "1.0,4.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,\n",
		"a half":    head + "1.0,0.5,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,\n",
		"a word":    head + "1.0,x,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,\n",
	} {
		if _, err := ReadRows(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read without a fault", name)
		}
	}
}
