package tabular_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/evenkeel/evenkeel/internal/tabular"
)

// row is what one call of Next gave: fields, or a fault.
type row struct {
	Number int
	Fields []string
	Fault  string
}

// read reads a whole table. Rows that cannot be read are among the rows.
func read(t testing.TB, in io.Reader, o tabular.Options) (*tabular.Table, []row, error) {
	t.Helper()
	table, err := tabular.Open(in, o)
	if err != nil {
		return nil, nil, err
	}
	var rows []row
	for {
		number, fields, err := table.Next()
		var fault *tabular.RowError
		switch {
		case errors.Is(err, io.EOF):
			return table, rows, nil
		case errors.As(err, &fault):
			rows = append(rows, row{Number: fault.Row, Fault: fault.Problem})
		case err != nil:
			return table, rows, err
		default:
			rows = append(rows, row{Number: number, Fields: append([]string{}, fields...)})
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	const notClosed = "has a quote that is not closed, or more than 4 MiB; close the quote"
	tests := map[string]struct {
		text   string
		o      tabular.Options
		header []string
		want   []row
	}{
		"commas":              {text: "id,q1\n7,0\n", header: []string{"id", "q1"}, want: []row{{2, []string{"7", "0"}, ""}}},
		"semicolons":          {text: "id;q1\n7;0,5\n", header: []string{"id", "q1"}, want: []row{{2, []string{"7", "0,5"}, ""}}},
		"tabs":                {text: "id\tq1, of two\n7\t0\n", header: []string{"id", "q1, of two"}, want: []row{{2, []string{"7", "0"}, ""}}},
		"a named delimiter":   {text: "sep=;\r\na,b;c\r\n1;2\r\n", header: []string{"a,b", "c"}, want: []row{{3, []string{"1", "2"}, ""}}},
		"a chosen delimiter":  {text: "a;b|c\n1;2|3\n", o: tabular.Options{Delimiter: '|'}, header: []string{"a;b", "c"}, want: []row{{2, []string{"1;2", "3"}, ""}}},
		"no end of line":      {text: "a,b\n1,", header: []string{"a", "b"}, want: []row{{2, []string{"1", ""}, ""}}},
		"line ends of others": {text: "a,b\r1,2\r\n3,4\n", header: []string{"a", "b"}, want: []row{{2, []string{"1", "2"}, ""}, {3, []string{"3", "4"}, ""}}},
		"quotes":              {text: "\"a\nb\",c\n\"1\"\"\",\"2,\" \n", header: []string{"a\nb", "c"}, want: []row{{2, []string{`1"`, "2,"}, ""}}},
		"a quote in a field":  {text: "a,b\n5\" tall,1\n", header: []string{"a", "b"}, want: []row{{2, []string{`5" tall`, "1"}, ""}}},
		"empty lines count":   {text: "a,b\n\n1,2\n\n\n,\n", header: []string{"a", "b"}, want: []row{{3, []string{"1", "2"}, ""}, {6, []string{"", ""}, ""}}},
		"a title above":       {text: "Class 3\na,b\n1,2\n", o: tabular.Options{HeaderRow: 2, Delimiter: ','}, header: []string{"a", "b"}, want: []row{{3, []string{"1", "2"}, ""}}},
		"no header":           {text: "1,2\n3,4\n", o: tabular.Options{HeaderRow: tabular.NoHeader}, header: []string{"1", "2"}, want: []row{{1, []string{"1", "2"}, ""}, {2, []string{"3", "4"}, ""}}},
		"widths differ":       {text: "a,b\n1\n1,2,3\n", header: []string{"a", "b"}, want: []row{{2, []string{"1"}, ""}, {3, []string{"1", "2", "3"}, ""}}},
		"text behind a quote": {
			text: "a,b\n\"1\"x,2\n3,4\n", header: []string{"a", "b"},
			want: []row{{2, nil, "has text behind a closing quote; write a quote inside a quoted field twice"}, {3, []string{"3", "4"}, ""}},
		},
		"a quote left open costs one row": {
			text: "a,b\n\"1,2\n3,4\n5,6\n", header: []string{"a", "b"},
			want: []row{{2, nil, notClosed}, {3, []string{"3", "4"}, ""}, {4, []string{"5", "6"}, ""}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, in := range map[string]io.Reader{
				"whole": strings.NewReader(tc.text), "byte by byte": iotest.OneByteReader(strings.NewReader(tc.text)),
			} {
				table, rows, err := read(t, in, tc.o)
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				if diff := cmp.Diff(tc.header, table.Header()); diff != "" {
					t.Errorf("%s: header (-want +got):\n%s", kind, diff)
				}
				if diff := cmp.Diff(tc.want, rows); diff != "" {
					t.Errorf("%s: rows (-want +got):\n%s", kind, diff)
				}
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const chinese = "学号,情绪低落\n甲1,好几天\n"
	const western = "id,l’été\nMüller,3\n"
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) encoding.Encoding {
		return unicode.UTF16(order, mark)
	}
	tests := map[string]struct {
		text, want string
		with       encoding.Encoding
		mark       string
		o          tabular.Options
	}{
		"ASCII":                      {text: "a,b\n1,2\n", want: "utf-8"},
		"UTF-8":                      {text: chinese, want: "utf-8"},
		"UTF-8 with a mark":          {text: chinese, mark: "\ufeff", want: "utf-8"},
		"UTF-16 with a mark":         {text: chinese, with: utf16(unicode.LittleEndian, unicode.UseBOM), want: "utf-16le"},
		"UTF-16 big end with a mark": {text: chinese, with: utf16(unicode.BigEndian, unicode.UseBOM), want: "utf-16be"},
		"UTF-16 without a mark":      {text: "id,q1\n93705,1\n93706,2\n", with: utf16(unicode.LittleEndian, unicode.IgnoreBOM), want: "utf-16le"},
		"UTF-16 big end without":     {text: "id,q1\n93705,1\n93706,2\n", with: utf16(unicode.BigEndian, unicode.IgnoreBOM), want: "utf-16be"},
		"GB18030":                    {text: chinese, with: simplifiedchinese.GB18030, want: "gb18030"},
		"GB18030 far behind ASCII":   {text: "id,q1\n" + strings.Repeat("1,2\n", 100_000) + "甲,好几天\n", with: simplifiedchinese.GB18030, want: "gb18030"},
		"UTF-8 far behind ASCII":     {text: "id,q1\n" + strings.Repeat("1,2\n", 100_000) + "甲,好几天\n", want: "utf-8"},
		"windows-1252":               {text: western, with: charmap.Windows1252, want: "windows-1252"},
		"told":                       {text: chinese, with: simplifiedchinese.GBK, o: tabular.Options{Encoding: "GB18030"}, want: "gb18030"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := tc.mark + tc.text
			if tc.with != nil {
				encoded, err := tc.with.NewEncoder().String(tc.text)
				if err != nil {
					t.Fatal(err)
				}
				raw = encoded
			}
			table, rows, err := read(t, strings.NewReader(raw), tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := table.Format().Encoding; got != tc.want {
				t.Errorf("encoding %s, want %s", got, tc.want)
			}
			var out strings.Builder
			for _, fields := range append([][]string{table.Header()}, fieldsOf(rows)...) {
				out.WriteString(strings.Join(fields, ",") + "\n")
			}
			if got := out.String(); got != tc.text {
				t.Errorf("got %.60q, want %.60q", got, tc.text)
			}
			if n, _ := table.Unreadable(); n != 0 {
				t.Errorf("%d rows are said to be unreadable", n)
			}
		})
	}
}

func fieldsOf(rows []row) (out [][]string) {
	for _, r := range rows {
		out = append(out, r.Fields)
	}
	return out
}

func TestCharactersThatTheEncodingLacksAreCounted(t *testing.T) {
	t.Parallel()
	table, rows, err := read(t, strings.NewReader("id,q1\n甲,1\n\xff\xfe,2\n"), tabular.Options{Encoding: "utf-8"})
	if err != nil {
		t.Fatal(err)
	}
	if n, first := table.Unreadable(); n != 1 || first != 3 {
		t.Errorf("%d rows, the first %d; want 1 and 3", n, first)
	}
	if diff := cmp.Diff([]string{"\ufffd", "2"}, rows[1].Fields); diff != "" {
		t.Error(diff)
	}
}

func TestFilesThatAreNoTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		o       tabular.Options
		want    string
	}{
		"empty":                {"", tabular.Options{}, "the file is empty"},
		"only a mark":          {"\ufeff", tabular.Options{}, "the file is empty"},
		"ends above header":    {"a\nb\n", tabular.Options{HeaderRow: 3}, "ends before row 3"},
		"old Excel":            {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", tabular.Options{}, "save it as .xlsx without a password"},
		"gzip":                 {"\x1f\x8b\x08\x00", tabular.Options{}, "gunzip -c"},
		"SPSS":                 {"$FL2@(#) SPSS", tabular.Options{}, "export it as CSV"},
		"a broken archive":     {"PK\x03\x04 and no more", tabular.Options{}, "is not whole"},
		"an unknown encoding":  {"a,b\n", tabular.Options{Encoding: "klingon"}, "write one of big5, gb18030, utf-16be, utf-16le, utf-8, windows-1252"},
		"an unknown delimiter": {"a,b\n", tabular.Options{Delimiter: 'x'}, "write a comma, a semicolon, a tab or a bar"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tabular.Open(strings.NewReader(tc.content), tc.o)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestAReadErrorEndsTheTable(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	in := io.MultiReader(strings.NewReader("a,b\n"+strings.Repeat("1,2\n", 100_000)), iotest.ErrReader(broken))
	_, rows, err := read(t, in, tabular.Options{})
	if !errors.Is(err, broken) || len(rows) == 0 {
		t.Errorf("%d rows and %v", len(rows), err)
	}
}

// pattern repeats a text without end, up to size bytes.
type pattern struct {
	text string
	left int
}

func (p *pattern) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n+len(p.text) <= len(b) {
		n += copy(b[n:], p.text)
	}
	if n == 0 {
		n = copy(b, p.text)
	}
	p.left -= n
	return n, nil
}

// Files made to take time or memory: 1 MiB of each takes a second if reading is linear, and minutes if not.
func TestHostileCSVIsReadInLinearTimeAndLittleMemory(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one line without end":       "aaaaaaaaaaaaaaa",
		"commas without end":         ",,,,,,,,,,,,,,,,",
		"one quote without end":      "\"\"",
		"each line opens a quote":    "a,\"b\n",
		"open, whichever way it is":  "a\",\"b\n",
		"quotes and nothing else":    "\"\n",
		"carriage returns in quotes": "a\",\"\r\r\r",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, err := tabular.Open(io.MultiReader(strings.NewReader("a,b\n"), &pattern{text, 1 << 20}), tabular.Options{Delimiter: ','})
			if err != nil {
				t.Fatal(err)
			}
			for {
				_, fields, err := table.Next()
				var fault *tabular.RowError
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil && !errors.As(err, &fault) {
					t.Fatal(err)
				}
				if len(fields) > tabular.MaxColumns {
					t.Fatalf("%d fields", len(fields))
				}
			}
		})
	}
}

func TestThousandsOfColumns(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range tabular.MaxColumns {
		fmt.Fprintf(&text, "c%d,", i)
	}
	_, _, err := read(t, strings.NewReader(text.String()), tabular.Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 16384 fields; split the table") {
		t.Errorf("one too many: %v", err)
	}
	header := strings.TrimSuffix(text.String(), ",")
	table, rows, err := read(t, strings.NewReader(header+"\n"+header+"\n"), tabular.Options{})
	if err != nil || len(table.Header()) != tabular.MaxColumns || len(rows[0].Fields) != tabular.MaxColumns {
		t.Errorf("%v", err)
	}
}

func TestProgressOfAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.csv")
	content := "a,b\n" + strings.Repeat("1,2\n", 1000)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, _, err := read(t, file, tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if done, size := table.Progress(); done != int64(len(content)) || size != done {
		t.Errorf("%d of %d, want all of %d", done, size, len(content))
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"id,q1\n1,2\n", "\ufeffid;q1\r\n1;2\r\n", "sep=,\na\n", "\"a\n", "\"a\"\"b\",c\r\rd", "a\",\"b\n\"", "\xff\xfea\x00,\x00",
		"学号,题\n", "\xd1\xa7\xba\xc5,1\n", "PK\x03\x04", ",,,\n,\n\n\n\"\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		whole, rows, err := read(t, bytes.NewReader(content), tabular.Options{})
		slow, again, err2 := read(t, iotest.OneByteReader(bytes.NewReader(content)), tabular.Options{})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v when read at once, %v byte by byte", err, err2)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(whole.Header(), slow.Header()) + cmp.Diff(rows, again); diff != "" {
			t.Errorf("it matters how the file is read:\n%s", diff)
		}
		last := 0
		for _, r := range rows {
			if r.Number <= last {
				t.Fatalf("row %d comes after row %d", r.Number, last)
			}
			last = r.Number
		}
	})
}
