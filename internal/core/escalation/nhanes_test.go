package escalation_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/escalation/escalationtest"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/core/instrument/instrumenttest"
)

const (
	nhanesFile   = "../../../test/data/nhanes-2017-2018-dpq.csv"
	nhanesSHA256 = "d7c1838f8ce3e11fca498892e0ecbd906cc7590973ad41ed295966bd99c2540b"
	nhanesItems  = 9
)

// survey is everything test/data/README.md states of the file.
type survey struct {
	Rows, NoneAnswered, TookPart    int
	ByMissing                       map[int]int // 0, 1, 2 missing; 3 stands for 3..8
	Scored                          int
	ScoredBands, CompleteBands      map[string]int
	Item9                           map[int]int // -1: missing; of those who took part
	CompleteSum                     int
	Complete10, Complete9           int // total >= 10; item 9 >= 1
	Complete9Below10, Complete9Phq2 int // item 9 >= 1 with total < 10; with PHQ-2 < 3
	Histogram                       []int
	Tiers                           map[string]int
	TierByFloor                     map[string]int // tier/kind of the first reason
	Undetermined                    int
	Obligations, ObligedByAnswer    int
}

func TestNHANES(t *testing.T) {
	t.Parallel()
	want := survey{
		Rows: 5533, NoneAnswered: 440, TookPart: 5093,
		ByMissing:     map[int]int{0: 5068, 1: 15, 2: 3, 3: 7},
		Scored:        5086,
		ScoredBands:   map[string]int{"None": 3784, "Mild": 840, "Moderate": 293, "ModeratelySevere": 124, "Severe": 45},
		CompleteBands: map[string]int{"None": 3772, "Mild": 837, "Moderate": 292, "ModeratelySevere": 124, "Severe": 43},
		Item9:         map[int]int{0: 4893, 1: 136, 2: 32, 3: 24, -1: 8},
		CompleteSum:   16426, // over 5,068 rows: mean 3.2411
		Complete10:    459, Complete9: 191, Complete9Below10: 64, Complete9Phq2: 82,
		Histogram: []int{
			1721, 687, 578, 441, 345, 247, 193, 155, 133, 109, 91, 74, 48, 39,
			40, 30, 35, 21, 26, 12, 11, 13, 10, 4, 3, 2, 0, 0,
		},
		Tiers: map[string]int{"Severe": 56, "High": 229, "Moderate": 250, "Low": 791, "None": 3767},
		TierByFloor: map[string]int{
			"Severe/CriticalFloor": 56, "High/CriticalFloor": 136,
			"High/Rule": 92, "High/UndeterminedFloor": 1, // 93 by total; one of them with item 9 missing
			"Moderate/Rule": 241, "Moderate/UndeterminedFloor": 9, "Low/Rule": 791, "None/": 3767,
		},
		Undetermined: 10, // 7 without a score, 3 scored with item 9 missing
		Obligations:  285, ObligedByAnswer: 192,
	}
	got := readSurvey(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("survey (-want +got):\n%s", diff)
	}
	if mean := float64(got.CompleteSum) / float64(got.ByMissing[0]); mean < 3.24105 || mean > 3.24115 {
		t.Errorf("mean of the complete = %.6f, want 3.2411", mean)
	}
}

func readSurvey(t *testing.T) survey {
	t.Helper()
	s := survey{
		ByMissing: map[int]int{}, ScoredBands: map[string]int{}, CompleteBands: map[string]int{},
		Item9: map[int]int{}, Histogram: make([]int, 28), Tiers: map[string]int{}, TierByFloor: map[string]int{},
	}
	phq9 := instrumenttest.MustCompile(instrumenttest.PHQ9())
	policy := escalationtest.MustCompile(escalationtest.GradedIntervention(), phq9)
	for _, row := range nhanesRows(t) {
		s.Rows++
		answers := phq9.NewResponse()
		for i, cell := range row[1 : 1+nhanesItems] {
			answers.Answers[i] = nhanesAnswer(t, cell)
		}
		result := phq9.Score(answers)
		if result.Scales[0].Missing == nhanesItems {
			s.NoneAnswered++
			continue
		}
		s.TookPart++
		s.addResult(answers.Answers, result)
		s.addDecision(policy, result)
	}
	return s
}

func nhanesRows(t *testing.T) [][]string {
	t.Helper()
	raw, err := os.ReadFile(nhanesFile)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != nhanesSHA256 {
		t.Fatalf("%s has changed", nhanesFile)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func nhanesAnswer(t *testing.T, cell string) instrument.Answer {
	t.Helper()
	switch cell {
	case "":
		return instrument.Answer{Missing: instrument.Blank}
	case "7.0":
		return instrument.Answer{Missing: instrument.Refused}
	case "9.0":
		return instrument.Answer{Missing: instrument.DontKnow}
	case "0.0", "1.0", "2.0", "3.0":
		return instrument.Answer{Value: int(cell[0] - '0')}
	}
	t.Fatalf("unexpected cell %q", cell)
	return instrument.Answer{}
}

func (s *survey) addResult(answers []instrument.Answer, result instrument.Result) {
	total := result.Scales[0]
	s.ByMissing[min(total.Missing, 3)]++
	if total.Status != instrument.Insufficient {
		s.Scored++
		s.ScoredBands[total.Band]++
	}
	if len(result.CriticalBlank) > 0 {
		s.Item9[-1]++
	} else {
		s.Item9[answers[8].Value]++
	}
	if total.Missing > 0 {
		return
	}
	s.CompleteBands[total.Band]++
	s.CompleteSum += int(total.Value)
	s.Histogram[int(total.Value)]++
	s.Complete10 += count(total.Value >= 10)
	critical := len(result.Critical) > 0
	s.Complete9 += count(critical)
	s.Complete9Below10 += count(critical && total.Value < 10)
	s.Complete9Phq2 += count(critical && answers[0].Value+answers[1].Value < 3)
}

func (s *survey) addDecision(policy *escalation.Compiled, result instrument.Result) {
	d := policy.Decide(escalation.Input{Results: map[string]instrument.Result{"phq-9": result}})
	s.Tiers[d.Tier]++
	kind := ""
	if len(d.Reasons) > 0 {
		kind = string(d.Reasons[0].Kind)
	}
	s.TierByFloor[d.Tier+"/"+kind]++
	s.Undetermined += count(d.Undetermined)
	tier, _ := policy.Tier(d.Tier)
	s.Obligations += count(tier.Does(contract.Notify))
	s.ObligedByAnswer += count(len(result.Critical) > 0)
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
