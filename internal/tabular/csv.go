package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// csvReader reads records of comma-separated values (RFC 4180, with the liberties that
// programs take). It is not encoding/csv because that one takes memory without bound
// for a quote that is never closed, and loses every row after it.
type csvReader struct {
	in    *decoder
	comma byte
	buf   []byte // buf[start:end] is read and not used
	start int
	end   int
	eof   bool
	row   int // of the last record

	text   []byte // of the fields of the record being read, one after the other
	ends   []int  // in text, of each field
	breaks int    // of lines, within its quotes

	mayBreak int // how many of them a record may have
	fields   []string

	badRows, firstBad int
}

func openCSV(in io.Reader, o Options) (*csvReader, error) {
	decoded, err := newDecoder(in, o.Encoding)
	if err != nil {
		return nil, err
	}
	c := &csvReader{in: decoded, buf: make([]byte, 2*sniffWindow), mayBreak: mostBreaks}
	if err := c.fill(); err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	switch named := c.delimiterLine(); {
	case o.Delimiter != 0:
		if !strings.ContainsRune(delimiters, o.Delimiter) {
			return nil, fmt.Errorf("delimiter %q is not known; write a comma, a semicolon, a tab or a bar", o.Delimiter)
		}
		c.comma = byte(o.Delimiter)
	case named != 0:
		c.comma = named
	default:
		c.comma = c.guessDelimiter()
	}
	return c, nil
}

const delimiters = ",;\t|"

// delimiterLine takes the line "sep=;" that Excel writes and reads before the header.
func (c *csvReader) delimiterLine() byte {
	line, _, found := bytes.Cut(c.buf[c.start:c.end], []byte("\n"))
	text := strings.ToLower(strings.TrimRight(string(line[:min(len(line), 8)]), "\r"))
	if !found || len(text) != 5 || !strings.HasPrefix(text, "sep=") || !strings.Contains(delimiters, text[4:]) {
		return 0
	}
	c.start += len(line) + 1
	c.row++
	return text[4]
}

// guessDelimiter takes the delimiter that splits the first rows into the same number of
// fields most often, and of equals the one that gives the most fields.
func (c *csvReader) guessDelimiter() byte {
	const rows = 20
	best, bestScore := byte(','), 0.0
	for _, comma := range []byte(delimiters) {
		c.comma = comma
		width, same, seen := 0, 0, 0
		for at := c.start; seen < rows; {
			used, state := c.record(c.buf[at:c.end], c.eof)
			if state == incomplete || used == 0 {
				break
			}
			at += used
			if seen == 0 {
				width = len(c.ends)
			}
			if seen++; len(c.ends) == width {
				same++
			}
		}
		if width < 2 {
			continue
		}
		if score := float64(same)/float64(seen) + float64(width)/(2*MaxColumns); score > bestScore {
			best, bestScore = comma, score
		}
	}
	return best
}

// fill reads until the buffer is full, growing it first when nothing else gives room.
func (c *csvReader) fill() error {
	copy(c.buf, c.buf[c.start:c.end])
	c.start, c.end = 0, c.end-c.start
	if c.end == len(c.buf) {
		c.buf = append(c.buf, make([]byte, min(len(c.buf), maxRecordBytes))...)
	}
	n, err := io.ReadFull(c.in, c.buf[c.end:])
	c.end += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		c.eof, err = true, nil
	}
	return err
}

func (c *csvReader) next() (int, []string, error) {
	for {
		if c.start == c.end && c.eof {
			return 0, nil, io.EOF
		}
		used, state := c.record(c.buf[c.start:c.end], c.eof)
		if state == incomplete && c.end-c.start < maxRecordBytes && !c.eof {
			if err := c.fill(); err != nil {
				return 0, nil, fmt.Errorf("reading after row %d: %w", c.row, err)
			}
			continue
		}
		c.row++
		if state != complete {
			return 0, nil, c.skip(state)
		}
		c.start += used
		if len(c.ends) == 1 && c.ends[0] == 0 {
			continue // an empty line is no row, but it is counted as spreadsheets do
		}
		return c.row, c.split(), nil
	}
}

// skip gives up the row that begins here and goes on behind its first line: a quote
// that is never closed costs one row, not all that follow.
func (c *csvReader) skip(state recordState) error {
	problem, row := problems[state], c.row
	if state == unclosed {
		c.mayBreak = max(c.mayBreak/2, fewestBreaks)
	}
	for {
		if i := bytes.IndexAny(c.buf[c.start:c.end], "\r\n"); i >= 0 {
			c.start += i
			c.skipLineEnd()
			return &RowError{row, problem}
		}
		c.start = c.end
		if c.eof {
			return &RowError{row, problem}
		}
		if err := c.fill(); err != nil {
			return fmt.Errorf("reading row %d: %w", row, err)
		}
	}
}

var problems = map[recordState]string{
	malformed:  "has text behind a closing quote; write a quote inside a quoted field twice",
	unclosed:   "has a quote that is not closed; close it, or write a quote inside a quoted field twice",
	incomplete: fmt.Sprintf("has a quote that is not closed, or more than %d MiB; close the quote", maxRecordBytes>>20),
	tooWide:    fmt.Sprintf("has more than %d fields; split the table", MaxColumns),
}

func (c *csvReader) skipLineEnd() {
	if c.buf[c.start] == '\r' && c.start+1 < c.end && c.buf[c.start+1] == '\n' {
		c.start++
	}
	c.start++
}

// split makes strings of the fields that record has found: one allocation for a row.
func (c *csvReader) split() []string {
	text := string(c.text)
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		if c.badRows++; c.badRows == 1 {
			c.firstBad = c.row
		}
	}
	c.fields = c.fields[:0]
	from := 0
	for _, to := range c.ends {
		c.fields = append(c.fields, valid(text[from:to]))
		from = to
	}
	return c.fields
}

func valid(field string) string {
	if utf8.ValidString(field) {
		return field
	}
	return strings.ToValidUTF8(field, string(utf8.RuneError))
}

func (c *csvReader) format() Format {
	return Format{Kind: csvKind, Encoding: c.in.encoding(), Delimiter: rune(c.comma)}
}

func (c *csvReader) unreadable() (int, int) { return c.badRows, c.firstBad }
