// Package inspection reads lists of schools to draw from, and prints draws and whether they are right. It is pure.
package inspection

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
)

// MostSchools is how many schools one Inspection lists (status.listed).
const MostSchools = 2000

// mostFaults bounds what is said about one list; who has more has another file in hand.
const mostFaults = 20

// resource is what kubectl get schools -o name writes before a name.
const resource = "school.screening.evenkeel.dev/"

// ParseList reads names of Schools, one a line; empty lines and lines that begin with # are passed over. The error says
// what is wrong in which lines of the file.
func ParseList(file, text string) ([]string, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s is not UTF-8 text; save it as UTF-8", file)
	}
	l := list{file: file, lines: map[string]int{}}
	for at, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			l.add(at+1, strings.TrimPrefix(name, resource))
		}
	}
	return l.names, l.err()
}

// list is what has been read of a file.
type list struct {
	file   string
	names  []string
	lines  map[string]int
	faults []error
}

func (l *list) add(line int, name string) {
	first, known := l.lines[name]
	switch {
	case known:
		l.fault(line, "%s is also in line %d; a school is drawn from the list once: keep one of them", name, first)
	case len(validation.IsDNS1123Subdomain(name)) > 0:
		l.fault(line, "%q is no name of a School; write it as kubectl get schools does, such as lotus-pond", shortened(name))
	default:
		l.lines[name] = line
		l.names = append(l.names, name)
	}
}

func (l *list) fault(line int, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("%s:%d: %s", l.file, line, fmt.Sprintf(format, args...)))
}

func (l *list) err() error {
	switch n := len(l.faults); {
	case n > mostFaults:
		l.faults = append(l.faults[:mostFaults], fmt.Errorf("%s: and %d more lines like these", l.file, n-mostFaults))
	case n == 0:
		return Check(l.file, l.names)
	}
	return errors.Join(l.faults...)
}

// Check says whether schools can be drawn from.
func Check(file string, names []string) error {
	switch {
	case len(names) == 0:
		return fmt.Errorf("%s names no School; write one name a line, or give manifests of Schools", file)
	case len(names) > MostSchools:
		return fmt.Errorf("%s names %d schools; an Inspection lists %d at most: draw from some of the areas", file, len(names), MostSchools)
	}
	return nil
}

const shownAtMost = 40

func shortened(text string) string {
	if runes := []rune(text); len(runes) > shownAtMost {
		return string(runes[:shownAtMost]) + "..."
	}
	return text
}
