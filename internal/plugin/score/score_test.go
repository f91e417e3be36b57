package score_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/evenkeel/evenkeel/internal/plugin/score"
	"github.com/evenkeel/evenkeel/internal/tabular"
)

// small is an instrument made for tests: a reversed item, options that count from 1,
// norms by sex, and every quality rule that tables can feed.
const small = `
apiVersion: screening.evenkeel.dev/v1alpha1
kind: Instrument
metadata: {name: small}
spec:
  code: small
  version: "1"
  title: {en: Small}
  stem: {en: Stem}
  languages: [{tag: en, state: Unconfirmed, source: made for tests}]
  administration: SelfReport
  recallPeriod: Week
  ageRange: {minYears: 6, source: made for tests}
  optionSets:
  - name: three
    options: [{value: 1, text: {en: Never}}, {value: 2, text: {en: "Sometimes, or more"}}, {value: 3, text: {en: Always}}]
  items:
  - {code: q1, text: {en: "I worry about what may happen to me"}, optionSet: three}
  - {code: q2, text: {en: "I sleep well at night"}, optionSet: three}
  - {code: note, optionSet: three}
  scales:
  - code: total
    items: [q1, q2]
    reverse: [q2]
    method: Sum
    maxMissing: 0
    rounding: None
    purpose: Grade
    source: made for tests
    norms:
    - {sex: Female, source: made for tests, rows: [{raw: "2", standard: "40"}, {raw: "3", standard: "45"}, {raw: "4", standard: "50"}, {raw: "5", standard: "55"}, {raw: "6", standard: "60"}]}
    bands: [{name: Low, from: "0", to: "54"}, {name: High, from: "55", to: "100"}]
  quality:
  - {check: Duplicate, effect: Flag, source: made for tests}
  - {check: SecondsPerItem, threshold: "2", effect: Void, source: made for tests}
  licence: {name: made for tests, text: Included}
`

func smallPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.yaml")
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pairPath is an instrument of items with two answers.
func pairPath(t testing.TB) string {
	t.Helper()
	head, rest, _ := strings.Cut(small, "    options: ")
	_, rest, _ = strings.Cut(rest, "\n")
	before, rest, _ := strings.Cut(rest, "    norms:\n")
	_, after, _ := strings.Cut(rest, "  quality:")
	path := filepath.Join(t.TempDir(), "pair.yaml")
	spec := head + "    options: [{value: 0, text: {en: Disagree}}, {value: 1, text: {en: Agree}}]\n" + before +
		"    bands: [{name: Low, from: \"0\", to: \"1\"}, {name: High, from: \"2\", to: \"2\"}]\n  quality:" + after
	if err := os.WriteFile(path, []byte(spec), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// results scores a table and returns what was written, by column and row.
func results(t *testing.T, table string, m score.Mapping, names ...string) ([]map[string]string, score.Summary) {
	t.Helper()
	if len(names) == 0 {
		names = []string{smallPath(t)}
	}
	instruments, err := score.Load(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	source, err := score.Open(score.Input{Path: "-", Stdin: strings.NewReader(table), Instruments: instruments, Mapping: m, Invalid: score.Reject})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var out bytes.Buffer
	summary, err := score.Run(t.Context(), source, score.Output{Writer: &out, Format: "csv", Clock: clocktesting.NewFakePassiveClock(time.Time{})})
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, summary
}

// A title above the header is common; the row of the header is said, not taken.
func TestColumnsElsewhereArePointedOut(t *testing.T) {
	t.Parallel()
	for table, want := range map[string]string{
		"Survey 2026\n\nmade by us\nage,q1,q2\n12,1,2\n": "give --header-row 4",
		"age,a,b\n12,1,2\n": "the columns are age, a, b",
	} {
		if err := openError(t, table, "gad-2"); !strings.HasSuffix(err, want) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	rows, summary := results(t, "q1,q2\n", score.Mapping{}, "gad-2")
	if len(rows) > 0 || summary.Clean() {
		t.Errorf("%v %+v", rows, summary)
	}
}

// Names of items and of totals look alike: PHQ9 may be item 9, which calls for somebody,
// or the sum of all.
func TestWaysOfNamingAreNotMixed(t *testing.T) {
	t.Parallel()
	items := "q1,q2,q3,q4,q5,q6,q7,q8,q9"
	rows, _ := results(t, items+",PHQ9\n1,0,0,0,0,0,0,0,0,1\n", score.Mapping{}, "phq-9")
	if rows[0]["phq-9.total.value"] != "1" || rows[0]["phq-9.critical"] != "" {
		t.Errorf("the total is taken for an item: %v", rows[0])
	}
	rows, _ = results(t, strings.ToUpper(strings.ReplaceAll(items, "q", "phq"))+","+items+"\n"+strings.Repeat("0,", 17)+"3\n", score.Mapping{}, "phq-9")
	if rows[0]["phq-9.total.value"] != "0" {
		t.Errorf("items of another questionnaire are taken: %v", rows[0])
	}
	for table, want := range map[string]string{
		"PHQ9_1,PHQ9_2,PHQ9_3,PHQ9_4,PHQ9_5,PHQ9_6,PHQ9_7,PHQ9_8," + items: "no column was found for q9;",
		"id,PHQ9,GAD7": "no column was found for q1..q9;",
	} {
		if err := openError(t, table+"\n", "phq-9"); !strings.Contains(err, want) {
			t.Errorf("%s: got %q, want %q", table, err, want)
		}
	}
}

// openError is why a table cannot be read; "" when it can.
func openError(t *testing.T, table string, names ...string) string {
	t.Helper()
	instruments, err := score.Load(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	source, err := score.Open(score.Input{Path: "-", Stdin: strings.NewReader(table), Instruments: instruments, Invalid: score.Reject})
	if err != nil {
		return err.Error()
	}
	defer source.Close()
	return ""
}

func TestCellsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cell string
		m    score.Items
		want string // raw total with q2 = 1, which counts as 3; or what is wrong
	}{
		"a number":                  {cell: "2", want: "5"},
		"with a point":              {cell: "2.0", want: "5"},
		"with a comma":              {cell: `"2,0"`, want: "5"},
		"full width":                {cell: "　２ ", want: "5"},
		"as a spreadsheet may say":  {cell: "2E0", want: "5"},
		"the option's text":         {cell: " ALWAYS", want: "6"},
		"a text with a comma":       {cell: `"Sometimes,  or more"`, want: "5"},
		"numbered text":             {cell: "3. Always", want: "6"},
		"text with its number":      {cell: "Always (3)", want: "6"},
		"text with its points":      {cell: "always（3 分）", want: "6"},
		"lettered text":             {cell: "C．Always", want: "6"},
		"in quotes of its own":      {cell: "'2'", want: "5"},
		"kept a text by a formula":  {cell: `"=""2"""`, want: "5"},
		"a quote behind a space":    {cell: ` "2"`, want: "5"},
		"nothing in quotes":         {cell: "''", want: "q1 is neither a number nor a text that is known for an answer"},
		"a letter alone":            {cell: "C", want: "q1 is neither a number nor a text that is known for an answer"},
		"half":                      {cell: "2.5", want: "q1 is not a whole number"},
		"beyond the options":        {cell: "4", want: "q1 is not an answer of the item"},
		"below the options":         {cell: "-1", want: "q1 is not an answer of the item"},
		"huge":                      {cell: "1e300", want: "q1 is not an answer of the item"},
		"another text":              {cell: "often", want: "q1 is neither a number nor a text that is known for an answer"},
		"a way Go writes numbers":   {cell: "0x2", want: "q1 is neither a number nor a text that is known for an answer"},
		"a formula, not worked out": {cell: tabular.NoResult, want: "q1 is a formula without a stored result"},
		"nothing":                   {cell: "", want: "Insufficient"},
		"as programs write that":    {cell: "#N/A", want: "Insufficient"},
		"a code for refused":        {cell: "9.0", m: score.Items{Missing: map[string]string{"9": "Refused"}}, want: "Insufficient"},
		"a text for an answer":      {cell: "Oft", m: score.Items{Values: map[string]int{"oft": 3}}, want: "6"},
		"counted from 0":            {cell: "1", m: score.Items{Offset: new(1)}, want: "5"},
		"texts have no offset":      {cell: "Always", m: score.Items{Offset: new(1)}, want: "6"},
		"beyond with the offset":    {cell: "3", m: score.Items{Offset: new(1)}, want: "q1 is not an answer of the item"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, _ := results(t, "q1,q2,sex\n"+tc.cell+",Never,F\n", score.Mapping{Sex: "sex", Items: map[string]score.Items{"small": tc.m}})
			got := rows[0]["small.total.raw"]
			if got == "" {
				if got = rows[0]["issues"]; got == "" {
					got = rows[0]["small.total.status"]
				}
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestColumnsAreFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		m      score.Items
	}{
		"by item code":              {header: "id,Q1,Q2"},
		"padded":                    {header: "id,q01,q02"},
		"with the instrument":       {header: "id,SMALL_1,Small 2"},
		"as items":                  {header: "id,Item 1,Item 2"},
		"by wording, numbered":      {header: `id,"1、I worry about what may happen to me",2. I sleep well at night.`},
		"by wording, behind a stem": {header: "id,How often? [I worry about what may happen to me],How often? [I sleep well at night]"},
		"by map":                    {header: "id,a,b", m: score.Items{Map: map[string]string{"q1": "a", "Q2": "B"}}},
		"by a range that counts":    {header: "id,X010,X020", m: score.Items{Map: map[string]string{"q1..q2": "X010..X020"}}},
		"by a number in the middle": {header: "a1_t1,a1_t2,a2_t2", m: score.Items{Map: map[string]string{"q1..q2": "a1_t2..a2_t2"}}},
		"by a range of neighbours":  {header: "id,a,b", m: score.Items{Map: map[string]string{"q1..q2": "a..b"}}},
		"by number":                 {header: "id,a,a", m: score.Items{Map: map[string]string{"q1": "#2", "q2": "#3"}}},
		"by position":               {header: "id,a,b", m: score.Items{Columns: "2-3"}},
		"by positions":              {header: "id,a,b", m: score.Items{Columns: "2, 3"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, _ := results(t, tc.header+",sex\n7,3,1,f\n", score.Mapping{Sex: "sex", Items: map[string]score.Items{"small": tc.m}})
			if got := rows[0]["small.total.raw"]; got != "6" {
				t.Errorf("raw total %q, want 6", got)
			}
		})
	}
}

// PHQ1..PHQ9 are not the PHQ-4's, and are the PHQ-9's.
func TestColumnsOfALongerInstrumentAreNotTaken(t *testing.T) {
	t.Parallel()
	header := "PHQ1,PHQ2,PHQ3,PHQ4,PHQ5,PHQ6,PHQ7,PHQ8,PHQ9\n"
	if err := openError(t, header, "phq-4"); !strings.Contains(err, "no column was found for q1..q4") {
		t.Errorf("got %q", err)
	}
	rows, summary := results(t, header+"0,1,2,3,0,1,2,3,0\n", score.Mapping{}, "phq-9")
	if rows[0]["phq-9.total.value"] != "12" || len(summary.Hints) > 0 {
		t.Errorf("%v %v", rows[0], summary.Hints)
	}
	for header, want := range map[string]string{
		"q1,q2,q3,q4": "no column was found for q1..q2; columns that are called like items go on beyond q2",
		"T1 Feeling nervous anxious or on edge,x,T2 Feeling nervous anxious or on edge,y": "q1 could be each of #1, #3, so write one: --map q1=#1",
		"GAD2_1,GAD2_2,GAD2_1,age": "no column was found for q1; q1 could be each of #1, #3, so write one: --map q1=#1",
	} {
		if err := openError(t, header+"\n1,1,1,1\n", "gad-2"); !strings.Contains(err, want) {
			t.Errorf("%s: got %q, want %q", header, err, want)
		}
	}
	rows, summary = results(t, "q1,q2,q3,q4,gad1,gad2\n3,3,3,3,0,1\n", score.Mapping{}, "gad-2")
	if rows[0]["gad-2.total.value"] != "1" || len(summary.Hints) > 0 {
		t.Errorf("%v %v", rows[0], summary.Hints)
	}
	_, summary = results(t, "q1,q2,q3\n0,1,2\n", score.Mapping{}, "gad-2")
	if len(summary.Hints) != 1 || !strings.Contains(summary.Hints[0], "more columns that are called like items") {
		t.Errorf("%v", summary.Hints)
	}
}

func TestNormsRecodedItemsAndQuality(t *testing.T) {
	t.Parallel()
	table := "id,q1,q2,sex,took\na,3,1,2,60\nb,3,1,1,60 秒\na,3,1,2,1\nc,1,3,9,60\nd,1,3,2,long\n"
	m := score.Mapping{ID: []string{"id"}, Sex: "sex", Sexes: map[string]string{"1": "Male", "2": "Female"}, Seconds: "took"}
	rows, summary := results(t, table, m)
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join([]string{
			row["small.total.status"], row["small.total.value"], row["small.total.raw"], row["small.total.basis"], row["small.total.band"], row["small.findings"], row["repeated"], row["issues"],
		}, "|"))
	}
	want := []string{
		"Scored|60|6|Standard|High|||",
		"Insufficient|||Standard||||",
		"Invalid|||Standard||Duplicate Flag; SecondsPerItem Void|repeated|",
		"Rejected|||Standard||||sex is no sex that is known",
		"Rejected|||Standard||||took is no number of seconds",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if summary.Repeated != 1 || summary.Rejected != 2 || summary.Instruments[0].Void != 1 || summary.Clean() {
		t.Errorf("%+v", summary)
	}
	_, summary = results(t, "q1,q2\n3,1\n3,\n", score.Mapping{})
	if len(summary.Hints) != 1 || !strings.Contains(summary.Hints[0], "small.total: 1 row with every answer and no score, for no norm fits the student") {
		t.Errorf("%v", summary.Hints)
	}
	rows, _ = results(t, "q1,q2,took\n2,3,long\n", score.Mapping{Seconds: "took"}, "gad-2")
	if rows[0]["gad-2.total.value"] != "5" || rows[0]["issues"] != "took is no number of seconds" {
		t.Errorf("what an instrument does not look at keeps it from being scored: %v", rows[0])
	}
	rows, _ = results(t, "q1,q2,sex\n3,3,f\n", score.Mapping{Sex: "sex", Items: map[string]score.Items{"small": {Recoded: []string{"q2"}}}})
	if got := rows[0]["small.total.raw"]; got != "6" {
		t.Errorf("an item that is already reversed gives a total of %q, want 6", got)
	}
}

// An item that the table holds reversed has reversed numbers. Texts say what was ticked.
func TestRecodedItemsHaveReversedNumbersAndNotTexts(t *testing.T) {
	t.Parallel()
	m := score.Mapping{Sex: "sex", Items: map[string]score.Items{"small": {Recoded: []string{"Q2"}, Values: map[string]int{"oft": 3, "7": 3}}}}
	for cell, want := range map[string]string{ // raw total with q1 = 1; q2 counts 4 less the answer given
		"3": "4", "1": "2", "3.0": "4",
		"Always": "2", "Never": "4", "3. Always": "2", "Always (3)": "2",
		"oft": "2", "7": "4",
	} {
		rows, _ := results(t, "q1,q2,sex\n1,"+cell+",f\n", m)
		if got := rows[0]["small.total.raw"]; got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
}

func TestWhatCountsFromAnotherNumberIsNoticed(t *testing.T) {
	t.Parallel()
	pair := pairPath(t)
	tests := map[string]struct {
		names  []string
		table  string
		offset *int
		want   string
	}{
		"from 1, one row with it":       {names: []string{"gad-2"}, table: "q1,q2\n1,1\n4,2\n", want: "if so give --offset -1, and if not say with --missing"},
		"from 1, another offset given":  {names: []string{"gad-2"}, table: "q1,q2\n3,2\n", offset: new(1), want: "give --offset +0"},
		"from 1, said and wrong":        {names: []string{"gad-2"}, table: "q1,q2\n1,1\n4,2\n", offset: new(0), want: "give --offset -1"},
		"from 1, nobody at the end":     {names: []string{"gad-2"}, table: "q1,q2\n" + strings.Repeat("1,2\n2,3\n", 10), want: "if so give --offset -1, and if not --offset 0"},
		"looks like it, said otherwise": {names: []string{"gad-2"}, table: "q1,q2\n" + strings.Repeat("1,2\n2,3\n", 10), offset: new(0)},
		"from 1, as said":               {names: []string{"gad-2"}, table: "q1,q2\n1,1\n4,2\n", offset: new(-1)},
		"from 0":                        {table: "q1,q2\n0,1\n2,1\n", want: "give --offset +1"},
		"as it should":                  {names: []string{"gad-2"}, table: "q1,q2\n" + strings.Repeat("0,2\n2,3\n", 20)},
		"a slip":                        {names: []string{"gad-2"}, table: "q1,q2\n0,1\n4,2\n"},
		"texts count from nothing":      {names: []string{"gad-2"}, table: "q1,q2\nNot at all,1\n4,2\n", want: "give --offset -1"},
		"too few to say":                {names: []string{"gad-2"}, table: "q1,q2\n1,2\n2,3\n"},
		"yes and no by other numbers":   {names: []string{pair}, table: "q1,q2\n1,2\n2,1\n", want: "such as --values"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := score.Mapping{}
			if tc.offset != nil {
				m.Items = map[string]score.Items{"gad-2": {Offset: tc.offset}}
			}
			_, summary := results(t, tc.table, m, tc.names...)
			if got := strings.Join(summary.Suspicions, "\n"); (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) || got != "" && summary.Clean() {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A table may say yes and no in words of its own. The hint holds none of its cells: the
// column may be one of names.
func TestItemsWithTwoAnswersInUnknownWords(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ table, want string }{
		"all of them":     {"q1,q2\nWahr,Falsch\n,\nFalsch,Falsch\n", `small: no cell of q1..q2 is a number`},
		"of one item":     {"q1,q2\nWahr,Agree\nFalsch,1\n", `small: no cell of q1 is a number`},
		"not of one item": {"q1,q2\nWahr,1\n0,0\n", ""},
		"blank":           {"q1,q2\n,1\n,0\n", ""},
	} {
		_, summary := results(t, tc.table, score.Mapping{}, pairPath(t))
		got := strings.Join(summary.Hints, "\n")
		if (tc.want == "") != (got == "") || !strings.HasPrefix(got, tc.want) || strings.Contains(got, "Wahr") {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
		if how := `--values TEXT=1,TEXT=0, where 1 is "Agree" and 0 is "Disagree"`; tc.want != "" && !strings.HasSuffix(got, how) {
			t.Errorf("%s: got %q, want %q", name, got, how)
		}
	}
	m := score.Mapping{Items: map[string]score.Items{"small": {Values: map[string]int{"Wahr": 1, "falsch": 0}}}}
	rows, summary := results(t, "q1,q2\nWahr,Falsch\n", m, pairPath(t))
	if rows[0]["small.total.value"] != "2" || len(summary.Hints) > 0 || !summary.Clean() {
		t.Errorf("what the hint says does not help: %v %v", rows, summary.Hints)
	}
	if _, summary = results(t, "q1,q2\noft,nie\n", score.Mapping{}); len(summary.Hints) > 0 {
		t.Errorf("items have three answers: %v", summary.Hints)
	}
}

// Rows that have shifted or cannot be read are in the results, and cost no other row.
func TestRowsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	rows, summary := results(t, "id,q1,q2\n1,0,1\n2,0\n3,0,1,\n4,0,1,x\n\"5\"x,0,1\n6,1,1\n", score.Mapping{ID: []string{"id"}}, "gad-2")
	var got []string
	for _, row := range rows {
		got = append(got, row["row"]+"|"+row["id"]+"|"+row["gad-2.total.status"]+"|"+row["issues"])
	}
	want := []string{
		"2|1|Scored|",
		"3|2|Rejected|has 2 fields, and the header 3; write one for each column",
		"4|3|Scored|",
		"5|4|Rejected|has 4 fields, and the header 3; put fields that hold the delimiter in quotes",
		"6||Rejected|has text behind a closing quote; write a quote inside a quoted field twice",
		"7|6|Scored|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if summary.Rows != 6 || summary.Rejected != 3 {
		t.Errorf("%+v", summary)
	}
}

func TestTotalsAreCompared(t *testing.T) {
	t.Parallel()
	instruments, err := score.Load(t.Context(), []string{"gad-2"})
	if err != nil {
		t.Fatal(err)
	}
	table := "q1,q2,total\n0,1,1\n1,1,3\n0,,1\n,,\n2,2,\n"
	source, err := score.Open(score.Input{Path: "-", Stdin: strings.NewReader(table), Instruments: instruments, Invalid: score.Reject, Checks: []string{"total=total"}})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := score.Run(t.Context(), source, score.Output{Writer: io.Discard, Format: "csv", Clock: clocktesting.NewFakePassiveClock(time.Time{})})
	if err != nil {
		t.Fatal(err)
	}
	want := []score.Comparison{{Check: "total=total", Equal: 1, Neither: 1, OnlyFile: 1, OnlyHere: 1, Differ: 1, Largest: 1, Rows: summary.Comparisons[0].Rows}}
	if diff := cmp.Diff(want, summary.Comparisons); diff != "" || len(want[0].Rows) != 3 || summary.Clean() {
		t.Errorf("(-want +got):\n%s%v", diff, want[0].Rows)
	}
}

// broken fails after some bytes.
type broken struct{ left int }

var errFull = errors.New("no space left")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Totals that were rounded half up differ by the tolerance itself, which binary numbers
// miss by a little.
func TestTotalsThatWereRounded(t *testing.T) {
	t.Parallel()
	instruments, err := score.Load(t.Context(), []string{"gad-2", "phq-2"})
	if err != nil {
		t.Fatal(err)
	}
	open := func(check string) (*score.Source, error) {
		table := "gad2_1,gad2_2,phq2_1,phq2_2,sum\n1,1,0,0,1.95\n"
		return score.Open(score.Input{Path: "-", Stdin: strings.NewReader(table), Instruments: instruments, Invalid: score.Reject, Checks: []string{check}})
	}
	source, err := open("sum=gad-2.total")
	if err != nil {
		t.Fatal(err)
	}
	summary, err := score.Run(t.Context(), source, score.Output{Writer: io.Discard, Format: "csv", Tolerance: 0.05, Clock: clocktesting.NewFakePassiveClock(time.Time{})})
	if err != nil || summary.Comparisons[0].Equal != 1 {
		t.Errorf("%+v, %v", summary.Comparisons, err)
	}
	for check, want := range map[string]string{
		"sum=total": `2 instruments have a scale "total"; write one of gad-2:total, phq-2:total`,
		"sum=all":   `there is no scale "all"; write one of gad-2:total, phq-2:total`,
	} {
		if _, err := open(check); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", check, err, want)
		}
	}
}

func TestARunEndsWhenItCannotWriteOrIsStopped(t *testing.T) {
	t.Parallel()
	instruments, err := score.Load(t.Context(), []string{"gad-2"})
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, tc := range map[string]struct {
		ctx  context.Context
		out  io.Writer
		want error
	}{
		"full":    {t.Context(), &broken{left: 200_000}, errFull},
		"stopped": {stopped, io.Discard, context.Canceled},
	} {
		for _, format := range score.Formats {
			table := strings.NewReader("q1,q2\n" + strings.Repeat("0,1\n", 100_000))
			source, err := score.Open(score.Input{Path: "-", Stdin: table, Instruments: instruments, Invalid: score.Reject})
			if err != nil {
				t.Fatal(err)
			}
			_, err = score.Run(tc.ctx, source, score.Output{Writer: tc.out, Format: format, Clock: clocktesting.NewFakePassiveClock(time.Time{})})
			if !errors.Is(err, tc.want) {
				t.Errorf("%s, %s: %v", name, format, err)
			}
		}
	}
}

func TestEveryShippedInstrumentIsKnownByItsCode(t *testing.T) {
	t.Parallel()
	codes := score.Shipped()
	if len(codes) < 20 {
		t.Fatalf("only %v", codes)
	}
	instruments, err := score.Load(t.Context(), codes)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range instruments {
		if in.Code() != codes[i] {
			t.Errorf("the file of %s holds %s", codes[i], in.Code())
		}
	}
	if _, err := score.Load(t.Context(), []string{"phq-9@1"}); err != nil {
		t.Error(err)
	}
}

const mapping = `
id: [SEQN]
sex: RIAGENDR
sexes: {"1": Male, "2": Female}
instruments:
  small:
    map: {q1..q2: D1..D2}
    offset: -1
    values: {"Not at all": 1}
    missing: {"7": Refused, "9": DontKnow}
    recoded: [q2]
`

func TestMappingFiles(t *testing.T) {
	t.Parallel()
	got, err := score.ParseMapping([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	want := score.Mapping{
		ID: []string{"SEQN"}, Sex: "RIAGENDR", Sexes: map[string]string{"1": "Male", "2": "Female"},
		Items: map[string]score.Items{"small": {
			Map: map[string]string{"q1..q2": "D1..D2"}, Offset: new(-1), Values: map[string]int{"Not at all": 1},
			Missing: map[string]string{"7": "Refused", "9": "DontKnow"}, Recoded: []string{"q2"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, text := range map[string]string{
		"an unknown field": "ids: [a]\n", "a field twice": "sex: a\nsex: b\n", "not a mapping": "- a\n", "a number for a text": "instruments: {small: {offset: one}}\n",
	} {
		if _, err := score.ParseMapping([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// FuzzMapping works out any mapping against any header, and reads a row with it.
func FuzzMapping(f *testing.F) {
	f.Add([]byte(mapping), "SEQN,D1,D2,RIAGENDR")
	f.Add([]byte("instruments: {small: {columns: 1-2}}\n"), "a,b")
	f.Add([]byte("instruments: {small: {map: {q1: '#1', q2..q2: 'q99999999999999999999..q3'}, absent: [q2]}}\n"), "q1;q2;第1题")
	f.Add([]byte("keep: ['', a]\n"), "a,a,q1,q01,item1")
	instruments, err := score.Load(f.Context(), []string{smallPath(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte, head string) {
		m, err := score.ParseMapping(content)
		if err != nil {
			return
		}
		table := strings.NewReader(head + "\n1,2,3,4\n")
		source, err := score.Open(score.Input{Path: "-", Stdin: table, Instruments: instruments, Mapping: m, Invalid: score.Reject, Table: tabular.Options{Delimiter: ','}})
		if err != nil {
			return
		}
		source.Describe(io.Discard)
		if _, err := score.Run(t.Context(), source, score.Output{Writer: io.Discard, Format: "json", Clock: clocktesting.NewFakePassiveClock(time.Time{})}); err != nil {
			t.Errorf("a mapping that was accepted fails later: %v", err)
		}
	})
}
