package roster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// batchSize is how many students one transaction stores: enough to be quick, little
// enough not to hold the audit chain back.
const batchSize = 500

// Actor is who imports, with what the identity provider says of the groups.
type Actor struct {
	Subject string
	Groups  []string
}

// Service imports rosters, issues codes and replaces the duty list.
type Service struct {
	Pool *pgxpool.Pool
	Keys *seal.Keys
}

// Summary is the answer to an import.
type Summary struct {
	Rows           int     `json:"rows"`
	Imported       int     `json:"imported"`
	Updated        int     `json:"updated"`
	Rejected       int     `json:"rejected"`
	WithoutConsent int     `json:"withoutConsent"` // imported; they cannot open a form
	Left           int     `json:"left"`           // not on the roster any more, as the file says
	Faults         []Fault `json:"faults"`         // of rejected rows; the first thousand
	FaultsOmitted  int     `json:"faultsOmitted"`
}

func (s *Summary) reject(faults []Fault) {
	s.Rejected++
	room := max(0, maxFaults-len(s.Faults))
	s.FaultsOmitted += max(0, len(faults)-room)
	s.Faults = append(s.Faults, faults[:min(room, len(faults))]...)
}

// Import reads a roster and stores its valid rows, in batches: what was stored stays
// when a later row turns out to be unreadable, and importing again changes nothing.
func (s *Service) Import(ctx context.Context, who Actor, file io.Reader, now time.Time) (Summary, error) {
	summary := Summary{Faults: []Fault{}}
	schools, err := s.schools(ctx, who)
	if err != nil {
		return summary, err
	}
	reader, err := NewReader(file, now)
	if err != nil {
		return summary, err
	}
	batch := make([]Student, 0, batchSize)
	for {
		student, faults, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return summary, s.store(ctx, who, batch, &summary)
		}
		if err != nil {
			return summary, err
		}
		summary.Rows++
		if faults = append(faults, checkSchool(student, schools)...); len(faults) > 0 {
			summary.reject(faults)
			continue
		}
		if batch = append(batch, *student); len(batch) == batchSize {
			if err := s.store(ctx, who, batch, &summary); err != nil {
				return summary, err
			}
			batch = batch[:0]
		}
	}
}

func (s *Service) schools(ctx context.Context, who Actor) (map[string][]string, error) {
	rows, err := store.Rows[struct {
		Name   string
		Stages []string
	}](ctx, s.Pool, "SELECT name, stages FROM ek_casework.roster_schools($1)", who.Groups)
	schools := make(map[string][]string, len(rows))
	for _, r := range rows {
		schools[r.Name] = r.Stages
	}
	return schools, err
}

func checkSchool(student *Student, schools map[string][]string) []Fault {
	if student == nil {
		return nil
	}
	stages, known := schools[student.School]
	switch {
	case !known:
		return []Fault{{student.Row, "school", "is not a school of the district in your scope", "write the name of a School object of this district"}}
	case len(stages) > 0 && !slices.Contains(stages, student.Stage):
		return []Fault{{student.Row, "stage", "is not a stage of this school", "write a stage that the School object lists"}}
	}
	return nil
}

// store seals and stores one batch. The database's lock makes the look for known
// students and their storing one step: nobody gets two key pairs.
func (s *Service) store(ctx context.Context, who Actor, batch []Student, summary *Summary) error {
	if len(batch) == 0 {
		return nil
	}
	return store.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		known, err := s.known(ctx, tx, who, batch)
		if err != nil {
			return err
		}
		var c columns
		strangers := 0 // who have left and were never here: nothing is kept of them
		for _, student := range batch {
			if _, here := known[string(s.Keys.LookupHMAC(student.Number))]; student.Left && !here {
				strangers++
				continue
			}
			if err := c.add(s.Keys, student, known); err != nil {
				return err
			}
		}
		inserted, updated, err := c.upsert(ctx, tx, who)
		if err != nil {
			return err
		}
		summary.Imported += inserted
		summary.Updated += updated
		left, err := s.takeOff(ctx, tx, who, batch)
		if err != nil {
			return err
		}
		summary.Left += left + strangers
		for _, student := range batch {
			if student.Consent == ConsentMissing && !student.Left {
				summary.WithoutConsent++
			}
		}
		return nil
	})
}

