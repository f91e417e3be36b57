package command

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// count counts the values of a column of the results.
func count(t *testing.T, results, column string) map[string]int {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(results)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for i, name := range records[0] {
		if name != column {
			continue
		}
		for _, record := range records[1:] {
			counts[record[i]]++
		}
		return counts
	}
	t.Fatalf("no column %q in %v", column, records[0])
	return nil
}

var data = filepath.Join("..", "..", "..", "test", "data")

// The facts are those of test/data/README.md, worked out outside this project.
func TestScoreNHANES(t *testing.T) {
	stdout, stderr, err := runScore(t, still, "", "-i", "phq-9", "-f", filepath.Join(data, "nhanes-2017-2018-dpq.csv"),
		"--map", "q1..q9=DPQ010..DPQ090", "--missing", "7=Refused,9=DontKnow", "--id", "SEQN")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for column, want := range map[string]map[string]int{
		"phq-9.total.band":     {"None": 3784, "Mild": 840, "Moderate": 293, "ModeratelySevere": 124, "Severe": 45, "": 447},
		"phq-9.total.status":   {"Scored": 5068, "Prorated": 18, "Insufficient": 447},
		"phq-9.total.missing":  {"0": 5068, "1": 15, "2": 3, "9": 440, "other": 7},
		"phq-9.syndrome.value": {"2": 213, "1": 307, "0": 4548, "": 465},
		"phq-9.critical":       {"": 5533 - 192, "q9=1 Urgent": 136, "q9=2 Immediate": 32, "q9=3 Immediate": 24},
		"phq-9.criticalBlank":  {"": 5533 - 448, "q9": 448},
	} {
		got := count(t, stdout, column)
		for key, n := range got {
			if _, told := want[key]; !told && want["other"] > 0 {
				delete(got, key)
				got["other"] += n
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", column, diff)
		}
	}
	if !strings.Contains(stderr, "5,533 rows read and written, 0 rejected\n") {
		t.Errorf("stderr:\n%s", stderr)
	}
}

// Without being told what 7 and 9 are, the rows that have them are rejected, and no other.
func TestScoreNHANESWithoutItsMissingCodes(t *testing.T) {
	stdout, stderr, err := runScore(t, still, "", "-i", "phq-9", "-f", filepath.Join(data, "nhanes-2017-2018-dpq.csv"), "--columns", "2-10")
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(stderr, "is not an answer of the item") {
		t.Errorf("%v\n%s", err, stderr)
	}
	got := count(t, stdout, "phq-9.total.status")
	if got["Rejected"] == 0 || got["Scored"] != 5068 || got["Rejected"]+got["Prorated"]+got["Insufficient"] != 5533-5068 {
		t.Errorf("%v", got)
	}
	if hits := count(t, stdout, "phq-9.critical"); hits[""] != 5533-192 {
		t.Errorf("a rejected row hides its critical answer: %v", hits)
	}
}

func TestScoreMalaysianStudents(t *testing.T) {
	stdout, stderr, err := runScore(t, still, "", "-i", "phq-9", "-i", "gad-7", "-f", filepath.Join(data, "malaysian-students-phq9-gad7-pss10.csv"),
		"--map", "phq-9:q1..q9=D1..D9", "--map", "gad-7:q1..q7=A1..A7")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for column, want := range map[string]map[string]int{
		"phq-9.total.band": {"None": 61, "Mild": 82, "Moderate": 43, "ModeratelySevere": 18, "Severe": 19},
		"gad-7.total.band": {"None": 115, "Mild": 64, "Moderate": 26, "Severe": 18},
		"phq-9.critical":   {"": 158, "q9=1 Urgent": 37, "q9=2 Immediate": 18, "q9=3 Immediate": 10},
	} {
		if diff := cmp.Diff(want, count(t, stdout, column)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", column, diff)
		}
	}
}

// The same answers in a workbook, in texts, give the same results.
func TestScoreXLSX(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(data, "malaysian-students-phq9-gad7-pss10.csv"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"0": "完全不会", "1": "Several days", "2": "一半以上的天数", "3": "Nearly every day"}
	book := excelize.NewFile()
	for i, record := range records {
		cells := make([]any, 9)
		for k := range cells {
			cells[k] = record[k]
			if i > 0 {
				cells[k] = texts[record[k]]
			}
		}
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetSheetRow("Sheet1", cell, &cells); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "answers.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	args := []string{"-i", "phq-9", "--map", "q1..q9=D1..D9", "-f"}
	want, _, err := runScore(t, still, "", append(args, filepath.Join(data, "malaysian-students-phq9-gad7-pss10.csv"))...)
	if err != nil {
		t.Fatal(err)
	}
	got, stderr, err := runScore(t, still, "", append(args, path)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CSV and XLSX differ:\n%.2000s", diff)
	}
}
