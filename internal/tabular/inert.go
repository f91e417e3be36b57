package tabular

import (
	"strings"
	"unicode/utf8"
)

// Inert is a text as it is written into a table: what a spreadsheet would run as a formula has an apostrophe before
// it, which spreadsheets take for the sign of a text. Some take full-width signs for narrow ones.
func Inert(text string) string {
	first, _ := utf8.DecodeRuneInString(text)
	if text == "" || !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return text
	}
	return "'" + text
}