// takeOff takes those of a batch off the roster who have left, after the batch was stored.
func (s *Service) takeOff(ctx context.Context, tx pgx.Tx, who Actor, batch []Student) (left int, err error) {
	var lookups [][]byte
	for _, student := range batch {
		if student.Left {
			lookups = append(lookups, s.Keys.LookupHMAC(student.Number))
		}
	}
	if lookups == nil {
		return 0, nil
	}
	err = tx.QueryRow(ctx, "SELECT ek_casework.students_left($1, $2, $3)", who.Subject, who.Groups, lookups).Scan(&left)
	return left, err
}

type knownStudent struct {
	Lookup    []byte
	ID        uuid.UUID
	PublicKey []byte
}

func (s *Service) known(ctx context.Context, tx pgx.Tx, who Actor, batch []Student) (map[string]knownStudent, error) {
	lookups := make([][]byte, 0, len(batch))
	for _, student := range batch {
		lookups = append(lookups, s.Keys.LookupHMAC(student.Number))
	}
	rows, err := store.Collect[knownStudent](ctx, tx, "SELECT lookup, id, public_key FROM ek_casework.known_students($1, $2)", who.Groups, lookups)
	known := make(map[string]knownStudent, len(rows))
	for _, r := range rows {
		known[string(r.Lookup)] = r
	}
	return known, err
}

// NumberContext and NameContext are what a number and a name are sealed to.
func NumberContext(student uuid.UUID) []byte { return append([]byte("number/"), student[:]...) }

// NameContext is what a name is sealed to.
func NameContext(student uuid.UUID) []byte { return append([]byte("name/"), student[:]...) }

// columns is a batch as the database takes it.
type columns struct {
	ids                                                       []uuid.UUID
	schools, stages, grades, classes, seats, labels           []string
	lookups, sealedNumbers, sealedNames, publicKeys, wrappeds [][]byte
	born                                                      []time.Time
	consents, versions, sexes                                 []string
	years                                                     []int16
}

// identify returns the id and the key of a student: those on the roster, or new ones.
func identify(keys *seal.Keys, lookup []byte, known map[string]knownStudent) (uuid.UUID, seal.StudentKey, error) {
	if k, ok := known[string(lookup)]; ok {
		return k.ID, seal.StudentKey{Public: k.PublicKey, Wrapped: []byte{}}, nil // the wrapped key stays as it is
	}
	id := uuid.New()
	key, err := keys.NewStudentKey(id)
	if err != nil {
		return id, key, fmt.Errorf("making a student's key: %w", err)
	}
	return id, key, nil
}

func (c *columns) add(keys *seal.Keys, student Student, known map[string]knownStudent) error {
	lookup := keys.LookupHMAC(student.Number)
	id, key, err := identify(keys, lookup, known)
	if err != nil {
		return err
	}
	envelope, err := seal.NewEnvelope(key.Public, seal.Roster)
	if err != nil {
		return fmt.Errorf("sealing a row of the roster: %w", err)
	}
	c.ids = append(c.ids, id)
	c.schools, c.stages, c.grades = append(c.schools, student.School), append(c.stages, student.Stage), append(c.grades, student.Grade)
	c.classes, c.seats = append(c.classes, student.Class), append(c.seats, student.Seat)
	c.labels = append(c.labels, Label(student))
	c.lookups = append(c.lookups, lookup)
	c.sealedNumbers = append(c.sealedNumbers, envelope.Seal(NumberContext(id), []byte(student.Number)))
	c.sealedNames = append(c.sealedNames, envelope.Seal(NameContext(id), []byte(student.Name)))
	c.publicKeys, c.wrappeds = append(c.publicKeys, key.Public), append(c.wrappeds, key.Wrapped)
	c.born = append(c.born, student.BirthDate)
	c.consents, c.versions = append(c.consents, string(student.Consent)), append(c.versions, student.ConsentVersion)
	c.sexes, c.years = append(c.sexes, string(student.Sex)), append(c.years, int16(student.SchoolYears))
	return nil
}

func (c *columns) upsert(ctx context.Context, tx pgx.Tx, who Actor) (inserted, updated int, err error) {
	err = tx.QueryRow(ctx, `SELECT inserted, updated FROM ek_casework.upsert_students($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		who.Subject, who.Groups, c.ids, c.schools, c.stages, c.grades, c.classes, c.seats, c.labels, c.lookups, c.sealedNumbers,
		c.sealedNames, c.publicKeys, c.wrappeds, c.born, c.consents, c.versions, c.sexes, c.years).Scan(&inserted, &updated)
	return inserted, updated, err
}

// Label is what the student is shown after the code, and all that intake knows.
func Label(s Student) string { return s.Class + " · " + s.Seat + " · " + MaskName(s.Name) }
