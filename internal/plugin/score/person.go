package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/core/instrument"
)

// person is where norms and quality rules find what they need to know of a student.
type person struct {
	sex, age, grade, seconds int // columns; absent
	sexes                    map[string]contract.Sex
}

func newPerson(h *header, m Mapping) (person, error) {
	p := person{sexes: map[string]contract.Sex{
		"": contract.SexUnknown, "female": contract.Female, "f": contract.Female, "女": contract.Female, "girl": contract.Female,
		"male": contract.Male, "m": contract.Male, "男": contract.Male, "boy": contract.Male,
	}}
	for text, name := range m.Sexes {
		sex := contract.Sex(name)
		if !slices.Contains([]contract.Sex{contract.Female, contract.Male, contract.SexUnknown}, sex) {
			return p, fmt.Errorf("sexes %q: %q is not known; write Female, Male or nothing", text, name)
		}
		p.sexes[key(text)] = sex
	}
	for _, field := range []struct {
		name, column string
		to           *int
	}{{"sex", m.Sex, &p.sex}, {"age", m.Age, &p.age}, {"grade", m.Grade, &p.grade}, {"seconds", m.Seconds, &p.seconds}} {
		*field.to = absent
		if field.column == "" {
			continue
		}
		var err error
		if *field.to, err = h.find(field.column); err != nil {
			return p, fmt.Errorf("%s: %w", field.name, err)
		}
	}
	return p, nil
}

func (p person) columns() []int { return []int{p.sex, p.age, p.grade, p.seconds} }

// about is what one row says of the student.
type about struct {
	instrument.Person
	seconds float64
}

// read reads one row. Each cell that cannot be read goes to fault, and counts as not known.
func (p person) read(fields []string, fault func(column int, problem string)) (a about) {
	if p.sex != absent {
		sex, known := p.sexes[key(at(fields, p.sex))]
		if a.Sex = sex; !known {
			fault(p.sex, notSex)
		}
	}
	a.Age = int(p.figure(fields, p.age, 130, "is no age in years", fault))
	a.Grade = int(p.figure(fields, p.grade, 30, "is no number of years of schooling", fault))
	a.seconds = p.figure(fields, p.seconds, math.MaxInt32, "is no number of seconds", fault)
	return a
}

func (p person) figure(fields []string, column int, most float64, problem string, fault func(int, string)) float64 {
	if column == absent {
		return 0
	}
	text := plain(at(fields, column))
	value, ok := number(withoutUnit(text))
	switch {
	case text == "" || slices.Contains(blanks, text):
		return 0
	case !ok || value < 0 || value > most:
		fault(column, problem)
		return 0
	}
	return value
}

// withoutUnit takes off what survey services put behind a duration or an age.
func withoutUnit(text string) string {
	for _, unit := range []string{"秒", "seconds", "sec", "s", "岁"} {
		if bare, found := strings.CutSuffix(text, unit); found {
			return strings.TrimSpace(bare)
		}
	}
	return text
}

// looksAt tells whether scoring the instrument needs what stands in the column: norms
// who the student is, a quality rule how long answering took.
func (p person) looksAt(in *contract.Instrument, column int) bool {
	if column == p.seconds {
		return slices.ContainsFunc(in.Quality, func(rule contract.QualityRule) bool { return rule.Check == contract.SecondsPerItem })
	}
	return slices.ContainsFunc(in.Scales, func(scale contract.Scale) bool { return len(scale.Norms) > 0 })
}

// at is a field of a row; one beyond its end is empty.
func at(fields []string, column int) string {
	if column >= len(fields) {
		return ""
	}
	return strings.TrimSpace(fields[column])
}
