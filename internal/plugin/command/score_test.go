package command

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

var updateScore = flag.Bool("update-score", false, "write the golden files of score")

// runScore runs score with a table on standard input.
func runScore(t *testing.T, c clock.PassiveClock, table string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	root := New(Program{
		Streams: genericiooptions.IOStreams{In: strings.NewReader(table), Out: &out, ErrOut: &errOut},
		Clock:   c,
		Getenv:  func(string) string { return "" },
	})
	root.SetArgs(append([]string{"score"}, args...))
	err = root.ExecuteContext(t.Context())
	return out.String(), errOut.String(), err
}

var still = clocktesting.NewFakePassiveClock(time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC))

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "score", name)
	if *updateScore {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

const answers = `编号,性别,q1,q2,q3,q4,q5,q6,q7,q8,q9,总分
s-001,女,0,1,2,3,0,1,2,3,0,12
s-002,男,完全不会,好几天,３,Nearly every day,2.0,0,0,0,1,10
s-003,女,0,0,0,0,0,0,,0,2,2
s-004,男,0,7,0,0,0,1.5,0,x,3,3
s-001,女,3,3,3,3,3,3,3,3,3,26
s-006,女,3,3
s-007,男,,,,,,,,,,
`

func TestScoreGolden(t *testing.T) {
	tests := map[string][]string{
		"csv":     {"-i", "phq-9", "--id", "编号", "--keep", "性别", "--check-total", "总分=total"},
		"json":    {"-i", "phq-9", "--id", "编号", "-o", "json"},
		"table":   {"-i", "phq-9", "--id", "编号", "-o", "table"},
		"missing": {"-i", "phq-9", "--invalid", "missing", "-o", "table"},
		"dry-run": {"-i", "phq-9", "--dry-run"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := runScore(t, still, answers, args...)
			if name != "dry-run" && (!errors.Is(err, ErrIncomplete) || ExitCode(err) != 3) {
				t.Errorf("got %v; rows were rejected", err)
			}
			golden(t, name+".out", stdout)
			golden(t, name+".err", stderr)
		})
	}
}

// Reports may be pasted into a ticket: they name rows and columns, not what is in them.
func TestScoreReportsHoldNothingOfTheCells(t *testing.T) {
	table := "name,q1,q2,q3,q4,q5,q6,q7,q8,q9\n王小明,张三李四,0,0,0,0,0,0,0,0\n"
	_, stderr, err := runScore(t, still, table, "-i", "phq-9", "--id", "name")
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(stderr, `column "q1" (phq-9 q1) is neither a number nor a text that is known`) {
		t.Errorf("%v\n%s", err, stderr)
	}
	for _, cell := range []string{"王小明", "张三李四"} {
		if strings.Contains(stderr, cell) || strings.Contains(fmt.Sprint(err), cell) {
			t.Errorf("%q is in the report:\n%s", cell, stderr)
		}
	}
	_, stderr, err = runScore(t, still, table, "-i", "phq-9", "--strict")
	if err == nil || !strings.Contains(err.Error(), `row 2, column "q1" is neither`) || strings.Contains(err.Error()+stderr, "张三李四") || ExitCode(err) != 1 {
		t.Errorf("%v", err)
	}
}

// Scripts look at the exit code alone: a table that may be misread as a whole is no
// success, however many rows it has, and neither is one without rows.
func TestScoreDoesNotPassATableThatMayBeMisread(t *testing.T) {
	columns := "q1,q2,q3,q4,q5,q6,q7,q8,q9\n"
	for name, tc := range map[string]struct {
		table string
		args  []string
		want  error
		said  string
	}{
		"counts from 1":          {columns + "1,1,1,1,1,1,1,1,1\n4,1,2,1,1,1,1,1,1\n", nil, ErrSuspicious, "SUSPICION: phq-9: cells hold one more than the highest answer, and none the lowest"},
		"so it is said":          {columns + "1,1,1,1,1,1,1,1,1\n4,1,2,1,1,1,1,1,1\n", []string{"--offset", "-1"}, nil, "critical answers in 0 rows"},
		"nobody at either end":   {columns + strings.Repeat("1,1,1,1,1,1,1,1,3\n", 20), nil, ErrSuspicious, "SUSPICION: phq-9: nobody gave the lowest answer"},
		"which is said to be so": {columns + strings.Repeat("1,1,1,1,1,1,1,1,3\n", 20), []string{"--offset", "0"}, nil, "critical answers in 20 rows"},
		"no rows":                {columns, nil, ErrNoRows, "0 rows read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, err := runScore(t, still, tc.table, append(tc.args, "-i", "phq-9")...)
			if !errors.Is(err, tc.want) || err != nil && ExitCode(err) != 3 || !strings.Contains(stderr, tc.said) {
				t.Errorf("got %v, want %v\n%s", err, tc.want, stderr)
			}
		})
	}
}

