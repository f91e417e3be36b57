package cohort

import (
	"fmt"
	"hash/fnv"
	"time"
)

// School is where students are.
type School struct {
	District string // name
	Name     string
	Stage    string
}

// Student is one made-up student with real answers.
type Student struct {
	Index     int
	Number    string // on the school roll
	Name      string
	School    School
	Grade     string
	Class     string
	Seat      string
	BirthDate string
	Answers   Answers
	Manner    Manner
}

// Label is how a student recognises the own sheet: class, seat and masked name.
func (s Student) Label() string { return s.Class + " " + s.Seat }

// Manner is how a student goes about it.
type Manner struct {
	Twice     bool // sends everything a second time, with the same save number
	Saves     int  // in how many saves the answers are sent
	DropsOff  bool // answers item 9 first, loses the connection, comes back with the code
	TakesPart bool
}

// classSize is how many students share a class.
const classSize = 45

var (
	surnames = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
	given    = []rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂文辉鑫宇欣梓轩怡")
)

// Make spreads the first n rows over the schools, one after the other.
func Make(rows []Row, schools []School, n int, today time.Time) []Student {
	if n <= 0 || n > len(rows) {
		n = len(rows)
	}
	students := make([]Student, 0, n)
	for i, row := range rows[:n] {
		school := schools[i%len(schools)]
		students = append(students, makeStudent(i, i/len(schools), row, school, today))
	}
	return students
}

// makeStudent gives row i, the seat-th student of its school, a name and a class.
func makeStudent(i, seat int, row Row, school School, today time.Time) Student {
	grade, age := 7, 13
	if school.Stage != "JuniorSecondary" {
		grade, age = 10, 16
	}
	class := seat / classSize
	grade, age = grade+class%3, age+class%3
	return Student{
		Index: i, Number: "S" + row.Seq, School: school, Name: makeName(row.Seq),
		Grade: fmt.Sprint(grade), Class: fmt.Sprintf("%d-%d", grade, class/3+1), Seat: fmt.Sprintf("%02d", seat%classSize+1),
		BirthDate: today.AddDate(-age, 0, -(i%300)-1).Format(time.DateOnly),
		Answers:   row.Answers, Manner: manner(i, row.Answers),
	}
}

func makeName(seq string) string {
	h := fnv.New32a()
	h.Write([]byte(seq))
	n := int(h.Sum32() >> 1)
	return string([]rune{surnames[n%len(surnames)], given[n/31%len(given)], given[n/997%len(given)]})
}

// manner is fixed by the student's place in the file, so that every run is the same.
// Neighbours, who are in different districts, have the same one.
func manner(i int, a Answers) Manner {
	pair := i / 2
	m := Manner{Twice: pair%10 == 0, Saves: 1, TakesPart: a.TakesPart()}
	if pair%4 == 1 {
		m.Saves = 3
	}
	m.DropsOff = a[Items-1] >= 1 && pair%3 == 0
	return m
}

// AnswersOf are the answers of some students.
func AnswersOf(students []Student) []Answers {
	all := make([]Answers, 0, len(students))
	for _, s := range students {
		all = append(all, s.Answers)
	}
	return all
}

// In are the students of a district.
func In(students []Student, district string) []Student {
	var in []Student
	for _, s := range students {
		if s.School.District == district {
			in = append(in, s)
		}
	}
	return in
}
