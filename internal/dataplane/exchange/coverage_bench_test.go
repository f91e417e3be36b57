package exchange_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// large is a district of 100,000 students in 130 schools, nine of ten screened, in the third
// year of its attempts. Names and keys are empty: they are not read here.
func large(b *testing.B) *caseworktest.District {
	b.Helper()
	d := caseworktest.New(b, ruled(1, 95), func(d *contract.Directory) {
		for i := range 130 {
			d.Schools = append(d.Schools, contract.SchoolInfo{Name: fmt.Sprintf("school-%d", i), Stages: []string{"JuniorSecondary"}})
		}
	})
	d.Superuser(b, // whose statements may take their time
		`INSERT INTO ek.student (id, school, stage, grade, class_label, seat, label, lookup, sealed_name, public_key, born, guardian_consent)
		SELECT gen_random_uuid(), 'school-' || n % 130, 'JuniorSecondary', '7', (n / 130 % 20)::text, n::text, 'a label of some length', int4send(n), '', '', '2012-01-01', 'Given'
		FROM generate_series(1, 100000) n`,
		"INSERT INTO ek.student_key SELECT id, '' FROM ek.student",
		"ALTER TABLE ek.attempt DISABLE TRIGGER describe_attempt",
		`INSERT INTO ek.attempt (id, student_id, round, code_hmac, state, age, needs_assent, opened_at, finalise_at, finished_at, scored_at)
		SELECT gen_random_uuid(), s.id, '`+caseworktest.Round+`', '', 'Submitted', 13, false, v.at, v.at, v.at, v.at
		FROM ek.student s, (SELECT clock_timestamp() - make_interval(days => 3 + 365 * y) FROM generate_series(0, 2) y) v (at) WHERE hashtext(s.id::text) % 10 <> 0`,
		`INSERT INTO ek.result (id, attempt_id, student_id, round, meaning_digest, undetermined, sealed, obliges)
		SELECT gen_random_uuid(), id, student_id, round, '', hashtext(id::text) % 20 = 0, decode(repeat('00', 600), 'hex'), false FROM ek.attempt`,
		"VACUUM ANALYZE")
	return d
}

func BenchmarkDistrictOf100000(b *testing.B) {
	d := large(b)
	now := d.Now(b)
	since := now.AddDate(0, 0, -30).UTC().Truncate(time.Second)
	c := caseworktest.Control("make-up", now.Add(-time.Hour), now.Add(time.Hour), func(c *contract.Control) {
		c.Cohort.NotScreenedSince = &since
		for i := range 130 {
			c.Cohort.Schools = append(c.Cohort.Schools, "school-"+time.Duration(i).String())
		}
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			d.Exec(b, "DELETE FROM ek.coverage_count")
			if !count(b, d) {
				b.Fatal("not counted")
			}
		}
	})
	b.Run("report", func(b *testing.B) {
		for b.Loop() {
			reported(b, d, "")
		}
	})
	d.Open(b, c)
	b.Run("invited to a make-up", func(b *testing.B) {
		for b.Loop() {
			pgtest.One[int](b, d.Database, "SELECT ek.invited(r) FROM ek.round r WHERE round = 'make-up'")
		}
	})
}
