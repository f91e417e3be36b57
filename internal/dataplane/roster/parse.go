// Package roster imports students and the duty list, and issues access codes.
//
// A name and a school-roll number are sealed to the student as soon as a row is
// read; what is said about a faulty row never repeats what is in it.
package roster

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// Bounds of one import: a large district fits, a mistake does not fill the disk.
const (
	MaxBytes  = 64 << 20
	MaxRows   = 500_000
	maxFaults = 1_000 // listed; the rest are counted
)

// Columns is the header of a roster, in any order; Optional columns may be left out.
var (
	Columns  = []string{"number", "name", "school", "grade", "class", "seat", "birthDate", "stage", "guardianConsent", "consentVersion"}
	Optional = []string{"sex", "enrolment"}
)

// Consent is what the guardian said.
type Consent string

// The consents. Missing is imported and cannot open a form.
const (
	ConsentGiven   Consent = "Given"
	ConsentRefused Consent = "Refused"
	ConsentMissing Consent = "Missing"
)

// Student is one valid row.
type Student struct {
	Row            int // of the file, the header being row 1
	Number         string
	Name           string
	School         string
	Grade          string
	Class          string
	Seat           string
	SchoolYears    int // that Grade stands for; 0: cannot be told
	Sex            contract.Sex
	BirthDate      time.Time
	Stage          string
	Consent        Consent
	ConsentVersion string
	Left           bool // graduated, or went to a school outside the district
}

// Fault is what is wrong with one field. It never holds the value.
type Fault struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Fault  string `json:"fault"`
	Remedy string `json:"remedy"`
}

// HeaderError is a file that cannot be read as a whole.
type HeaderError struct{ Column, Fault, Remedy string }

// Error names the column, the fault and the remedy.
func (e *HeaderError) Error() string { return e.Column + ": " + e.Fault + "; " + e.Remedy }

// Reader reads a roster row by row.
type Reader struct {
	rows  *csv.Reader
	index map[string]int
	row   int
	today time.Time
	seen  map[string]int // number -> row in which it came first
}

// NewReader reads the header. today bounds birth dates.
func NewReader(r io.Reader, today time.Time) (*Reader, error) {
	rows, index, err := openCSV(r, Columns, Optional)
	if err != nil {
		return nil, err
	}
	return &Reader{rows: rows, index: index, row: 1, today: today, seen: map[string]int{}}, nil
}

// openCSV skips a byte order mark, reads the header and finds every column in it, with
// those of the optional ones that are there.
func openCSV(r io.Reader, columns, optional []string) (*csv.Reader, map[string]int, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3)
	}
	remedy := "write the header " + strings.Join(columns, ",")
	if len(optional) > 0 {
		remedy += " (" + strings.Join(optional, ",") + " may be added)"
	}
	rows := csv.NewReader(buffered)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return nil, nil, &HeaderError{"header", "the file is empty or not CSV", remedy}
	}
	index := map[string]int{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, twice := index[name]; twice || !slices.Contains(columns, name) && !slices.Contains(optional, name) {
			return nil, nil, &HeaderError{"header", fmt.Sprintf("column %d is unknown or comes twice", i+1), remedy}
		}
		index[name] = i
	}
	for _, name := range columns {
		if _, ok := index[name]; !ok {
			return nil, nil, &HeaderError{name, "the column is missing", remedy}
		}
	}
	return rows, index, nil
}

// Next returns the next row: a student, or the faults of a row that is rejected.
// It returns io.EOF at the end, and any other error when reading itself fails.
func (r *Reader) Next() (*Student, []Fault, error) {
	record, err := r.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, io.EOF
	}
	r.row++
	if r.row > MaxRows {
		return nil, nil, fmt.Errorf("the file has more than %d rows; split it", MaxRows)
	}
	switch {
	case isParseError(err):
		return nil, []Fault{{r.row, "", "the row is not CSV", "quote fields that hold commas, quotes or line breaks"}}, nil
	case err != nil:
		return nil, nil, fmt.Errorf("reading row %d: %w", r.row, err)
	case len(record) != len(r.index):
		return nil, []Fault{{r.row, "", fmt.Sprintf("the row has %d fields and the header %d", len(record), len(r.index)), "write one field for each column"}}, nil
	}
	return r.student(record)
}

func isParseError(err error) bool {
	var malformed *csv.ParseError
	return errors.As(err, &malformed)
}

