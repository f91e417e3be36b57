package tabular_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/evenkeel/evenkeel/internal/tabular"
)

// workbook writes a workbook with a library of others', which so checks what is read here.
func workbook(t testing.TB, sheets map[string][][]any, order ...string) []byte {
	t.Helper()
	book := excelize.NewFile()
	for i, name := range order {
		if i == 0 {
			if err := book.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := book.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for r, cells := range sheets[name] {
			if err := book.SetSheetRow(name, fmt.Sprintf("A%d", r+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	content := workbook(t, map[string][][]any{
		"第一班": {{"学号", "q1", "q2"}, {"甲", 0, 2.5}, {}, {"乙", nil, "好几天"}, {"丙", true, "３"}},
		"二":   {{"a"}, {"b"}},
	}, "第一班", "二")
	want := []row{
		{2, []string{"甲", "0", "2.5"}, ""}, {4, []string{"乙", "", "好几天"}, ""}, {5, []string{"丙", "TRUE", "３"}, ""},
	}
	path := filepath.Join(t.TempDir(), "answers.xlsx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for kind, in := range map[string]io.Reader{"file": file, "pipe": io.MultiReader(bytes.NewReader(content))} {
		table, rows, err := read(t, in, tabular.Options{})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if diff := cmp.Diff([]string{"学号", "q1", "q2"}, table.Header()) + cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		if got := table.Format().String(); got != `XLSX, sheet "第一班" (one of 2: 第一班, 二)` {
			t.Error(got)
		}
	}
	for sheet, want := range map[string]string{"二": "a", "2": "a", "1": "学号"} {
		table, _, err := read(t, bytes.NewReader(content), tabular.Options{Sheet: sheet})
		if err != nil || table.Header()[0] != want {
			t.Errorf("sheet %s: %v", sheet, err)
		}
	}
	if _, err := tabular.Open(bytes.NewReader(content), tabular.Options{Sheet: "三"}); err == nil || !strings.Contains(err.Error(), "write one of 第一班, 二, or its number") {
		t.Errorf("a sheet that is not there: %v", err)
	}
}

// pack makes a workbook by hand, of one sheet and some shared strings.
func pack(t testing.TB, sheet, shared string) []byte {
	t.Helper()
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, content := range map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="` + office + `"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="` + office + `/worksheet" Target="/xl/worksheets/s.xml"/><Relationship Id="r2" Type="` + office + `/sharedStrings" Target="texts.xml"/></Relationships>`,
		"xl/worksheets/s.xml":        sheet,
		"xl/texts.xml":               shared,
	} {
		part, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const texts = `<sst><si><t>q1</t></si><si>
 <r><t xml:space="preserve">好 </t></r><r><rPr/><t>几天</t></r><rPh sb="0"><t>hao</t></rPh></si><si><t>line_x000D_end</t></si></sst>`

func TestSheetsAsProgramsWriteThem(t *testing.T) {
	t.Parallel()
	head := `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`
	tests := map[string]struct {
		rows string
		want []row
	}{
		"rich text, without how it is pronounced": {`<row><c t="s"><v>1</v></c></row>`, []row{{2, []string{"好 几天"}, ""}}},
		"text in the cell":                        {`<row><c t="inlineStr"><is><t>好几天</t></is></c></row>`, []row{{2, []string{"好几天"}, ""}}},
		"escaped characters":                      {`<row><c t="s"><v>2</v></c></row>`, []row{{2, []string{"line\rend"}, ""}}},
		"a prefix for the names":                  {`<x:row r="9"><x:c r="B9"><x:v>3</x:v></x:c></x:row>`, []row{{9, []string{"", "3"}, ""}}},
		"a formula's result":                      {`<row><c><f>A1+1</f><v>2</v></c><c t="str"><f>"a"</f><v>a</v></c></row>`, []row{{2, []string{"2", "a"}, ""}}},
		"a formula without result is not blank":   {`<row><c><f>A1+1</f></c></row>`, []row{{2, []string{"#FORMULA"}, ""}}},
		"a result that is written and empty":      {`<row><c><f>A1+1</f><v></v></c><c><f>A1+1</f><v/></c></row>`, []row{{2, []string{"#FORMULA", "#FORMULA"}, ""}}},
		"a formula's result is an empty text":     {`<row><c t="str"><f>""</f><v></v></c><c><v>1</v></c></row>`, []row{{2, []string{"", "1"}, ""}}},
		"an error":                                {`<row><c t="e"><v>#DIV/0!</v></c></row>`, []row{{2, []string{"#DIV/0!"}, ""}}},
		"formatted and empty":                     {`<row r="2"><c r="A2" s="1"/></row><row r="3"><c r="A3"><v>1</v></c></row>`, []row{{3, []string{"1"}, ""}}},
		"a text that is not there": {
			`<row><c t="s"><v>7</v></c></row><row><c><v>1</v></c></row>`,
			[]row{{2, nil, "refers to a text that the workbook does not hold; save the workbook again"}, {3, []string{"1"}, ""}},
		},
		"cells out of order": {
			`<row><c r="B2"><v>7</v></c><c r="A2"><v>1</v></c></row><row><c><v>1</v></c></row>`,
			[]row{{2, nil, "has cells that are out of order; save the workbook again"}, {3, []string{"1"}, ""}},
		},
		"a column beyond the last": {`<row><c r="ZZZ2"><v>7</v></c></row>`, []row{{2, nil, "has more than 16384 columns; split the table"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, rows, err := read(t, bytes.NewReader(pack(t, "<worksheet><sheetData>"+head+tc.rows+"</sheetData></worksheet>", texts)), tabular.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, rows); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWorkbooksThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const head = `<worksheet><sheetData><row r="1"><c><v>q1</v></c></row>`
	tests := map[string]struct{ sheet, shared, want string }{
		"cut":                 {head + `<row><c><v>1`, texts, "row 2"},
		"rows out of order":   {head + `<row r="3"/><row r="2"/>`, texts, "out of order behind row 3"},
		"too many rows":       {head + `<row r="1048577"/>`, texts, "save it as CSV"},
		"a text of a gigabit": {head + `<row><c><v>` + strings.Repeat("1", 3<<20), texts, "unpacks to more"},
		"a bomb":              {head + strings.Repeat(" ", 80<<20), texts, "unpacks to more"},
		"deep":                {head + `<row><c><is>` + strings.Repeat("<r>", 100), texts, "not a workbook"},
		"texts cut":           {head, "<sst><si><t>q1", "reading the texts"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(t, bytes.NewReader(pack(t, tc.sheet, tc.shared)), tabular.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestAnArchiveThatIsNoWorkbook(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	if _, err := archive.Create("mimetype"); err != nil {
		t.Fatal(err)
	}
	archive.Close()
	if _, err := tabular.Open(&out, tabular.Options{}); err == nil || !strings.Contains(err.Error(), "not XLSX") {
		t.Errorf("got %v", err)
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row><c><v>1</v></c></row></sheetData></worksheet>`, texts)
	f.Add(`<worksheet><row r="2"><c r="XFD2" t="inlineStr"><is><r><t>a</t></r></is></c></row>`, "")
	f.Add(`<row><c t="b"><v>1</v></c><c t="e"/><c r="1"><f>x</f></c></row>`, "<si><rPh><t>a")
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		_, rows, err := read(t, bytes.NewReader(pack(t, sheet, shared)), tabular.Options{})
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
		for _, r := range rows {
			if len(r.Fields) > tabular.MaxColumns {
				t.Fatalf("%d fields", len(r.Fields))
			}
		}
	})
}

// FuzzArchive feeds archives that are not well made.
func FuzzArchive(f *testing.F) {
	f.Add(pack(f, `<row><c><v>1</v></c></row>`, texts))
	f.Add(workbook(f, map[string][][]any{"S": {{"q1"}, {1}}}, "S"))
	f.Fuzz(func(t *testing.T, content []byte) {
		_, _, _ = read(t, bytes.NewReader(content), tabular.Options{})
	})
}
