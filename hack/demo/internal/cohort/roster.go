package cohort

import (
	"encoding/csv"
	"io"
)

// rosterHeader is the one of docs/spec/processes.md.
var rosterHeader = []string{"number", "name", "school", "grade", "class", "seat", "birthDate", "stage", "guardianConsent", "consentVersion"}

// WriteRoster writes students as the CSV that casework imports.
func WriteRoster(w io.Writer, students []Student) error {
	file := csv.NewWriter(w)
	_ = file.Write(rosterHeader) // Error below tells of any fault
	for _, s := range students {
		_ = file.Write([]string{s.Number, s.Name, s.School.Name, s.Grade, s.Class, s.Seat, s.BirthDate, s.School.Stage, "Given", "2026-09"})
	}
	file.Flush()
	return file.Error()
}
