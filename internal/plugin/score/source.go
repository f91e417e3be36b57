package score

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strings"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
	"github.com/evenkeel/evenkeel/internal/tabular"
)

// Invalid is what becomes of cells that are no answers.
type Invalid string

// The ways. Reject is the default: nothing wrong is scored, and nothing is lost.
const (
	Reject  Invalid = "reject"  // the row has no score on the instrument; what is wrong is listed
	Missing Invalid = "missing" // they count as left blank; they are listed all the same
	Stop    Invalid = "stop"    // the first one ends the run
)

// Input is answers to be read.
type Input struct {
	Path        string // "-": Stdin
	Stdin       io.Reader
	Table       tabular.Options
	Instruments []Instrument
	Mapping     Mapping
	Invalid     Invalid
	Checks      []string // COLUMN=SCALE: totals to compare with
}

// Issue is something wrong with a row, in one of its columns or as a whole.
type Issue struct {
	Column  string `json:"column,omitempty"` // as the header names it
	Item    string `json:"item,omitempty"`   // of an answer
	Problem string `json:"problem"`
}

// Row is one row of answers. It is valid until the next call of Next.
type Row struct {
	Number    int // as a spreadsheet shows it
	ID, Keep  []string
	Responses []*instrument.Response // by instrument, as in Input
	Rejected  []bool                 // by instrument: the response has cells that are no answers
	Repeated  bool                   // the same ID came before
	Issues    []Issue
	fields    []string
}

// Source reads responses from a table, a row at a time.
type Source struct {
	input Input
	table *tabular.Table
	file  io.Closer
	plan  *plan
	row   Row
	seed  maphash.Seed
	ids   map[uint64]struct{} // of rows so far; 64 bits are enough to tell a province's students apart
}

// Open opens the table and works out the mapping. The error says which column or item
// is not found, and what there is. The caller closes the source.
func Open(in Input) (*Source, error) {
	reader, file := in.Stdin, io.Closer(io.NopCloser(nil))
	if in.Path == "-" && isTerminal(in.Stdin) {
		return nil, errors.New("no table is given; write -f FILE, or send one to standard input")
	}
	if in.Path != "-" {
		opened, err := os.Open(in.Path)
		if err != nil {
			return nil, err
		}
		reader, file = opened, opened
	}
	s := &Source{input: in, file: file, seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}}
	var err error
	if s.table, err = tabular.Open(reader, in.Table); err == nil {
		if s.plan, err = newPlan(s.table.Header(), in.Instruments, in.Mapping, in.Checks); err != nil {
			err = s.elsewhere(err)
		}
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	s.prepare()
	return s, nil
}

// elsewhere adds to an error about columns where they may be: below a title, or on
// another sheet. Nothing is taken from there unless a person says so.
func (s *Source) elsewhere(err error) error {
	const rows = 20 // titles and explanations have fewer
	for range rows {
		number, fields, failed := s.table.Next()
		var unreadable *tabular.RowError
		if errors.As(failed, &unreadable) {
			continue
		}
		if failed != nil {
			break
		}
		if _, failed := newPlan(fields, s.input.Instruments, s.input.Mapping, s.input.Checks); failed == nil {
			return fmt.Errorf("%w; row %d names all of them: give --header-row %d", err, number, number)
		}
	}
	if about := s.table.Format(); len(about.Sheets) > 1 && s.input.Table.Sheet == "" {
		return fmt.Errorf("%w; this is sheet %q, and there are %s: give --sheet", err, about.Sheet, strings.Join(about.Sheets, ", "))
	}
	return err
}

// isTerminal tells that nobody sends anything: waiting would look like a program that hangs.
func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Name is what the table is called in messages.
func (s *Source) Name() string {
	if s.input.Path == "-" {
		return "standard input"
	}
	return s.input.Path
}

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

// Suspicions says, once all rows were read, why none of them can be relied on.
func (s *Source) Suspicions(rows int) (out []string) {
	for i := range s.plan.targets {
		if suspicion := s.plan.targets[i].suspicion(rows); suspicion != "" {
			out = append(out, s.plan.targets[i].Code()+": "+suspicion)
		}
	}
	return out
}

// Progress is how many bytes have been read, and how many there are; 0 when that is not known.
func (s *Source) Progress() (read, size int64) { return s.table.Progress() }

func (s *Source) prepare() {
	s.row.ID, s.row.Keep = make([]string, len(s.plan.id)), make([]string, len(s.plan.keep))
	s.row.Rejected = make([]bool, len(s.plan.targets))
	for _, t := range s.plan.targets {
		s.row.Responses = append(s.row.Responses, t.NewResponse())
	}
}

// StopError is the first cell that is no answer, when that ends the run.
type StopError struct {
	Row   int
	Issue Issue
}

