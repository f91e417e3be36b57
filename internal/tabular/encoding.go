package tabular

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
	gbName      = "gb18030"
	latinName   = "windows-1252"
)

var encodings = map[string]encoding.Encoding{
	utf8Name:    encoding.Nop, // rows are checked where they are read
	utf16leName: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	utf16beName: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	gbName:      simplifiedchinese.GB18030, // has GBK and GB2312 in it
	"big5":      traditionalchinese.Big5,
	latinName:   charmap.Windows1252,
}

// Encodings are the names that Options.Encoding takes.
func Encodings() []string { return slices.Sorted(maps.Keys(encodings)) }

// sniffWindow is how much is looked at to tell encodings and delimiters apart.
const sniffWindow = 64 << 10

// decoder turns a file into UTF-8. As long as it has seen ASCII only, it does not
// matter which encoding it is; what tells is the first byte that is not.
type decoder struct {
	raw     *bufio.Reader
	decoded io.Reader // nil: not decided yet
	name    string
}

func newDecoder(in io.Reader, name string) (*decoder, error) {
	d := &decoder{raw: bufio.NewReaderSize(in, sniffWindow)}
	marked := d.skipMark()
	switch name = strings.ToLower(name); {
	case name == "" && marked != "":
		d.decide(marked)
	case name == "":
		d.guessUTF16()
	default:
		if _, known := encodings[name]; !known {
			return nil, fmt.Errorf("encoding %q is not known; write one of %s", name, strings.Join(Encodings(), ", "))
		}
		d.decide(name)
	}
	return d, nil
}

// skipMark skips a byte order mark and returns the encoding that it stands for.
func (d *decoder) skipMark() string {
	start, _ := d.raw.Peek(3) // a file may be shorter
	for _, mark := range []struct{ bytes, name string }{
		{"\xef\xbb\xbf", utf8Name}, {"\xff\xfe", utf16leName}, {"\xfe\xff", utf16beName},
	} {
		if strings.HasPrefix(string(start), mark.bytes) {
			_, _ = d.raw.Discard(len(mark.bytes)) // they have been peeked at
			return mark.name
		}
	}
	return ""
}

// guessUTF16 knows UTF-16 without a mark by every other byte being zero.
func (d *decoder) guessUTF16() {
	window, _ := d.raw.Peek(1024)
	var zeros [2]int
	for i, b := range window {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch pairs := len(window) / 2; {
	case pairs < 2:
	case zeros[1] > pairs*2/5 && zeros[0] < pairs/10:
		d.decide(utf16leName)
	case zeros[0] > pairs*2/5 && zeros[1] < pairs/10:
		d.decide(utf16beName)
	}
}

func (d *decoder) decide(name string) {
	d.name = name
	if name == utf8Name {
		d.decoded = d.raw
		return
	}
	d.decoded = transform.NewReader(d.raw, encodings[name].NewDecoder())
}

// encoding is the name of what has been found out so far.
func (d *decoder) encoding() string {
	if d.name == "" {
		return utf8Name // ASCII only
	}
	return d.name
}

// Read yields UTF-8, except that a file in UTF-8 is passed on as it is.
func (d *decoder) Read(p []byte) (int, error) {
	if d.decoded != nil {
		return d.decoded.Read(p)
	}
	if _, err := d.raw.Peek(1); err != nil {
		return 0, err
	}
	window, _ := d.raw.Peek(min(len(p), d.raw.Buffered()))
	if ascii := leadingASCII(window); ascii > 0 {
		return d.raw.Read(p[:ascii])
	}
	window, err := d.raw.Peek(sniffWindow)
	d.decide(guess(window, errors.Is(err, io.EOF)))
	return d.decoded.Read(p)
}

func leadingASCII(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// guess tells UTF-8, GB18030 and windows-1252 apart. UTF-8 is hardly ever valid by
// accident. Of the other two, Chinese text has its bytes above 0x7F in pairs, and
// western text has them alone, between letters.
func guess(window []byte, whole bool) string {
	if !whole { // the last character may be cut
		for cut := 1; cut < utf8.UTFMax && cut <= len(window); cut++ {
			if utf8.Valid(window[:len(window)-cut]) {
				return utf8Name
			}
		}
	}
	if utf8.Valid(window) {
		return utf8Name
	}
	paired, alone := 0, 0
	for i := 0; i < len(window); i++ {
		switch {
		case window[i] < utf8.RuneSelf:
		case i+1 < len(window) && window[i+1] >= utf8.RuneSelf:
			paired++
			i++
		default:
			alone++
		}
	}
	if alone > paired {
		return latinName
	}
	return gbName
}
