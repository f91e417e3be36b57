package roster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify"
)

// DutyColumns is the header of a duty list.
var DutyColumns = []string{"subject", "level", "school", "transport", "address"}

// DutyRow is one way to reach one person on duty.
type DutyRow struct {
	Row                                        int
	Subject, Level, School, Transport, Address string
}

// maxDutyRows bounds a duty list.
const maxDutyRows = 20_000

// ReadDuty reads a duty list. A list with any fault is not used at all: half a duty
// list would leave somebody unreachable.
func ReadDuty(file io.Reader, schools, transports []string) ([]DutyRow, []Fault, error) {
	rows, index, err := openCSV(file, DutyColumns, nil)
	if err != nil {
		return nil, nil, err
	}
	var list []DutyRow
	var faults []Fault
	seen := map[DutyRow]bool{}
	for row := 2; ; row++ {
		record, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return list, faults, nil
		case err != nil || len(record) != len(index):
			faults = append(faults, Fault{row, "", "the row is not CSV with one field for each column", "write " + strings.Join(DutyColumns, ",")})
			if len(faults) > maxFaults || err != nil && !isParseError(err) {
				return list, faults, nil
			}
			continue
		case row > maxDutyRows:
			return nil, nil, &HeaderError{"file", fmt.Sprintf("has more than %d rows", maxDutyRows), "list people on duty only"}
		}
		field := func(name string) string { return strings.Clone(strings.TrimSpace(record[index[name]])) }
		d := DutyRow{Row: row, Subject: field("subject"), Level: field("level"), School: field("school"), Transport: field("transport"), Address: field("address")}
		faults = append(faults, checkDuty(d, schools, transports, seen)...)
		list = append(list, d)
	}
}

func checkDuty(d DutyRow, schools, transports []string, seen map[DutyRow]bool) (faults []Fault) {
	add := func(column, problem, remedy string) { faults = append(faults, Fault{d.Row, column, problem, remedy}) }
	ofSchool := d.Level == "School"
	if !printable(d.Subject, 1, 255) {
		add("subject", "is empty or too long", "write the subject of the identity provider")
	}
	if !slices.Contains([]string{"School", "District", "City"}, d.Level) {
		add("level", "is not a level", "write School, District or City")
	}
	if ofSchool && !slices.Contains(schools, d.School) {
		add("school", "is not a school of the district", "write the name of a School object")
	}
	if !ofSchool && d.School != "" {
		add("school", "is set for a level that has none", "leave it empty for District and City")
	}
	if !slices.Contains(transports, d.Transport) {
		add("transport", "is not a transport of the district", "write one of "+strings.Join(transports, ", "))
	}
	if !printable(d.Address, 1, 255) {
		add("address", "is empty or too long", "write what the gateway understands, such as a telephone number")
	}
	key := DutyRow{Subject: d.Subject, Level: d.Level, School: d.School, Transport: d.Transport}
	if seen[key] {
		add("transport", "the same person has this transport twice", "keep one row")
	}
	seen[key] = true
	return faults
}

// ReplaceDuty replaces the duty list and returns how many people are on it.
func (s *Service) ReplaceDuty(ctx context.Context, who Actor, file io.Reader) (int, []Fault, error) {
	var people int
	var faults []Fault
	err := store.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		var schools, transports []string
		if err := tx.QueryRow(ctx, "SELECT schools, transports FROM ek_casework.duty_names($1)", who.Groups).Scan(&schools, &transports); err != nil {
			return err
		}
		list, found, err := ReadDuty(file, schools, transports)
		if faults = found; err != nil || len(faults) > 0 {
			return err
		}
		return s.storeDuty(ctx, tx, who, list, &people)
	})
	return people, faults, err
}

func (s *Service) storeDuty(ctx context.Context, tx pgx.Tx, who Actor, list []DutyRow, people *int) error {
	columns := make([][]string, 4)
	sealed := make([][]byte, 0, len(list))
	for i := range columns {
		columns[i] = make([]string, 0, len(list))
	}
	for _, d := range list {
		for i, value := range []string{d.Subject, d.Level, d.School, d.Transport} {
			columns[i] = append(columns[i], value)
		}
		sealed = append(sealed, s.Keys.SealSecret(notify.AddressKind, notify.AddressName(d.Subject, d.Transport), []byte(d.Address)))
	}
	return tx.QueryRow(ctx, "SELECT ek_casework.replace_duty($1, $2, $3, $4, $5, $6, $7)",
		who.Subject, who.Groups, columns[0], columns[1], columns[2], columns[3], sealed).Scan(people)
}
