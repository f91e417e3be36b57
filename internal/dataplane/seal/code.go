package seal

import (
	"crypto/rand"
	"errors"
	"strings"
)

// Code is an access code in normal form: ten random characters of Crockford's
// alphabet (50 bits) and a check character.
//
// The check character is ISO 7064's hybrid system with M = 32, so that it is of the
// same alphabet as the rest: it finds every single wrong character and nearly every
// pair of neighbours exchanged, without a question to the database.
type Code string

const (
	alphabet   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeDigits = 10
	codeLength = codeDigits + 1
)

// ErrCode is all ParseCode says; the text never repeats what was typed.
var ErrCode = errors.New("not an access code")

// NewCode makes a random code.
func NewCode() Code {
	raw := make([]byte, codeDigits)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	for i, b := range raw {
		raw[i] = alphabet[b&31]
	}
	return Code(append(raw, checkCharacter(raw)))
}

// ParseCode reads a code as people type it: any case, spaces and hyphens anywhere,
// O for 0, I and L for 1.
func ParseCode(typed string) (Code, error) {
	normal := make([]byte, 0, codeLength)
	for _, r := range typed {
		c, skip := normalise(r)
		if skip {
			continue
		}
		if c == 0 || len(normal) == codeLength {
			return "", ErrCode
		}
		normal = append(normal, c)
	}
	if len(normal) != codeLength || checkCharacter(normal[:codeDigits]) != normal[codeDigits] {
		return "", ErrCode
	}
	return Code(normal), nil
}

// normalise returns the character that was meant, or 0 when there is none. Keyboards
// set to Chinese type full-width letters, digits, spaces and dashes.
func normalise(r rune) (c byte, skip bool) {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	switch r {
	case ' ', '\t', '\u3000', '-', '–', '—':
		return 0, true
	case 'o', 'O':
		return '0', false
	case 'i', 'I', 'l', 'L':
		return '1', false
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	if r > 127 || !strings.ContainsRune(alphabet, r) {
		return 0, false
	}
	return byte(r), false
}

func checkCharacter(digits []byte) byte {
	const m = len(alphabet)
	p := m
	for _, d := range digits {
		p = (p + strings.IndexByte(alphabet, d)) % m
		if p == 0 {
			p = m
		}
		p = p * 2 % (m + 1)
	}
	return alphabet[(m+1-p)%m]
}

// Display writes the code as it is printed: 4F7KQ-2M9XT-B.
func (c Code) Display() string {
	if len(c) != codeLength {
		return string(c)
	}
	return string(c[:5] + "-" + c[5:codeDigits] + "-" + c[codeDigits:])
}
