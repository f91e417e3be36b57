package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/api/v1alpha1"
	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/controlplane/translate"
	"github.com/evenkeel/evenkeel/internal/core/escalation"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/plugin/manifest"
)

const (
	nhanesFile = "nhanes-2017-2018-dpq.csv"
	policyFile = "config/samples/escalationpolicy.yaml"

	factsSection = `## Facts of the real answers
The answers of test/data through the shipped phq-9 and phq-2 and the sample policy graded-intervention. What is expected was worked
out from the files' own columns outside this project.

| fact | expected | got |
|---|---|---|
`
)

// facts compares with what is known of the real answers.
func (r *report) facts(ctx context.Context, dir string, instruments []v1alpha1.InstrumentSpec) error {
	raw, err := os.ReadFile(filepath.Join(dir, nhanesFile))
	if err != nil {
		return err
	}
	s, err := newSurvey(ctx, instruments)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return err
	}
	for i, row := range rows[1:] {
		if err := s.add(row[1:10]); err != nil {
			return fmt.Errorf("%s line %d: %w", nhanesFile, i+2, err)
		}
	}
	students, err := os.ReadFile(filepath.Join(dir, "malaysian-students-phq9-gad7-pss10.csv"))
	if err != nil {
		return err
	}
	table := ""
	for _, f := range append(s.facts(raw), studentFacts(students)...) {
		mark := ""
		if f.want != f.got {
			mark = " **differs**"
			r.differ("%s: %s, expected %s", f.name, f.got, f.want)
		}
		table += fmt.Sprintf("| %s | %s | %s%s |\n", f.name, f.want, f.got, mark)
	}
	r.sections = append(r.sections, factsSection+table)
	return nil
}

// fact is one line of the table.
type fact struct{ name, want, got string }

// survey counts what is known of the answers to the PHQ-9.
type survey struct {
	phq9, phq2 *instrument.Compiled
	total      int // the place of the scale in phq9
	syndrome   int
	policy     *escalation.Compiled

	rows, absent, took                 int
	missing                            [10]int // of those who took part
	scored                             int
	scoredBands, completeBands         map[string]int
	sum                                float64 // of complete totals
	totals                             [28]int // of the complete
	item9                              [4]int  // of those who took part
	item9Blank, item9All               int
	critical, criticalLow, criticalTwo int // complete; with a total below 10; with a PHQ-2 below 3
	tenOrMore, major, other            int // complete
	tiers                              map[string]int
	highByAnswer, highByTotal          int
	moderateByTotal                    int
	moderateUnscored, moderateBlank    int
	highBlank                          int
	obliged, obligedByAnswer           int
}

func newSurvey(ctx context.Context, instruments []v1alpha1.InstrumentSpec) (*survey, error) {
	s := &survey{scoredBands: map[string]int{}, completeBands: map[string]int{}, tiers: map[string]int{}}
	for code, target := range map[string]**instrument.Compiled{"phq-9": &s.phq9, "phq-2": &s.phq2} {
		at := slices.IndexFunc(instruments, func(spec v1alpha1.InstrumentSpec) bool { return spec.Code == code })
		if at < 0 {
			return nil, fmt.Errorf("no instrument %s", code)
		}
		compiled, err := translate.Compile(instruments[at])
		if err != nil {
			return nil, err
		}
		*target = compiled
	}
	s.total, s.syndrome = place(s.phq9, "total"), place(s.phq9, "syndrome")
	set, findings, err := manifest.Load(ctx, manifest.Input{Paths: []string{policyFile}})
	if err := errors.Join(err, manifest.Err(findings)); err != nil {
		return nil, err
	}
	policy := set.Policies[0].Value
	s.policy, err = escalation.Compile(translate.Policy(policy.Name, policy.Spec), []*instrument.Compiled{s.phq9})
	return s, err
}

func place(c *instrument.Compiled, scale string) int {
	return slices.IndexFunc(c.Scales(), func(s instrument.Scale) bool { return s.Code == scale })
}

func (s *survey) add(cells []string) error {
	s.rows++
	response := s.phq9.NewResponse()
	blank := 0
	for i, cell := range cells {
		a, err := surveyAnswer(cell)
		if err != nil {
			return err
		}
		response.Answers[i] = a
		if a.Missing != instrument.None {
			blank++
		}
	}
	if blank == len(cells) {
		s.absent++
		return nil
	}
	s.took++
	s.missing[blank]++
	result := s.phq9.Score(response)
	s.addScores(response, result)
	s.addDecision(result)
	return nil
}

func surveyAnswer(cell string) (instrument.Answer, error) {
	switch cell {
	case "":
		return instrument.Answer{Missing: instrument.Blank}, nil
	case "7.0":
		return instrument.Answer{Missing: instrument.Refused}, nil
	case "9.0":
		return instrument.Answer{Missing: instrument.DontKnow}, nil
	case "0.0", "1.0", "2.0", "3.0":
		return instrument.Answer{Value: int(cell[0] - '0')}, nil
	}
	return instrument.Answer{}, errors.New("an answer that is none of 0.0 to 3.0, 7.0, 9.0 and blank")
}

func (s *survey) addScores(response *instrument.Response, result instrument.Result) {
	total := result.Scales[s.total]
	nine := response.Answers[8]
	if nine.Missing != instrument.None {
		s.item9Blank++
	} else {
		s.item9[nine.Value]++
	}
	if len(result.Critical) > 0 {
		s.item9All++
	}
	if total.Status == instrument.Scored || total.Status == instrument.Prorated {
		s.scored++
		s.scoredBands[total.Band]++
	}
	if total.Status == instrument.Scored {
		s.addComplete(response, result)
	}
}

