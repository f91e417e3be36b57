package appraisal

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/plugin/table"
	"github.com/evenkeel/evenkeel/internal/tabular"
)

// Write prints the report for people.
func (r Report) Write(w io.Writer, coloured bool) {
	districts := table.Table{
		Title:   "Districts, school year " + r.SchoolYear,
		Head:    []string{"DISTRICT", "CODE", "SCREENED", "OF", "SCHOOLS", "OF", "OVERDUE", "ANNUAL", "ROUNDS", "ON-DAY", "LATER", "UNOPENED", "OBLIGATIONS", "NOT-MET", "IN-TIME", "LATE", "OVERDUE", "OPEN"},
		Numbers: []int{2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 17},
	}
	for _, d := range r.Districts {
		texts := append([]string{d.Name, d.Code}, d.Coverage.texts()...)
		texts = append(texts, d.Rounds.texts()...)
		districts.Row(table.Plain, append(append(texts, string(d.Obligations)), d.Findings.texts()...)...)
	}
	districts.Write(w, coloured)
	schools := table.Table{
		Title:   "Schools",
		Head:    []string{"DISTRICT", "SCHOOL", "AREA", "SCREENED", "OF", "ANNUAL", "NOT-MET", "IN-TIME", "LATE", "OVERDUE", "OPEN"},
		Numbers: []int{3, 4, 6, 7, 8, 9, 10},
	}
	for _, s := range r.Schools {
		texts := []string{s.District, s.Name, s.Area, text(s.Coverage.Screened), text(s.Coverage.Students), s.Coverage.Annual}
		schools.Row(table.Plain, append(texts, s.Findings.texts()...)...)
	}
	schools.Write(w, coloured)
	if len(r.Districts)+len(r.Schools) == 0 {
		fmt.Fprintln(w, "There is no district and no school.")
	}
}

// columns of the CSV.
var columns = []string{
	"level", "district", "code", "school", "name_zh", "name_en", "area",
	"coverage_year", "screened", "students", "schools_met", "schools", "schools_overdue", "annual",
	"rounds_due", "rounds_on_the_day", "rounds_later", "rounds_not_opened", "obligations",
	"findings_not_met", "rectified_in_time", "rectified_late", "findings_overdue", "findings_open",
}

// WriteCSV writes a line for each district and each school. What a spreadsheet would run as a formula has an apostrophe
// before it.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(columns) // kept for Error
	for _, d := range r.Districts {
		row := []string{"district", d.Name, d.Code, "", d.DisplayName.ZhCN, d.DisplayName.En, "", d.Coverage.SchoolYear}
		row = append(append(row, d.Coverage.texts()...), d.Rounds.texts()...)
		_ = out.Write(inert(append(append(row, string(d.Obligations)), d.Findings.texts()...)))
	}
	for _, s := range r.Schools {
		row := []string{"school", s.District, "", s.Name, s.DisplayName.ZhCN, s.DisplayName.En, s.Area, s.Coverage.SchoolYear}
		row = append(append(row, s.Coverage.texts()...), "", "", "", "", "")
		_ = out.Write(inert(append(row, s.Findings.texts()...)))
	}
	out.Flush()
	return out.Error()
}

func inert(row []string) []string {
	for i := range row {
		row[i] = tabular.Inert(row[i])
	}
	return row
}

func (c Coverage) texts() []string {
	return []string{text(c.Screened), text(c.Students), text(c.SchoolsMet), text(c.Schools), text(c.Overdue), c.Annual}
}

func (r Rounds) texts() []string { return numbers(r.Due, r.OnTheDay, r.Later, r.NotOpened) }

func (f Findings) texts() []string { return numbers(f.NotMet, f.InTime, f.Late, f.Overdue, f.Open) }

func numbers(all ...int) (out []string) {
	for _, n := range all {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// text is a figure, "" when there is none.
func text[T int32 | int64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}
