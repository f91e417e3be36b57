package instruments

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// The facts of test/data/README.md hold for PHQ-9 as it ships, on all 5,533 rows of the survey.
func TestPHQ9OnTheSurvey(t *testing.T) {
	compiled := load(t, "phq-9")
	got := map[string]int{}
	for _, row := range survey(t) {
		result := compiled.Score(answersOf(row[1:10]))
		total, syndrome := result.Scales[0], result.Scales[1]
		got["rows"]++
		got["total "+string(total.Status)]++
		if total.Band != "" {
			got["total "+total.Band]++
		}
		if syndrome.Band != "" {
			got[syndrome.Band]++
		}
		for _, hit := range result.Critical {
			got["item 9 "+string(hit.Class)]++
		}
	}
	want := map[string]int{
		"rows": 5533, "total Scored": 5068, "total Prorated": 18, "total Insufficient": 447,
		"total None": 3784, "total Mild": 840, "total Moderate": 293, "total ModeratelySevere": 124, "total Severe": 45,
		"MajorPattern": 213, "OtherPattern": 307, "NoPattern": 5068 - 213 - 307,
		"item 9 Urgent": 136, "item 9 Immediate": 56,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-published +scored):\n%s", diff)
	}
}

// Of those who answer item 9, PHQ-2 as a gate would lose 82: the reason why it must not be one.
func TestPHQ2AsAGateLosesCriticalAnswers(t *testing.T) {
	long, short := load(t, "phq-9"), load(t, "phq-2")
	lost := 0
	for _, row := range survey(t) {
		result := long.Score(answersOf(row[1:10]))
		if result.Scales[0].Status == instrument.Scored && len(result.Critical) > 0 && short.Score(answersOf(row[1:3])).Scales[0].Band == "None" {
			lost++
		}
	}
	if lost != 82 {
		t.Errorf("%d are lost, want 82", lost)
	}
}

func survey(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("../data/nhanes-2017-2018-dpq.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// answersOf reads the survey's answers: 7 (refused), 9 (don't know) and blank are missing.
func answersOf(cells []string) *instrument.Response {
	out := &instrument.Response{}
	for _, cell := range cells {
		value, err := strconv.ParseFloat(cell, 64)
		answer := instrument.Answer{Value: int(value)}
		if err != nil || value > 3 {
			answer = instrument.Answer{Missing: instrument.Blank}
		}
		out.Answers = append(out.Answers, answer)
	}
	return out
}