func (s *survey) addComplete(response *instrument.Response, result instrument.Result) {
	total := result.Scales[s.total]
	s.completeBands[total.Band]++
	s.sum += total.Value
	s.totals[int(total.Value)]++
	if total.Value >= 10 {
		s.tenOrMore++
	}
	switch result.Scales[s.syndrome].Band {
	case "MajorPattern":
		s.major++
	case "OtherPattern":
		s.other++
	}
	if len(result.Critical) == 0 {
		return
	}
	s.critical++
	if total.Value < 10 {
		s.criticalLow++
	}
	short := s.phq2.NewResponse()
	copy(short.Answers, response.Answers)
	if s.phq2.Score(short).Scales[0].Value < 3 {
		s.criticalTwo++
	}
}

func (s *survey) addDecision(result instrument.Result) {
	decision := s.policy.Decide(escalation.Input{Results: map[string]instrument.Result{"phq-9": result}})
	s.tiers[decision.Tier]++
	unscored := result.Scales[s.total].Status == instrument.Insufficient
	blank := len(result.CriticalBlank) > 0
	byAnswer := len(result.Critical) > 0
	switch decision.Tier {
	case "High":
		if byAnswer {
			s.highByAnswer++
		} else {
			s.highByTotal++
		}
		if blank {
			s.highBlank++
		}
	case "Moderate":
		switch {
		case unscored:
			s.moderateUnscored++
		case blank:
			s.moderateBlank++
		default:
			s.moderateByTotal++
		}
	}
	tier, _ := s.policy.Tier(decision.Tier)
	if byAnswer || tier.Does(contract.Notify) {
		s.obliged++
	}
	if byAnswer {
		s.obligedByAnswer++
	}
}

var phq9Bands = []string{"None", "Mild", "Moderate", "ModeratelySevere", "Severe"}

func (s *survey) facts(raw []byte) []fact {
	more := 0
	for _, n := range s.missing[3:] {
		more += n
	}
	facts := []fact{
		{"sha256 of " + nhanesFile, "d7c1838f8ce3e11fca498892e0ecbd906cc7590973ad41ed295966bd99c2540b", fmt.Sprintf("%x", sha256.Sum256(raw))},
		{"rows", "5533", numbers(s.rows)},
		{"all nine items missing", "440", numbers(s.absent)},
		{"at least one item answered", "5093", numbers(s.took)},
		{"complete", "5068", numbers(s.missing[0])},
		{"1 item missing, 2 items missing", "15, 3", numbers(s.missing[1], s.missing[2])},
		{"more than 2 missing, not all", "7", numbers(more)},
		{"scored", "5086", numbers(s.scored)},
		{"bands of the scored", "3784, 840, 293, 124, 45", banded(s.scoredBands, phq9Bands)},
		{"bands of the complete", "3772, 837, 292, 124, 43", banded(s.completeBands, phq9Bands)},
		{"mean total of the complete", "3.2411", fmt.Sprintf("%.4f", s.sum/float64(s.missing[0]))},
		{"complete, item 9 at 1 or more; of them a total below 10; a PHQ-2 below 3", "191, 64, 82", numbers(s.critical, s.criticalLow, s.criticalTwo)},
		{"item 9 at 1 or more among all rows", "192", numbers(s.item9All)},
		{"complete, total 10 or more", "459", numbers(s.tenOrMore)},
		{"complete, algorithm: major, other", "213, 307", numbers(s.major, s.other)},
		{"item 9: 0, 1, 2, 3, missing", "4893, 136, 32, 24, 8", numbers(append(s.item9[:], s.item9Blank)...)},
		{"totals 0 to 27 of the complete", "1721, 687, 578, 441, 345, 247, 193, 155, 133, 109, 91, 74, 48, 39, 40, 30, 35, 21, 26, 12, 11, 13, 10, 4, 3, 2, 0, 0", numbers(s.totals[:]...)},
	}
	return append(facts, []fact{
		{"tiers Severe, High, Moderate, Low, None", "56, 229, 250, 791, 3767", banded(s.tiers, []string{"Severe", "High", "Moderate", "Low", contract.NoTier})},
		{"High by item 9, by total; of these with item 9 missing", "136, 93, 1", numbers(s.highByAnswer, s.highByTotal, s.highBlank)},
		{"Moderate by total, without a score, with item 9 missing", "241, 7, 2", numbers(s.moderateByTotal, s.moderateUnscored, s.moderateBlank)},
		{"students with an obligation; by a critical answer, by decision alone", "285, 192, 93", numbers(s.obliged, s.obligedByAnswer, s.obliged-s.obligedByAnswer)},
	}...)
}

func studentFacts(raw []byte) []fact {
	header, rows, _ := strings.Cut(string(raw), "\n")
	return []fact{
		{"sha256 of malaysian-students-phq9-gad7-pss10.csv", "6dfcb09ae07190914e7f0f2740143f88537ae3895849e07bb8667f71eaab0f56", fmt.Sprintf("%x", sha256.Sum256(raw))},
		{"its students", "223", numbers(len(strings.Split(strings.TrimSpace(rows), "\n")))},
		{"it begins with a byte order mark", "true", fmt.Sprint(strings.HasPrefix(header, "\ufeff"))},
	}
}

func numbers(list ...int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]")
}

func banded(counts map[string]int, names []string) string {
	var list []int
	for _, name := range names {
		list = append(list, counts[name])
	}
	return numbers(list...)
}
