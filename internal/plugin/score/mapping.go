package score

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// Mapping says what the columns of a table are. What it leaves open is found out from
// the header. A column is named as in the header, or by its number as #3.
type Mapping struct {
	Items   map[string]Items  `json:"instruments,omitempty"` // by the instrument's code
	ID      []string          `json:"id,omitempty"`          // columns that tell rows apart; a row whose id came before is a duplicate
	Keep    []string          `json:"keep,omitempty"`        // columns that are passed on
	Sex     string            `json:"sex,omitempty"`         // columns that norms and quality rules look at
	Age     string            `json:"age,omitempty"`
	Grade   string            `json:"grade,omitempty"`
	Seconds string            `json:"seconds,omitempty"`
	Sexes   map[string]string `json:"sexes,omitempty"` // what stands in the column Sex: Female or Male
}

// Items says where the items of one instrument are and how their cells are written.
type Items struct {
	Map     map[string]string `json:"map,omitempty"`     // q1: D1, or q1..q9: D1..D9
	Columns string            `json:"columns,omitempty"` // numbers, such as 3-11 or 2,5,7-13: the items in their order
	Absent  []string          `json:"absent,omitempty"`  // items that the table does not have
	Offset  *int              `json:"offset,omitempty"`  // added to numbers: -1 where 1 stands for 0; 0 says that somebody has looked
	Values  map[string]int    `json:"values,omitempty"`  // what stands for which answer
	Missing map[string]string `json:"missing,omitempty"` // what stands for no answer: Blank, Refused or DontKnow
	Recoded []string          `json:"recoded,omitempty"` // items whose numbers the table holds already reversed
}

// maxMapping bounds a mapping file.
const maxMapping = 1 << 20

// ReadMapping reads a mapping file.
func ReadMapping(path string) (Mapping, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Mapping{}, fmt.Errorf("reading the mapping: %w", err)
	}
	if info.Size() > maxMapping {
		return Mapping{}, fmt.Errorf("the mapping %s has more than 1 MiB; is it one?", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Mapping{}, fmt.Errorf("reading the mapping: %w", err)
	}
	m, err := ParseMapping(content)
	if err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// ParseMapping reads a mapping from YAML or JSON. A field that there is not is an error.
func ParseMapping(content []byte) (Mapping, error) {
	var m Mapping
	if err := yaml.UnmarshalStrict(content, &m); err != nil {
		return Mapping{}, errors.New(strings.TrimPrefix(err.Error(), "error "))
	}
	return m, nil
}

// of returns the items of an instrument, to be changed in place.
func (m *Mapping) of(code string) *Items {
	if m.Items == nil {
		m.Items = map[string]Items{}
	}
	items := m.Items[code]
	return &items
}

// change changes the items of the instrument that the text begins with, as in
// "phq-9:q1=D1", or of all of them. Several instruments have items of the same codes,
// so what tells columns apart needs the instrument when there are several.
func (m *Mapping) change(text string, instruments []Instrument, everyone bool, change func(items *Items, rest string) error) error {
	chosen := instruments
	for i, in := range instruments {
		if rest, found := strings.CutPrefix(text, in.Code()+":"); found {
			chosen, text, everyone = instruments[i:i+1], rest, true
			break
		}
	}
	if len(chosen) > 1 && !everyone {
		return fmt.Errorf("%q may mean any of %d instruments; write %s:%s", text, len(chosen), instruments[0].Code(), text)
	}
	for _, in := range chosen {
		items := m.of(in.Code())
		if err := change(items, text); err != nil {
			return err
		}
		m.Items[in.Code()] = *items
	}
	return nil
}

// offset is what is added to numbers.
func (i Items) offset() int {
	if i.Offset == nil {
		return 0
	}
	return *i.Offset
}

func set[V any](to *map[string]V, key string, value V) {
	if *to == nil {
		*to = map[string]V{}
	}
	(*to)[key] = value
}

// addMap takes "q1=D1" or "q1..q9=D1..D9".
func addMap(items *Items, text string) error {
	item, column, found := strings.Cut(text, "=")
	if !found || item == "" || column == "" {
		return fmt.Errorf("--map %q is no pair; write ITEM=COLUMN, such as q1=D1 or q1..q9=D1..D9, with quotes around all of it where a name holds a comma", text)
	}
	set(&items.Map, strings.TrimSpace(item), column)
	return nil
}

// addColumns takes "3-11" or "2,5,7-13".
func addColumns(items *Items, text string) error {
	items.Columns = text
	return nil
}

// addOffset takes "-1".
func addOffset(items *Items, text string) error {
	offset, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("--offset %q is not a whole number; write -1 when the table counts from 1 and the instrument from 0", text)
	}
	items.Offset = &offset
	return nil
}

// addValue takes "Not at all=0".
func addValue(items *Items, text string) error {
	at := strings.LastIndex(text, "=")
	if at < 0 {
		return fmt.Errorf("--values %q is no pair; write TEXT=NUMBER, such as 'Not at all=0'", text)
	}
	value, err := strconv.Atoi(strings.TrimSpace(text[at+1:]))
	if err != nil {
		return fmt.Errorf("--values %q does not end in a whole number; write TEXT=NUMBER, such as 'Not at all=0'", text)
	}
	set(&items.Values, text[:at], value)
	return nil
}

// addMissing takes "7=Refused", or a text alone, which then stands for Blank.
func addMissing(items *Items, text string) error {
	key, kind := text, instrument.Blank.String()
	if at := strings.LastIndex(text, "="); at >= 0 {
		key, kind = text[:at], text[at+1:]
	}
	set(&items.Missing, key, kind)
	return nil
}

var missingKinds = map[string]instrument.Missing{
	"blank": instrument.Blank, "refused": instrument.Refused, "dontknow": instrument.DontKnow,
}

func missingKind(name string) (instrument.Missing, error) {
	kind, known := missingKinds[strings.ToLower(name)]
	if !known {
		return 0, fmt.Errorf("missing %q is not known; write Blank, Refused or DontKnow", name)
	}
	return kind, nil
}
