package roster

import (
	"strconv"
	"strings"
)

// schoolParts are the ways a grade names the part of school it counts from, and the
// years before it. The longer names come first.
var schoolParts = []struct {
	prefix       string
	before, most int
}{
	{"小学", 0, 6}, {"初中", 6, 3}, {"高中", 9, 3}, {"中职", 9, 3}, {"职高", 9, 3}, {"初", 6, 3}, {"高", 9, 3},
}

// stageYears are the years of schooling before each stage and in it. Where primary school
// has five years, the sixth is in junior secondary.
var stageYears = map[string]struct{ before, first, last int }{
	"PrimaryUpper": {0, 1, 6}, "JuniorSecondary": {6, 6, 9}, "SeniorSecondary": {9, 10, 12}, "Vocational": {9, 10, 12},
}

// SchoolYears returns the years of schooling that a grade stands for, 1 being the first
// year of primary: 八年级, 初二, 初中二年级, 8, Grade 8 are all 8. Norm tables are by
// these. A number below the years of the stage counts from the stage's beginning: 2 in
// senior secondary is 11. What cannot be told is 0: no reason to refuse a student.
func SchoolYears(stage, grade string) int {
	years, known := stageYears[stage]
	if !known {
		return 0
	}
	rest := strings.ToLower(strings.Join(strings.Fields(grade), ""))
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, "级"), "年")
	for _, part := range schoolParts {
		if after, ok := strings.CutPrefix(rest, part.prefix); ok {
			if n := gradeNumber(after); 1 <= n && n <= part.most {
				return inStage(part.before+n, years.first, years.last)
			}
			return 0
		}
	}
	n := gradeNumber(strings.TrimPrefix(strings.TrimPrefix(rest, "grade"), "g"))
	if n <= 3 && n > 0 {
		n += years.before
	}
	return inStage(n, years.first, years.last)
}

func inStage(n, first, last int) int {
	if n < first || n > last {
		return 0
	}
	return n
}

const chineseDigits = "一二三四五六七八九"

// gradeNumber reads 1 to 12 in Arabic, full-width or Chinese digits; 0 for anything else.
func gradeNumber(s string) int {
	s = strings.Map(func(r rune) rune {
		if '０' <= r && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, s)
	if n, err := strconv.Atoi(s); err == nil && 1 <= n && n <= 12 {
		return n
	}
	tens := 0
	if after, ok := strings.CutPrefix(s, "十"); ok {
		if tens = 10; after == "" {
			return tens
		}
		s = after
	}
	at := strings.Index(chineseDigits, s)
	if at < 0 || len(s) != len("一") {
		return 0
	}
	return inStage(tens+at/len("一")+1, 1, 12)
}
