package rescore_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
	"github.com/evenkeel/evenkeel/internal/core/rescore"
)

const (
	nhanesFile   = "../../../test/data/nhanes-2017-2018-dpq.csv"
	nhanesSHA256 = "d7c1838f8ce3e11fca498892e0ecbd906cc7590973ad41ed295966bd99c2540b"
)

// facts are what test/data/README.md states of the scored answers.
type facts struct {
	ByMissing                map[int]int // of the nine items
	ScoredBands              map[string]int
	CompleteBands            map[string]int
	CompleteSum, Complete10  int
	Complete9, Item9         int
	Complete9Below10         int
	Major, Other             int // of the complete
	Totals                   []int
	MissingItem9AmongAnswers int
}

// phq9 is the questionnaire with its algorithm beside the total (Kroenke, Spitzer,
// Williams 2001): major, five or more symptoms on more than half the days, item 9 counting
// from several days, one of them item 1 or 2; other, two to four.
func phq9() contract.Instrument {
	in := instrumenttest.PHQ9()
	var all, cardinal []contract.ItemTest
	for i, item := range in.Items {
		test := contract.ItemTest{Item: item.Code, From: 2, To: 3}
		if item.Code == "q9" {
			test.From = 1
		}
		if all = append(all, test); i < 2 {
			cardinal = append(cardinal, test)
		}
	}
	one := contract.Condition{Tests: cardinal, AtLeast: 1, AtMost: 2}
	syndrome := in.Scales[0]
	syndrome.Code, syndrome.Method, syndrome.Purpose = "syndrome", contract.Cases, contract.Describe
	syndrome.MaxMissing = 0
	syndrome.Cases = []contract.Case{
		{Name: "Major", Value: 2, When: []contract.Condition{{Tests: all, AtLeast: 5, AtMost: 9}, one}},
		{Name: "Other", Value: 1, When: []contract.Condition{{Tests: all, AtLeast: 2, AtMost: 4}, one}},
		{Name: "None", Value: 0},
	}
	syndrome.Bands = []contract.Band{{Name: "None", From: 0, To: 0}, {Name: "Other", From: 1, To: 1}, {Name: "Major", From: 2, To: 2}}
	in.Scales = append(in.Scales, syndrome)
	return in
}

// TestTheSurveyThroughBothScorers gives every row to both, wants them to agree, and the
// figures to be those that others worked out.
func TestTheSurveyThroughBothScorers(t *testing.T) {
	t.Parallel()
	in := phq9()
	first, err := instrument.Compile(in)
	if err != nil {
		t.Fatal(err)
	}
	got := facts{ByMissing: map[int]int{}, ScoredBands: map[string]int{}, CompleteBands: map[string]int{}, Totals: make([]int, 26)}
	for _, response := range nhanes(t) {
		second := rescore.Score(in, response)
		if diff := cmp.Diff(second, first.Score(&response), sameBits); diff != "" {
			t.Fatalf("(-second +first):\n%s", diff)
		}
		got.add(second)
	}
	want := facts{
		ByMissing:     map[int]int{0: 5068, 1: 15, 2: 3, 3: 7, 9: 440},
		ScoredBands:   map[string]int{"None": 3784, "Mild": 840, "Moderate": 293, "ModeratelySevere": 124, "Severe": 45},
		CompleteBands: map[string]int{"None": 3772, "Mild": 837, "Moderate": 292, "ModeratelySevere": 124, "Severe": 43},
		CompleteSum:   16426, Complete10: 459, Complete9: 191, Item9: 192, Complete9Below10: 64, Major: 213, Other: 307,
		Totals:                   []int{1721, 687, 578, 441, 345, 247, 193, 155, 133, 109, 91, 74, 48, 39, 40, 30, 35, 21, 26, 12, 11, 13, 10, 4, 3, 2},
		MissingItem9AmongAnswers: 8,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (f *facts) add(r instrument.Result) {
	total, syndrome := r.Scales[0], r.Scales[1]
	missing := total.Missing
	if missing > 2 && missing < 9 {
		missing = 3
	}
	f.ByMissing[missing]++
	f.Item9 += len(r.Critical)
	if total.Missing < 9 {
		f.MissingItem9AmongAnswers += len(r.CriticalBlank)
	}
	if total.Status != instrument.Insufficient {
		f.ScoredBands[total.Band]++
	}
	if total.Status != instrument.Scored {
		return
	}
	f.CompleteBands[total.Band]++
	f.CompleteSum += int(total.Value)
	f.Totals[int(total.Value)]++
	f.Complete9 += len(r.Critical)
	if total.Value >= 10 {
		f.Complete10++
	} else {
		f.Complete9Below10 += len(r.Critical)
	}
	switch syndrome.Band {
	case "Major":
		f.Major++
	case "Other":
		f.Other++
	}
}

// nhanes reads the survey: nine items of every row, 7 refused, 9 don't know.
func nhanes(t *testing.T) []instrument.Response {
	t.Helper()
	raw, err := os.ReadFile(nhanesFile)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != nhanesSHA256 {
		t.Fatal("the survey is not the file that the figures are of")
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]instrument.Answer{
		"": {Missing: instrument.Blank}, "7.0": {Missing: instrument.Refused}, "9.0": {Missing: instrument.DontKnow},
		"0.0": {}, "1.0": {Value: 1}, "2.0": {Value: 2}, "3.0": {Value: 3},
	}
	var responses []instrument.Response
	for n, row := range rows[1:] {
		var r instrument.Response
		for column, name := range rows[0] {
			if strings.HasPrefix(name, "DPQ0") {
				answer, known := answers[row[column]]
				if !known {
					t.Fatalf("row %d, %s: unexpected value", n+2, name)
				}
				r.Answers = append(r.Answers, answer)
			}
		}
		responses = append(responses, r)
	}
	return responses
}
