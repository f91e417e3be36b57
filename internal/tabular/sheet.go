package tabular

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sheetReader reads the rows of one sheet of a workbook. Cells give what is stored,
// not how it is shown: 1 and not 1.00.
type sheetReader struct {
	tokens *tokens
	shared []string
	about  Format
	row    int
	fields []string
	size   int // of the fields, in bytes

	badRows, firstBad int
}

const maxSheetRows = 1_048_576 // as in Excel

func (s *sheetReader) format() Format         { return s.about }
func (s *sheetReader) unreadable() (int, int) { return s.badRows, s.firstBad }

// next returns the next row that has anything in it.
func (s *sheetReader) next() (int, []string, error) {
	for {
		token, err := s.tokens.next()
		if errors.Is(err, io.EOF) {
			return 0, nil, io.EOF
		}
		if err != nil {
			return 0, nil, fmt.Errorf("the sheet cannot be read after row %d: %w", s.row, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		if err := s.number(start); err != nil {
			return 0, nil, err
		}
		filled, fault, err := s.cells()
		switch {
		case err != nil:
			return 0, nil, fmt.Errorf("the sheet cannot be read in row %d: %w", s.row, err)
		case fault != "":
			return 0, nil, &RowError{s.row, fault}
		case filled:
			return s.row, s.fields, nil
		}
	}
}

// number takes the row's own number; rows without one count on.
func (s *sheetReader) number(start xml.StartElement) error {
	number := s.row + 1
	if r := attribute(start, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n <= s.row {
			return fmt.Errorf("the sheet has a row that is out of order behind row %d; save the workbook again", s.row)
		}
		number = n
	}
	if s.row = number; number > maxSheetRows {
		return fmt.Errorf("the sheet has more than %d rows; save it as CSV", maxSheetRows)
	}
	return nil
}

// cells reads up to the end of the row. A fault is of this row alone.
func (s *sheetReader) cells() (filled bool, fault string, err error) {
	s.fields, s.size = s.fields[:0], 0
	bad := false
	for {
		token, err := s.tokens.next()
		if err != nil {
			return false, "", unexpected(err)
		}
		switch element := token.(type) {
		case xml.EndElement:
			if element.Name.Local == "row" {
				if bad {
					s.countBad()
				}
				return filled, fault, nil
			}
		case xml.StartElement:
			if element.Name.Local != "c" {
				continue
			}
			text, problem, err := s.cell(element)
			if err != nil {
				return false, "", err
			}
			if fault == "" && problem == "" {
				problem = s.place(element, text)
			}
			if fault == "" {
				fault = problem
			}
			filled = filled || text != ""
			bad = bad || strings.ContainsRune(text, utf8.RuneError)
		}
	}
}

func (s *sheetReader) countBad() {
	if s.badRows++; s.badRows == 1 {
		s.firstBad = s.row
	}
}

// place puts the text where its reference says; cells without one follow each other.
func (s *sheetReader) place(c xml.StartElement, text string) (problem string) {
	column := len(s.fields)
	if ref := attribute(c, "r"); ref != "" {
		column = columnOf(ref)
		if column < len(s.fields) {
			return "has cells that are out of order; save the workbook again"
		}
	}
	if column >= MaxColumns {
		return fmt.Sprintf("has more than %d columns; split the table", MaxColumns)
	}
	for len(s.fields) < column {
		s.fields = append(s.fields, "")
	}
	s.fields = append(s.fields, text)
	if s.size += len(text); s.size > maxRecordBytes {
		return fmt.Sprintf("has more than %d MiB; split the table", maxRecordBytes>>20)
	}
	return ""
}

// columnOf is the column of a reference such as AB12, from 0; -1 when it is none.
func columnOf(ref string) int {
	column := 0
	for _, letter := range ref {
		switch {
		case letter >= 'A' && letter <= 'Z':
			column = column*26 + int(letter-'A') + 1
		case letter >= 'a' && letter <= 'z':
			column = column*26 + int(letter-'a') + 1
		default:
			return column - 1
		}
		if column > MaxColumns {
			return MaxColumns
		}
	}
	return column - 1
}

// NoResult stands for a formula whose result the workbook does not hold. It is no
// answer, and it is not blank either.
const NoResult = "#FORMULA"

// cell reads one cell up to its end and returns its text as it is stored.
func (s *sheetReader) cell(start xml.StartElement) (text, problem string, err error) {
	kind := attribute(start, "t")
	formula, valued := false, false
	for {
		token, err := s.tokens.next()
		if err != nil {
			return "", "", unexpected(err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			name := element.Name.Local
			content, err := s.tokens.text(name)
			if err != nil {
				return "", "", unexpected(err)
			}
			switch name {
			case "v":
				text = content
				valued = content != "" || kind == "str" // the result may be a text that is empty
			case "is":
				text, valued = content, true
			case "f":
				formula = true
			}
		case xml.EndElement:
			if element.Name.Local != "c" {
				continue
			}
			if formula && !valued {
				return NoResult, "", nil
			}
			text, problem = s.decode(kind, text)
			return text, problem, nil
		}
	}
}

func (s *sheetReader) decode(kind, stored string) (text, problem string) {
	switch kind {
	case "s":
		if stored == "" {
			return "", ""
		}
		i, err := strconv.Atoi(strings.TrimSpace(stored))
		if err != nil || i < 0 || i >= len(s.shared) {
			return "", "refers to a text that the workbook does not hold; save the workbook again"
		}
		return s.shared[i], ""
	case "b":
		switch strings.TrimSpace(stored) {
		case "1":
			return "TRUE", ""
		case "0":
			return "FALSE", ""
		}
	case "str":
		return unescape(stored), ""
	}
	return stored, ""
}

func attribute(start xml.StartElement, name string) string {
	for _, attr := range start.Attr {
		if attr.Name.Local == name && attr.Name.Space == "" {
			return attr.Value
		}
	}
	return ""
}

// tokens reads XML without keeping more of it than one token.
type tokens struct {
	decoder *xml.Decoder
	guard   *guard
}

func newTokens(in io.Reader) *tokens {
	g := &guard{in: in}
	return &tokens{decoder: xml.NewDecoder(g), guard: g}
}

func (t *tokens) next() (xml.Token, error) {
	t.guard.since = 0
	return t.decoder.RawToken()
}

// text joins what stands in the element of this name that has just begun, up to its
// end: of texts (si, is) what is in their t, and not how it is pronounced (rPh).
func (t *tokens) text(name string) (string, error) {
	rich := name == "si" || name == "is"
	var out []byte
	for open := (nesting{name}); ; {
		token, err := t.next()
		if err != nil {
			return "", unexpected(err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			if open = append(open, element.Name.Local); len(open) > maxDepth {
				return "", errors.New("it is not a workbook; save the table as .xlsx or .csv")
			}
		case xml.EndElement:
			if open = open[:len(open)-1]; len(open) > 0 {
				continue
			}
			if rich {
				return unescape(string(out)), nil
			}
			return string(out), nil
		case xml.CharData:
			if rich && !open.spoken() {
				continue
			}
			if out = append(out, element...); len(out) > maxTokenBytes {
				return "", errTooLarge
			}
		}
	}
}

// nesting is the names of the elements that are open, the outermost first.
type nesting []string

// spoken tells that what stands here is text of the cell.
func (n nesting) spoken() bool {
	return n[len(n)-1] == "t" && !slices.Contains(n, "rPh")
}

const maxDepth = 32

// escaped is how a workbook writes characters that XML cannot hold: _x000D_.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(code string) string {
		n, _ := strconv.ParseUint(code[2:6], 16, 16) // the expression lets only these through
		return string(rune(n))
	})
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends in the middle; copy or save the workbook again")
	}
	return err
}

const maxTokenBytes = 1 << 20

// guard stops a token that would take the memory: the decoder keeps each whole.
type guard struct {
	in    io.Reader
	since int
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p)
	if g.since += n; g.since > maxTokenBytes {
		return 0, errTooLarge
	}
	return n, err
}
