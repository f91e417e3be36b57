package roster

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// Issued is one access code. It is in the clear here and on paper, and nowhere else.
type Issued struct {
	Number string
	School string
	Label  string
	Code   string
}

type holder struct {
	ID           uuid.UUID
	School       string
	Label        string
	SealedNumber []byte
	Wrapped      []byte
}

// IssueCodes makes a new code for every student of a round's cohort, or of one of
// its schools. The codes are returned only after they are stored; whoever had an
// unused one cannot use it any more.
func (s *Service) IssueCodes(ctx context.Context, who Actor, round, school string) ([]Issued, error) {
	var issued []Issued
	err := store.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		holders, err := store.Collect[holder](ctx, tx, "SELECT * FROM ek_casework.code_holders($1, $2, $3, $4)", who.Subject, who.Groups, round, school)
		if err != nil {
			return err
		}
		students, hmacs := make([]uuid.UUID, 0, len(holders)), make([][]byte, 0, len(holders))
		issued = make([]Issued, 0, len(holders))
		for _, h := range holders {
			code := seal.NewCode()
			number, err := s.number(h)
			if err != nil {
				return err
			}
			students, hmacs = append(students, h.ID), append(hmacs, s.Keys.CodeHMAC(code))
			issued = append(issued, Issued{Number: number, School: h.School, Label: h.Label, Code: code.Display()})
		}
		_, err = tx.Exec(ctx, "SELECT ek_casework.store_codes($1, $2, $3, $4)", who.Groups, round, students, hmacs)
		return err
	})
	return issued, err
}

func (s *Service) number(h holder) (string, error) {
	opener, err := s.Keys.Opener(h.ID, h.Wrapped)
	if err != nil {
		return "", fmt.Errorf("opening a student's key: %w", err)
	}
	number, err := opener.Open(seal.Roster, NumberContext(h.ID), h.SealedNumber)
	if err != nil {
		return "", fmt.Errorf("opening a school-roll number: %w", err)
	}
	return string(number), nil
}

// WriteCodes writes codes as CSV, with the mark that makes spreadsheets read it as UTF-8.
func WriteCodes(w io.Writer, codes []Issued) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"number", "school", "label", "code"}) // Error tells
	for _, c := range codes {
		_ = out.Write([]string{c.Number, c.School, c.Label, c.Code})
	}
	out.Flush()
	return out.Error()
}