// Whoever answers writes what a spreadsheet would run when somebody opens the results.
func TestScoreWritesNothingThatASpreadsheetRuns(t *testing.T) {
	const table = `name,=note,@q,q2
"=HYPERLINK(""http://x"")",-5,0,1
+86 10,－2,0,1
-1+1,"-1,5",0,1
@SUM(A1),＝A1,x,1
王,a=b,0,1
`
	args := []string{"-i", "gad-2", "--map", "q1=@q", "--map", "q2=q2", "--id", "name", "--keep", "=note", "-q"}
	stdout, _, err := runScore(t, still, table, args...)
	if !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, record := range records {
		got = append(got, []string{record[1], record[2], record[len(record)-1]})
	}
	want := [][]string{
		{"name", "'=note", "issues"},
		{`'=HYPERLINK("http://x")`, "-5", ""},
		{"'+86 10", "－2", ""},
		{"'-1+1", "-1,5", ""},
		{"'@SUM(A1)", "'＝A1", "'@q is neither a number nor a text that is known for an answer"},
		{"王", "a=b", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stdout, _, _ = runScore(t, still, table, append(args, "-o", "table")...)
	for _, text := range []string{"'=note", "'=HYPERLINK", "'+86 10", "'@SUM(A1)", "'@q is"} {
		if !strings.Contains(stdout, text) {
			t.Errorf("%q is not in the table:\n%s", text, stdout)
		}
	}
	stdout, _, _ = runScore(t, still, table, append(args, "-o", "json")...)
	if strings.Contains(stdout, "'") || !strings.Contains(stdout, `"name":"@SUM(A1)"`) {
		t.Errorf("JSON is not as in the table:\n%s", stdout)
	}
}

func TestScoreErrors(t *testing.T) {
	tests := map[string]struct {
		table string
		args  []string
		want  string
	}{
		"no instrument":         {"q1\n", nil, "no instrument is named; give -i PATH, or -i CODE with one of "},
		"unknown instrument":    {"q1\n", []string{"-i", "phq-99"}, `no instrument "phq-99" ships with this plugin`},
		"another version":       {"q1\n", []string{"-i", "phq-9@7"}, "another version of phq-9 than 7 ships"},
		"the same one twice":    {"q1\n", []string{"-i", "phq-9", "-i", "phq-9@1"}, `two instruments "phq-9"`},
		"no table":              {"", []string{"-i", "phq-9"}, "standard input: the file is empty"},
		"no file":               {"", []string{"-i", "phq-9", "-f", "nowhere.csv"}, "nowhere.csv: no such file"},
		"columns not found":     {"a,b1,b2,b3,b4,b5,b6,b7,b8,b9\n", []string{"-i", "phq-9"}, "no column was found for q1..q9; perhaps --map q1..q9=b1..b9; give --map"},
		"one not found":         {"q1,q2,q3,q4,q5,q6,q7,q8\n", []string{"-i", "phq-9"}, "no column was found for q9; give --map ITEM=COLUMN"},
		"unknown column":        {"a,b\n", []string{"-i", "phq-9", "--map", "q1=c"}, `there is no column "c"; the columns are a, b`},
		"unknown item":          {"a,b\n", []string{"-i", "phq-9", "--map", "q77=a"}, `there is no item "q77"; the items are q1..q9`},
		"no such number":        {"a,b\n", []string{"-i", "phq-9", "--map", "q1=#3"}, "columns go from #1 to #2"},
		"no pair":               {"a,b\n", []string{"-i", "phq-9", "--map", "q1"}, "write ITEM=COLUMN"},
		"of which instrument":   {"a,b\n", []string{"-i", "phq-9", "-i", "gad-7", "--map", "q1=a"}, `"q1=a" may mean any of 2 instruments; write phq-9:q1=a`},
		"a column twice":        {"a,b1\n", []string{"-i", "gad-2", "--map", "q1=a", "--map", "q2=a"}, `items q1 and q2 have the same column "a"`},
		"columns of one name":   {"a,a\n", []string{"-i", "gad-2", "--map", "q1=a"}, `there are 2 columns "a"; write one of them by its number: #1, #2`},
		"too few columns":       {"a,b\n", []string{"-i", "phq-9", "--columns", "1-2"}, "columns 1-2: are 2, for 9 items"},
		"columns out of range":  {"a,b\n", []string{"-i", "gad-2", "--columns", "2-3"}, "columns 2-3: the table has 2 columns"},
		"columns backwards":     {"a,b\n", []string{"-i", "gad-2", "--columns", "3-2"}, "write the numbers of the first and the last column"},
		"a range of others":     {"a,b,c\n", []string{"-i", "gad-2", "--map", "q1..q2=a..c"}, "there are 3 columns, for 2 items"},
		"value not offered":     {"q1,q2\n", []string{"-i", "gad-2", "--values", "always=4"}, "item q1 of gad-2 has no such answer; its answers are 0, 1, 2, 3"},
		"missing is an answer":  {"q1,q2\n", []string{"-i", "gad-2", "--missing", "3"}, `missing "3": it is an answer of item q1 of gad-2`},
		"missing kind":          {"q1,q2\n", []string{"-i", "gad-2", "--missing", "9=Lost"}, "write Blank, Refused or DontKnow"},
		"unknown scale":         {"q1,q2\n", []string{"-i", "gad-2", "--check-total", "q1=sum"}, "write one of gad-2:total"},
		"unknown output":        {"q1,q2\n", []string{"-i", "gad-2", "-o", "xml"}, "write one of csv, json, table"},
		"unknown way":           {"q1,q2\n", []string{"-i", "gad-2", "--invalid", "ignore"}, "write reject, missing or stop"},
		"mapping not there":     {"q1,q2\n", []string{"-i", "gad-2", "--columns-from", "nowhere.yaml"}, "reading the mapping"},
		"header row of nothing": {"q1,q2\n", []string{"-i", "gad-2", "--header-row", "0"}, "write --no-header"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := runScore(t, still, tc.table, tc.args...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q", err, tc.want)
			}
		})
	}
}

func TestScoreWritesToAFileOfItsOwner(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(in, []byte("q1,q2\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, []byte("of before"), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := runScore(t, still, "", "-i", "gad-2", "-f", in, "--to", out, "-q")
	if err != nil || stdout != "" || stderr != "" {
		t.Errorf("%v %q %q", err, stdout, stderr)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("%v %v", info, err)
	}
	if _, _, err := runScore(t, still, "", "-i", "gad-2", "-f", in, "--to", in); err == nil || !strings.Contains(err.Error(), "write another name") {
		t.Errorf("the answers may be overwritten: %v", err)
	}
}

// ticking is a clock that moves on by a second each time it is looked at.
type ticking struct{ clock.PassiveClock }

var ticks int

func (ticking) Now() time.Time {
	ticks++
	return time.Unix(int64(ticks), 0)
}

func TestScoreShowsProgress(t *testing.T) {
	table := "q1,q2\n" + strings.Repeat("0,2\n", 20_000)
	_, stderr, err := runScore(t, ticking{}, table, "-i", "gad-2")
	if err != nil || !strings.Contains(stderr, "8,192 rows, 4,096 rows/s\n") {
		t.Errorf("%v\n%s", err, stderr)
	}
}
