// Package tabular reads tables as people have them: CSV with whatever delimiter and
// encoding a spreadsheet or a survey service wrote, and XLSX. It reads a row at a time
// and holds no more than one, however large the file is; a row that cannot be read is
// an error of that row alone, and the rows after it are read.
//
// Nothing here writes to disk, and no error repeats what is in a cell: tables hold
// students' answers.
package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Options say how to read a table. The zero value finds everything out by itself.
type Options struct {
	Encoding  string // one of Encodings; "": found out
	Delimiter rune   // one of , ; | and tab; 0: found out
	Sheet     string // of an XLSX: a name, or a number from 1; "": the first
	HeaderRow int    // which row names the columns, from 1; NoHeader: none does; 0: the first
}

// NoHeader is the HeaderRow of a table whose first row is data already. Its columns are
// named by their numbers, from 1.
const NoHeader = -1

// Bounds of one table. They are far above what people have, and keep a hostile file
// from taking the memory.
const (
	MaxColumns     = 16_384  // as in Excel
	maxRecordBytes = 4 << 20 // one row of a CSV
)

// Format is what a table turned out to be, for a report to its owner.
type Format struct {
	Kind      string   // "CSV" or "XLSX"
	Encoding  string   // of CSV; one of Encodings
	Delimiter rune     // of CSV
	Sheet     string   // of XLSX: the one being read
	Sheets    []string // of XLSX: all of them
}

// String says it in a few words, such as `CSV, utf-8, delimiter ","`.
func (f Format) String() string {
	if f.Kind == xlsxKind {
		text := fmt.Sprintf("XLSX, sheet %q", f.Sheet)
		if len(f.Sheets) > 1 {
			text += fmt.Sprintf(" (one of %d: %s)", len(f.Sheets), strings.Join(f.Sheets, ", "))
		}
		return text
	}
	return fmt.Sprintf("CSV, %s, delimiter %q", f.Encoding, string(f.Delimiter))
}

const (
	csvKind  = "CSV"
	xlsxKind = "XLSX"
)

// RowError is a row that cannot be read. The rows after it can.
type RowError struct {
	Row     int
	Problem string // what is wrong and what to do
}

// Error names the row and the problem, and nothing that is in the row.
func (e *RowError) Error() string { return fmt.Sprintf("row %d: %s", e.Row, e.Problem) }

// rowReader yields rows of either kind of file.
type rowReader interface {
	// next returns the number of a row, as a spreadsheet shows it, and its fields, which
	// are valid until the next call. It returns io.EOF at the end and a *RowError for a
	// row that cannot be read; any other error ends the table.
	next() (number int, fields []string, err error)
	format() Format
	// unreadable is how many rows held characters that the encoding does not have, and
	// the first of them.
	unreadable() (rows, first int)
}

// Table is an open table, its header read.
type Table struct {
	rows   rowReader
	header []string
	first  *pending // a row that was read to learn the width of a table without header
	meter  *meter
	size   int64
}

type pending struct {
	number int
	fields []string
}

// Open reads as far as the header. An XLSX is read in place when in is a file, and into
// memory, up to 256 MiB, when it is a pipe.
func Open(in io.Reader, o Options) (*Table, error) {
	t := &Table{meter: &meter{in: in}}
	if file, ok := in.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			t.size = info.Size()
		}
	}
	var err error
	if t.rows, err = t.open(o); err != nil {
		return nil, err
	}
	return t, t.readHeader(o.HeaderRow)
}

func (t *Table) open(o Options) (rowReader, error) {
	var start [8]byte
	n, err := io.ReadFull(t.meter, start[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if isZip(start[:n]) {
		return openXLSX(t.meter, start[:n], t.size, o)
	}
	if err := refuse(start[:n]); err != nil {
		return nil, err
	}
	return openCSV(io.MultiReader(bytes.NewReader(bytes.Clone(start[:n])), t.meter), o)
}

// foreign are the beginnings of files that people send instead of a table, and the remedy.
var foreign = []struct{ start, remedy string }{
	{"\xd0\xcf\x11\xe0", "is an old Excel file (.xls) or one with a password; save it as .xlsx without a password"},
	{"\x1f\x8b", "is gzip; write gunzip -c FILE | kubectl evenkeel score -f -"},
	{"$FL2", "is SPSS data (.sav); export it as CSV"},
	{"$FL3", "is compressed SPSS data (.zsav); export it as CSV"},
	{"<stata_d", "is Stata data (.dta); export it as CSV"},
	{"%PDF", "is a PDF; export the table as CSV or XLSX"},
	{"PAR1", "is Parquet; export it as CSV"},
	{"<html", "is a web page, whatever its name says; open it in a spreadsheet and save it as .xlsx"},
}

func refuse(start []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.start)) {
			return errors.New("the file " + f.remedy)
		}
	}
	return nil
}

func (t *Table) readHeader(row int) error {
	if row == 0 {
		row = 1
	}
	for {
		number, fields, err := t.rows.next()
		var unreadable *RowError
		switch {
		case errors.Is(err, io.EOF):
			return t.noHeader(row)
		case errors.As(err, &unreadable) && unreadable.Row < row:
			continue // above the header stands a title at best
		case err != nil:
			return fmt.Errorf("reading the header: %w", err)
		case row == NoHeader:
			t.header = make([]string, len(fields))
			for i := range fields {
				t.header[i] = strconv.Itoa(i + 1)
			}
			t.first = &pending{number, clone(fields)}
			return nil
		case number >= row:
			t.header = clone(fields)
			return nil
		}
	}
}

func (t *Table) noHeader(row int) error {
	if row > 1 {
		return fmt.Errorf("the file ends before row %d, which should be the header", row)
	}
	return errors.New("the file is empty")
}

func clone(fields []string) []string {
	out := make([]string, len(fields))
	for i, field := range fields {
		out[i] = strings.Clone(field)
	}
	return out
}

// Header is the names of the columns as they are written, in order.
func (t *Table) Header() []string { return t.header }

// Format is what the file turned out to be.
func (t *Table) Format() Format { return t.rows.format() }

// Next returns the number of the next row, as a spreadsheet shows it, and its fields,
// valid until the next call; there may be more or fewer than columns in the header.
// It returns io.EOF at the end. A *RowError is of one row: call Next again.
func (t *Table) Next() (number int, fields []string, err error) {
	if first := t.first; first != nil {
		t.first = nil
		return first.number, first.fields, nil
	}
	return t.rows.next()
}

// Unreadable is how many rows so far held characters that the encoding does not have
// (they read as U+FFFD), and the number of the first.
func (t *Table) Unreadable() (rows, first int) { return t.rows.unreadable() }

// Progress is how many bytes have been read, and how many there are; 0 when that is not known.
func (t *Table) Progress() (read, size int64) { return t.meter.read, t.size }

// meter counts what is read.
type meter struct {
	in   io.Reader
	read int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.read += int64(n)
	return n, err
}

// meterAt counts what is read of a file from anywhere in it.
type meterAt struct {
	in io.ReaderAt
	*meter
}

func (m *meterAt) ReadAt(p []byte, at int64) (int, error) {
	n, err := m.in.ReadAt(p, at)
	m.read += int64(n)
	return n, err
}
