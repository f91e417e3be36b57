package roster

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/contract"
)

var today = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

const header = "number,name,school,grade,class,seat,birthDate,stage,guardianConsent,consentVersion\n"

const goodRow = "G110106201109300017,张小明,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,2026-1\n"

// readAll returns the valid rows and the faults as "row column".
func readAll(t *testing.T, text string) (students []Student, faults []string) {
	t.Helper()
	reader, err := NewReader(strings.NewReader(text), today)
	if err != nil {
		t.Fatalf("reading the header: %v", err)
	}
	for {
		student, bad, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return students, faults
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range bad {
			faults = append(faults, strings.TrimSpace(strings.Join([]string{string(rune('0' + f.Row)), f.Column}, " ")))
		}
		if student != nil {
			students = append(students, *student)
		}
	}
}

func TestReaderReadsAStudent(t *testing.T) {
	for name, text := range map[string]string{"plain": header + goodRow, "with a byte order mark": "\ufeff" + header + goodRow} {
		t.Run(name, func(t *testing.T) {
			got, faults := readAll(t, text)
			want := []Student{{
				Row: 2, Number: "G110106201109300017", Name: "张小明", School: "no-1", Grade: "7", SchoolYears: 7, Class: "3", Seat: "17",
				BirthDate: time.Date(2011, 9, 30, 0, 0, 0, 0, time.UTC), Stage: "JuniorSecondary", Consent: ConsentGiven, ConsentVersion: "2026-1",
			}}
			if diff := cmp.Diff(want, got); diff != "" || faults != nil {
				t.Errorf("(-want +got):\n%s faults %v", diff, faults)
			}
		})
	}
}

func TestReaderNamesRowAndColumn(t *testing.T) {
	tests := map[string]struct {
		row  string
		want []string
	}{
		"no number":               {",张三,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1", []string{"2 number"}},
		"formula in number":       {"=1+1,张三,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1", []string{"2 number"}},
		"no name":                 {"G1,,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1", []string{"2 name"}},
		"name not UTF-8":          {"G1,\xd5\xc5,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1", []string{"2 name"}},
		"birth date by slashes":   {"G1,张三,no-1,7,3,1,2011/1/1,JuniorSecondary,Given,1", []string{"2 birthDate"}},
		"born tomorrow":           {"G1,张三,no-1,7,3,1,2026-09-02,JuniorSecondary,Given,1", []string{"2 birthDate"}},
		"unknown stage":           {"G1,张三,no-1,7,3,1,2011-01-01,Kindergarten,Given,1", []string{"2 stage"}},
		"unknown consent":         {"G1,张三,no-1,7,3,1,2011-01-01,JuniorSecondary,perhaps,1", []string{"2 guardianConsent"}},
		"consent without version": {"G1,张三,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,", []string{"2 consentVersion"}},
		"too few fields":          {"G1,张三,no-1", []string{"2"}},
		"too many fields":         {"G1,张三,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1,extra", []string{"2"}},
		"two faults":              {"G1,张三,,7,3,1,never,JuniorSecondary,Given,1", []string{"2 school", "2 birthDate"}},
		"missing consent is fine": {"G1,张三,no-1,7,3,1,2011-01-01,JuniorSecondary,,", nil},
		"stray quote":             {"G1,张\"三,no-1,7,3,1,2011-01-01,JuniorSecondary,Given,1", []string{"2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, faults := readAll(t, header+tt.row+"\n"+strings.Replace(goodRow, "0017", "0018", 1))
			if diff := cmp.Diff(tt.want, faults); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(got) == 0 || got[len(got)-1].Number != "G110106201109300018" {
				t.Error("the good row after the bad one was not kept")
			}
		})
	}
}

func TestReaderFindsANumberTwice(t *testing.T) {
	got, faults := readAll(t, header+goodRow+goodRow)
	if len(got) != 1 || !cmp.Equal(faults, []string{"3 number"}) {
		t.Errorf("kept %d rows, faults %v", len(got), faults)
	}
}

func TestReaderRefusesAFileWithoutItsHeader(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no header": goodRow, "a column missing": strings.Replace(header, ",stage", "", 1),
		"a column twice": strings.Replace(header, "stage", "school", 1), "an unknown column": strings.Replace(header, "seat", "score", 1),
	} {
		t.Run(name, func(t *testing.T) {
			var fault *HeaderError
			if _, err := NewReader(strings.NewReader(text), today); !errors.As(err, &fault) || !strings.Contains(fault.Remedy, "consentVersion (sex,enrolment may be added)") {
				t.Errorf("got %v, want a HeaderError whose remedy lists every column", err)
			}
		})
	}
}

// FuzzReader: no file makes the reader panic or repeat a value of the file.
func FuzzReader(f *testing.F) {
	f.Add(header + goodRow)
	f.Add("\ufeff" + header + "\"\n,,,")
	f.Fuzz(func(t *testing.T, text string) {
		reader, err := NewReader(strings.NewReader(text), today)
		if err != nil {
			return
		}
		for range 1000 {
			student, faults, err := reader.Next()
			if err != nil {
				return
			}
			if (student == nil) == (len(faults) == 0) {
				t.Fatal("a row is either a student or has faults")
			}
		}
	})
}

func TestMaskName(t *testing.T) {
	for name, want := range map[string]string{"张小明": "张**", "李四": "李**", "欧阳娜娜": "欧**", "X": "**", "Alice Wang": "A**"} {
		if got := MaskName(name); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestReaderReadsTheSexIfTheRosterSaysIt(t *testing.T) {
	row := strings.TrimSuffix(goodRow, "\n")
	for word, want := range map[string]contract.Sex{
		"女": contract.Female, "男": contract.Male, " F ": contract.Female, "m": contract.Male, "Male": contract.Male, "": contract.SexUnknown,
	} {
		got, faults := readAll(t, strings.TrimSuffix(header, "\n")+",sex\n"+row+","+word+"\n")
		if len(got) != 1 || faults != nil || got[0].Sex != want {
			t.Errorf("%q: %v, faults %v, want %q", word, got, faults, want)
		}
	}
	if _, faults := readAll(t, strings.TrimSuffix(header, "\n")+",sex\n"+row+",1\n"); !cmp.Equal(faults, []string{"2 sex"}) {
		t.Errorf("faults of a number: %v", faults)
	}
}

func TestSchoolYears(t *testing.T) {
	tests := map[string]map[string]int{ // stage, grade
		"PrimaryUpper":    {"4": 4, "四年级": 4, "小学六年级": 6, "Grade 5": 5, "七年级": 0, "": 0, "实验班": 0},
		"JuniorSecondary": {"7": 7, "八年级": 8, "初二": 8, "初中三年级": 9, "九 年级": 9, "１": 7, "G8": 8, "6": 6, "初四": 0, "高一": 0, "2024级": 0, "4": 0},
		"SeniorSecondary": {"10": 10, "高三": 12, "高中二年级": 11, "十一年级": 11, "十": 10, "2": 11, "13": 0, "-1": 0, "0": 0},
		"Vocational":      {"中职一年级": 10, "3": 12, "职高二年级": 11},
		"Kindergarten":    {"1": 0},
	}
	for stage, grades := range tests {
		for grade, want := range grades {
			if got := SchoolYears(stage, grade); got != want {
				t.Errorf("%s in %s: %d, want %d", grade, stage, got, want)
			}
		}
	}
}