func (r *Reader) student(record []string) (*Student, []Fault, error) {
	field := func(name string) string {
		if i, there := r.index[name]; there {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	s := Student{
		Row: r.row, Number: strings.Clone(field("number")), Name: strings.Clone(field("name")), School: strings.Clone(field("school")),
		Grade: strings.Clone(field("grade")), Class: strings.Clone(field("class")), Seat: strings.Clone(field("seat")),
		Stage: strings.Clone(field("stage")), ConsentVersion: strings.Clone(field("consentVersion")),
	}
	check := rowCheck{row: r.row}
	check.text(s)
	s.SchoolYears, s.Sex = SchoolYears(s.Stage, s.Grade), check.sex(field("sex"))
	s.Left = check.left(field("enrolment"))
	s.BirthDate = check.birthDate(field("birthDate"), r.today)
	s.Consent = check.consent(field("guardianConsent"), s.ConsentVersion)
	if first, twice := r.seen[s.Number]; twice && s.Number != "" {
		check.add("number", fmt.Sprintf("the number is also in row %d", first), "keep one row for each student")
	}
	if len(check.faults) > 0 {
		return nil, check.faults, nil
	}
	r.seen[s.Number] = r.row
	return &s, nil, nil
}

var (
	numberForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`)
	stages     = []string{"PrimaryUpper", "JuniorSecondary", "SeniorSecondary", "Vocational"}
	earliest   = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
)

type rowCheck struct {
	row    int
	faults []Fault
}

func (c *rowCheck) add(column, problem, remedy string) {
	c.faults = append(c.faults, Fault{c.row, column, problem, remedy})
}

func (c *rowCheck) text(s Student) {
	if !numberForm.MatchString(s.Number) {
		c.add("number", "is empty, too long or holds other characters", "write 1 to 32 letters, digits or hyphens")
	}
	if !printable(s.Name, 1, 64) {
		c.add("name", "is empty, too long or not UTF-8 text", "write 1 to 64 characters and save the file as UTF-8")
	}
	for _, f := range []struct{ column, value string }{{"school", s.School}, {"grade", s.Grade}, {"class", s.Class}, {"seat", s.Seat}} {
		if !printable(f.value, 1, 63) {
			c.add(f.column, "is empty, too long or not UTF-8 text", "write 1 to 63 characters and save the file as UTF-8")
		}
	}
	if !slices.Contains(stages, s.Stage) {
		c.add("stage", "is not a known stage", "write one of "+strings.Join(stages, ", "))
	}
}

func (c *rowCheck) birthDate(value string, today time.Time) time.Time {
	date, err := time.Parse(time.DateOnly, value)
	if err != nil || date.Before(earliest) || date.After(today) {
		c.add("birthDate", "is not a date, or not one a student can have", "write the date as 2011-09-30")
	}
	return date
}

var sexWords = map[string]contract.Sex{
	"": contract.SexUnknown, "female": contract.Female, "f": contract.Female, "女": contract.Female, "女生": contract.Female,
	"male": contract.Male, "m": contract.Male, "男": contract.Male, "男生": contract.Male,
}

// sex is what norm tables tell students apart by. A roster need not say it: then only
// norms for everybody cover the student.
func (c *rowCheck) sex(value string) contract.Sex {
	sex, known := sexWords[strings.ToLower(value)]
	if !known {
		c.add("sex", "is not a known word", "write 女, 男, Female, Male, F, M or nothing")
	}
	return sex
}

var enrolmentWords = map[string]bool{ // whether the student has left
	"": false, "enrolled": false, "在校": false, "在读": false,
	"left": true, "离校": true, "毕业": true, "转出": true,
}

// left says whether a row is of a student who is at no school of the district any more. A
// roster need not say it: who is not in the file stays as they were.
func (c *rowCheck) left(value string) bool {
	left, known := enrolmentWords[strings.ToLower(value)]
	if !known {
		c.add("enrolment", "is not a known word", "write 在校, 离校, Enrolled, Left or nothing")
	}
	return left
}

var consentWords = map[string]Consent{
	"given": ConsentGiven, "yes": ConsentGiven, "true": ConsentGiven, "同意": ConsentGiven,
	"refused": ConsentRefused, "no": ConsentRefused, "false": ConsentRefused, "不同意": ConsentRefused,
	"missing": ConsentMissing, "": ConsentMissing,
}

func (c *rowCheck) consent(value, version string) Consent {
	consent, known := consentWords[strings.ToLower(value)]
	switch {
	case !known:
		c.add("guardianConsent", "is not a known answer", "write Given, Refused or nothing")
	case consent == ConsentGiven && !printable(version, 1, 32):
		c.add("consentVersion", "is missing or too long", "write the version of the notice that the guardian agreed to")
	case !printable(version, 0, 32):
		c.add("consentVersion", "is too long", "write at most 32 characters")
	}
	return consent
}

func printable(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most &&
		strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// MaskName keeps the first character of a name: enough for a child to recognise
// the own sheet, too little for anybody else.
func MaskName(name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	if utf8.RuneCountInString(name) < 2 {
		return "**"
	}
	return string(first) + "**"
}
