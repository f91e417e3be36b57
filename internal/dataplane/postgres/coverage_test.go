package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// begin is when the school year of these tests began.
var begin = time.Now().Add(-100 * 24 * time.Hour).Truncate(time.Microsecond)

func day(n int) time.Time { return begin.AddDate(0, 0, n) }

type act struct {
	what pgtest.Act
	at   time.Time
}

// states are the ledger's word for every active student, by name of the test case.
func states(t *testing.T, db *pgtest.Database, names map[uuid.UUID]string) map[string]string {
	t.Helper()
	rows, err := db.Owner.Query(t.Context(), "SELECT student_id, state || CASE school WHEN $2 THEN '' ELSE ' in ' || school END FROM ek.coverage_since($1)", begin, pgtest.School)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var id uuid.UUID
	var state string
	_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error {
		got[names[id]] = state
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOneStateForEveryStudent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	const scored, undetermined, declined = pgtest.Scored, pgtest.Undetermined, pgtest.Declined
	cases := map[string]struct {
		consent string
		acts    []act
		then    string // SQL about the student $1
		want    string // "": not in the ledger
	}{
		"nothing":                                       {want: "Absent"},
		"the guardian has not said":                     {consent: "Missing", want: "ConsentMissing"},
		"the guardian refuses":                          {consent: "Refused", want: "Declined"},
		"scored":                                        {acts: []act{{scored, day(3)}}, want: "Screened"},
		"scored last year":                              {acts: []act{{scored, day(-3)}}, want: "Absent"},
		"declined last year":                            {acts: []act{{declined, day(-3)}}, want: "Absent"},
		"answered last year, scored in this":            {acts: []act{{scored, begin.Add(-time.Microsecond)}}, want: "Absent"},
		"the first instant of the year":                 {acts: []act{{scored, begin}}, want: "Screened"},
		"a retest after a void response":                {acts: []act{{undetermined, day(3)}, {scored, day(8)}}, want: "Screened"},
		"a void retest that nobody needed":              {acts: []act{{scored, day(3)}, {undetermined, day(8)}}, want: "Screened"},
		"void":                                          {acts: []act{{undetermined, day(3)}}, want: "Unscorable"},
		"scoring failed":                                {acts: []act{{pgtest.Failed, day(3)}}, want: "Unscorable"},
		"not scored yet":                                {acts: []act{{pgtest.Waiting, day(3)}}, want: "Unscorable"},
		"opened and left":                               {acts: []act{{pgtest.Left, day(3)}}, want: "Absent"},
		"declined":                                      {acts: []act{{declined, day(3)}}, want: "Declined"},
		"declined, then answered":                       {acts: []act{{declined, day(3)}, {scored, day(4)}}, want: "Screened"},
		"declined, then answered what is void":          {acts: []act{{declined, day(3)}, {undetermined, day(4)}}, want: "Unscorable"},
		"void, then declined to be asked again":         {acts: []act{{undetermined, day(3)}, {declined, day(4)}}, want: "Declined"},
		"scored, then declined the next round":          {acts: []act{{scored, day(3)}, {declined, day(40)}}, want: "Screened"},
		"scored, then the guardian refused":             {consent: "Refused", acts: []act{{scored, day(3)}}, want: "Screened"},
		"void, then the guardian refused":               {consent: "Refused", acts: []act{{undetermined, day(3)}}, want: "Declined"},
		"void, and consent has to be given anew":        {consent: "Missing", acts: []act{{undetermined, day(3)}}, want: "Unscorable"},
		"scored, then the key was shredded":             {acts: []act{{scored, day(3)}}, then: "DELETE FROM ek.student_key WHERE student_id = $1", want: "Screened"},
		"the key was shredded":                          {then: "DELETE FROM ek.student_key WHERE student_id = $1", want: "Declined"},
		"scored, then moved to another school":          {acts: []act{{scored, day(3)}}, then: "UPDATE ek.student SET school = 'elsewhere' WHERE id = $1", want: "Screened in elsewhere"},
		"scored, then left the district":                {acts: []act{{scored, day(3)}}, then: "UPDATE ek.student SET active = false WHERE id = $1"},
		"scored in two rounds":                          {acts: []act{{scored, day(3)}, {scored, day(40)}}, want: "Screened"},
		"scored last year and void in this":             {acts: []act{{scored, day(-200)}, {undetermined, day(3)}}, want: "Unscorable"},
		"the guardian refuses and the student declined": {consent: "Refused", acts: []act{{declined, day(3)}}, want: "Declined"},
	}
	db.Exec(t, "INSERT INTO ek.school (name) VALUES ('elsewhere')")
	want, names := map[string]string{}, map[uuid.UUID]string{}
	for name, c := range cases {
		s := db.AddStudent(t, pgtest.StudentWith{Consent: c.consent})
		names[s.ID] = name
		for _, a := range c.acts {
			db.AddAttempt(t, s.ID, pgtest.Round, a.what, a.at)
		}
		if c.then != "" {
			db.Exec(t, c.then, s.ID)
		}
		if c.want != "" {
			want[name] = c.want
		}
	}
	if diff := cmp.Diff(want, states(t, db, names)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A form that nobody submitted ended with its session, also when the scorer, which was away, finds it in the
// new school year.
func TestAFormThatEndedBeforeTheYearBeganIsNotOfIt(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	for name, tt := range map[string]struct {
		act   pgtest.Act
		ended time.Duration // after the year began
		want  string
	}{
		"scored":                            {pgtest.Scored, -time.Hour, "Absent"},
		"not scored yet":                    {pgtest.Waiting, -time.Hour, "Absent"},
		"its session ended with the year":   {pgtest.Scored, 0, "Absent"},
		"it ended in the first hour":        {pgtest.Scored, time.Hour, "Screened"},
		"void, and ended in the first hour": {pgtest.Undetermined, time.Hour, "Unscorable"},
	} {
		s := db.AddStudent(t, pgtest.StudentWith{})
		db.AddAttempt(t, s.ID, pgtest.Round, tt.act, day(2))
		db.Exec(t, "UPDATE ek.attempt SET state = 'Finalised', finalise_at = $2 WHERE student_id = $1", s.ID, begin.Add(tt.ended))
		if got := states(t, db, map[uuid.UUID]string{s.ID: name})[name]; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// state is the ledger's word, worked out here from the meaning of the words.
func state(consent string, key bool, acts []act) string {
	var last act // of those that say what the student wants: answering or declining
	answered := false
	for _, a := range acts {
		if a.at.Before(begin) || a.what == pgtest.Left {
			continue
		}
		if a.what == pgtest.Scored {
			return "Screened"
		}
		answered = answered || a.what != pgtest.Declined
		if a.at.After(last.at) {
			last = a
		}
	}
	switch {
	case consent == "Refused" || !key || last.what == pgtest.Declined:
		return "Declined"
	case answered:
		return "Unscorable"
	case consent == "Missing":
		return "ConsentMissing"
	}
	return "Absent"
}

func TestTheLedgerOfAnyHistory(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	random := rand.New(rand.NewPCG(1, 2))
	every := []pgtest.Act{pgtest.Scored, pgtest.Undetermined, pgtest.Undetermined, pgtest.Failed, pgtest.Waiting, pgtest.Left, pgtest.Declined, pgtest.Declined}
	want, names, found := map[string]string{}, map[uuid.UUID]string{}, map[string]int{}
	for range 300 {
		consent := []string{"Given", "Given", "Given", "Missing", "Refused"}[random.IntN(5)]
		s := db.AddStudent(t, pgtest.StudentWith{Consent: consent})
		var acts []act
		for range random.IntN(4) {
			a := act{every[random.IntN(len(every))], day(random.IntN(60) - 20).Add(time.Duration(random.IntN(3600)) * time.Second)}
			acts = append(acts, a)
			db.AddAttempt(t, s.ID, pgtest.Round, a.what, a.at)
		}
		key := random.IntN(10) > 0
		if !key {
			db.Exec(t, "DELETE FROM ek.student_key WHERE student_id = $1", s.ID)
		}
		name := fmt.Sprint(consent, key, acts, s.ID)
		names[s.ID], want[name] = name, state(consent, key, acts)
		found[want[name]]++
	}
	if diff := cmp.Diff(want, states(t, db, names)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(found) != 5 {
		t.Errorf("only %v came up", found)
	}
}

// Where coverage is read for one student it must not read them all: a form is opened a
// thousand times a minute.
func TestTheLedgerOfOneStudentReadsOneStudent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	student := db.AddStudent(t, pgtest.StudentWith{})
	err := postgres.InTx(t.Context(), db.Owner, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), "EXPLAIN SELECT state FROM ek.coverage_since(now()) WHERE student_id = $1", student.ID)
		if err != nil {
			return err
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, line := range plan {
			if strings.Contains(line, "Seq Scan") || strings.Contains(line, "Function Scan") {
				t.Errorf("the plan has %s", line)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
