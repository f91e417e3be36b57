package tabular

import "bytes"

// recordState is how reading one record ended.
type recordState uint8

const (
	complete   recordState = iota
	incomplete             // data ends before the record does
	malformed              // text behind a closing quote
	unclosed               // a quote that goes on for more lines than it may
	tooWide                // more than MaxColumns fields
)

// A record may have so many line breaks within quotes: at first the most, and half of
// what it was after each quote that turned out to be open. Giving a record up and going
// on behind its first line must not make reading quadratic, whatever a file has for
// quotes: each line is looked at fewest times at most, but for the first few.
const (
	mostBreaks   = 400
	fewestBreaks = 16
)

// record reads the record at the start of data into text and ends, and returns how many
// bytes it takes, with the end of its line. last tells that nothing follows data.
func (c *csvReader) record(data []byte, last bool) (used int, state recordState) {
	c.text, c.ends, c.breaks = c.text[:0], c.ends[:0], 0
	for at := 0; ; {
		if len(c.ends) == MaxColumns {
			return 0, tooWide
		}
		var ok bool
		if at < len(data) && data[at] == '"' {
			at, state = c.quoted(data, at+1, last)
			if state != complete {
				return 0, state
			}
		} else if at, ok = c.unquoted(data, at); !ok && !last {
			return 0, incomplete
		}
		c.ends = append(c.ends, len(c.text))
		if at == len(data) {
			return at, complete
		}
		if data[at] == c.comma {
			at++
			continue
		}
		return lineEnd(data, at, last)
	}
}

// lineEnd is behind \n, \r\n or \r at data[at].
func lineEnd(data []byte, at int, last bool) (int, recordState) {
	switch {
	case data[at] == '\n':
		return at + 1, complete
	case at+1 < len(data) && data[at+1] == '\n':
		return at + 2, complete
	case at+1 == len(data) && !last:
		return 0, incomplete // \n may follow
	}
	return at + 1, complete
}

// unquoted takes a field up to the delimiter or the end of the line; a quote within is
// a character like others. It returns false when data ends first.
func (c *csvReader) unquoted(data []byte, at int) (int, bool) {
	for i := at; i < len(data); i++ {
		if b := data[i]; b == c.comma || b == '\n' || b == '\r' {
			c.text = append(c.text, data[at:i]...)
			return i, true
		}
	}
	c.text = append(c.text, data[at:]...)
	return len(data), false
}

// quoted takes a field from behind its opening quote, and blanks behind its closing one.
func (c *csvReader) quoted(data []byte, at int, last bool) (int, recordState) {
	for {
		i := bytes.IndexByte(data[at:], '"')
		if i < 0 {
			return 0, c.count(data[at:], incomplete)
		}
		if c.count(data[at:at+i], complete) == unclosed {
			return 0, unclosed
		}
		c.text = append(c.text, data[at:at+i]...)
		if at += i + 1; at < len(data) && data[at] == '"' {
			c.text = append(c.text, '"')
			at++
			continue
		}
		break
	}
	for at < len(data) && data[at] == ' ' {
		at++
	}
	switch {
	case at == len(data) && !last:
		return 0, incomplete
	case at == len(data), data[at] == c.comma, data[at] == '\n', data[at] == '\r':
		return at, complete
	}
	return 0, malformed
}

// count adds the line breaks in text and returns unclosed when there are too many,
// otherwise state.
func (c *csvReader) count(text []byte, state recordState) recordState {
	if c.breaks += bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")); c.breaks > c.mayBreak {
		return unclosed
	}
	return state
}
