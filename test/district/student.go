package district

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// Student is a student on the roster with an access code.
type Student struct {
	ID   uuid.UUID
	Code seal.Code
}

// AddStudents puts students of sixteen, with consent, on the roster.
func (d *District) AddStudents(ctx context.Context, n int) ([]Student, error) {
	students := make([]Student, n)
	keys := d.Keys()
	var rows, wrapped, codes [][]any
	for i := range students {
		s := Student{ID: uuid.New(), Code: seal.NewCode()}
		key, err := keys.NewStudentKey(s.ID)
		if err != nil {
			return nil, err
		}
		students[i] = s
		rows = append(rows, []any{s.ID, School, "SeniorSecondary", "Senior 1", "Class 3", fmt.Sprint(i), fmt.Sprintf("高一3班 %d号 李*", i),
			keys.LookupHMAC(s.ID.String()), []byte{}, key.Public, time.Now().AddDate(-16, 0, -1), "Given"})
		wrapped = append(wrapped, []any{s.ID, key.Wrapped})
		codes = append(codes, []any{keys.CodeHMAC(s.Code), s.ID, Round})
	}
	copies := []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"student", []string{"id", "school", "stage", "grade", "class_label", "seat", "label", "lookup", "sealed_name", "public_key", "born", "guardian_consent"}, rows},
		{"student_key", []string{"student_id", "wrapped"}, wrapped},
		{"code", []string{"hmac", "student_id", "round"}, codes},
	}
	return students, postgres.InTx(ctx, d.Owner, func(tx pgx.Tx) error {
		for _, c := range copies {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{"ek", c.table}, c.columns, pgx.CopyFromRows(c.rows)); err != nil {
				return err
			}
		}
		return nil
	})
}