// Error names row and column.
func (e *StopError) Error() string {
	if e.Issue.Column == "" {
		return fmt.Sprintf("row %d %s", e.Row, e.Issue.Problem)
	}
	return fmt.Sprintf("row %d, column %q %s", e.Row, short(e.Issue.Column), e.Issue.Problem)
}

// Next reads the next row. It returns io.EOF at the end. A row in which something is
// wrong has issues; it is an error only if the input says so.
func (s *Source) Next() (*Row, error) {
	number, fields, err := s.table.Next()
	row := &s.row
	row.Issues, row.Repeated, row.Number = row.Issues[:0], false, number
	for i := range row.Rejected {
		row.Rejected[i] = false
	}
	var unreadable *tabular.RowError
	switch {
	case errors.As(err, &unreadable):
		row.Number = unreadable.Row
		s.names(nil)
		s.reject(unreadable.Problem)
	case err != nil:
		return nil, err // io.EOF, or the table names the place
	default:
		s.fill(fields)
	}
	if len(row.Issues) > 0 && s.input.Invalid == Stop {
		return nil, &StopError{row.Number, row.Issues[0]}
	}
	return row, nil
}

// reject empties a row that as a whole cannot be used.
func (s *Source) reject(problem string) {
	s.row.fields = nil
	for i, response := range s.row.Responses {
		s.row.Rejected[i] = true
		for item := range response.Answers {
			response.Answers[item] = instrument.Answer{Missing: instrument.Blank}
		}
	}
	s.row.Issues = append(s.row.Issues, Issue{Problem: problem})
}

// names takes what is passed on, of a row without fields nothing.
func (s *Source) names(fields []string) {
	for i, column := range s.plan.id {
		s.row.ID[i] = at(fields, column)
	}
	for i, column := range s.plan.keep {
		s.row.Keep[i] = at(fields, column)
	}
}

func (s *Source) fill(fields []string) {
	s.names(fields) // of a row that has shifted too: it helps to find it
	if problem := s.misshapen(fields); problem != "" {
		s.reject(problem)
		return
	}
	row := &s.row
	row.fields = fields
	row.Repeated = s.repeated()
	person := s.plan.person.read(fields, func(column int, problem string) {
		row.Issues = append(row.Issues, Issue{Column: s.plan.header.names[column], Problem: problem})
		for i := range row.Rejected {
			source := s.plan.targets[i].Source()
			row.Rejected[i] = row.Rejected[i] || s.input.Invalid != Missing && s.plan.person.looksAt(&source, column)
		}
	})
	for i := range s.plan.targets {
		response := row.Responses[i]
		response.Person, response.Seconds, response.Duplicate = person.Person, person.seconds, row.Repeated
		s.answers(i, fields)
	}
}

// misshapen finds rows whose fields have shifted. A spreadsheet leaves out empty cells
// at the end of a row, and may have empty ones behind the last column.
func (s *Source) misshapen(fields []string) string {
	columns := len(s.plan.header.names)
	if len(fields) < s.plan.width && s.table.Format().Kind == "CSV" {
		return fmt.Sprintf("has %d fields, and the header %d; write one for each column", len(fields), columns)
	}
	for i := columns; i < len(fields); i++ {
		if strings.TrimSpace(fields[i]) != "" {
			return fmt.Sprintf("has %d fields, and the header %d; put fields that hold the delimiter in quotes", len(fields), columns)
		}
	}
	return ""
}

func (s *Source) answers(i int, fields []string) {
	t, row := &s.plan.targets[i], &s.row
	for item, column := range t.columns {
		if column == absent {
			continue
		}
		text := ""
		if column < len(fields) {
			text = fields[column]
		}
		read := t.cells[item].read(text)
		t.count(item, read)
		row.Responses[i].Answers[item] = read.answer
		if read.fault == "" {
			continue
		}
		row.Responses[i].Answers[item] = instrument.Answer{Missing: instrument.Blank}
		row.Rejected[i] = s.input.Invalid != Missing
		row.Issues = append(row.Issues, Issue{Column: s.plan.header.names[column], Item: t.Code() + " " + t.Spec.Items[item].Code, Problem: read.fault})
	}
}

// repeated tells whether the row's id came before. Rows without an id tell nothing.
func (s *Source) repeated() bool {
	var hash maphash.Hash
	hash.SetSeed(s.seed)
	empty := true
	for _, part := range s.row.ID {
		empty = empty && part == ""
		_, _ = hash.WriteString(part) // never fails
		_ = hash.WriteByte(0)
	}
	if empty {
		return false
	}
	sum := hash.Sum64()
	_, before := s.ids[sum]
	s.ids[sum] = struct{}{}
	return before
}
