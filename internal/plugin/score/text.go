package score

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/internal/tabular"
)

// plain is a text as it is compared: full-width characters as their narrow ones, no
// case, single spaces, none around.
func plain(text string) string {
	if isPlain(text) {
		return text
	}
	narrow := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case unicode.IsSpace(r):
			return ' '
		case r == '\ufeff', r == '\u200b', !unicode.IsPrint(r):
			return -1
		case r == '’', r == '‘':
			return '\''
		}
		return unicode.ToLower(r)
	}, text)
	return strings.Join(strings.Fields(narrow), " ")
}

func isPlain(text string) bool {
	for i := range len(text) {
		if b := text[i]; b <= ' ' || b > '~' || b >= 'A' && b <= 'Z' {
			return false
		}
	}
	return true
}

// letters is a plain text without anything but letters and digits.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, plain(text))
}

var (
	lettered = regexp.MustCompile(`^\(?[a-z] ?[.、:)]`)
	points   = regexp.MustCompile(`([0-9]) ?分[^\pL]*$`)
)

// unnumbered is a plain text without a number or letter before it or a number behind
// it: "2. several days", "b. several days", "好几天(1)", "好几天(1分)". It returns ""
// when nothing but a number is left, or there was none.
func unnumbered(text string) string {
	around := func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune(" .、:;,=()[]【】-–—", r) }
	stripped := lettered.ReplaceAllString(points.ReplaceAllString(text, "$1"), "")
	stripped = strings.TrimFunc(stripped, around)
	if len(stripped) == len(text) {
		return ""
	}
	return stripped
}

// unquoted is a text without the quotes that stay where programs quote in their own
// way: '2', ="2", a quote behind a space.
func unquoted(text string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimPrefix(text, "="), `"'`))
}

// number reads a plain text as a number. A comma is taken for a decimal point: numbers
// of answers and totals have no thousands.
func number(text string) (float64, bool) {
	if text == "" || !strings.ContainsRune("+-.0123456789", rune(text[0])) {
		return 0, false
	}
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	if strings.ContainsAny(text, "xXpP_") {
		return 0, false // Go's own ways of writing numbers
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0, false
	}
	return value, true
}

// key is what cells and the texts given for them are looked up by: 7, 7.0 and ７ are one.
func key(text string) string {
	text = plain(text)
	if value, ok := number(text); ok && value == math.Trunc(value) && math.Abs(value) < 1e9 {
		return strconv.FormatInt(int64(value), 10)
	}
	return text
}

// inert is a text of the table as it is written into another. Numbers with a sign stay as they are.
func inert(text string) string {
	guarded := tabular.Inert(text)
	if guarded == text {
		return text
	}
	if _, numeric := number(plain(text)); numeric {
		return text
	}
	return guarded
}
