package scorer_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/scorer"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

func (d *district) rescorer() *scorer.Rescorer {
	return scorer.NewRescorer(d.db.Scorer, pgtest.Keys(), slog.New(slog.DiscardHandler))
}

// step compares one batch.
func (d *district) step() bool {
	d.Helper()
	more, err := d.rescorer().Step(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	return more
}

// rescore asks for a run, as the exchange does, and does it, every step by another replica.
func (d *district) rescore(request string) {
	d.Helper()
	d.db.Exec(d, "UPDATE ek.installation SET rescore_asked = $1", request)
	d.finish()
}

func (d *district) finish() {
	d.Helper()
	for more := true; more; {
		more = d.step()
	}
}

// standing lists the differences that stand, as kind or kind:scale.
func (d *district) standing() string {
	d.Helper()
	return pgtest.One[string](d, d.db, `SELECT coalesce(string_agg(DISTINCT concat_ws(':', kind, nullif(scale, '')), ' '), '')
		FROM ek.score_difference WHERE gone_at IS NULL`)
}

// report is what goes up: finished runs say how many were compared and whether any differ.
func (d *district) report() string {
	d.Helper()
	return pgtest.One[string](d, d.db, `SELECT concat_ws(' ', r ->> 'asked', r ->> 'compared', r ->> 'differs') FROM ek_casework.rescore_report() AS r`)
}

// tamper changes what is stored for good, as somebody with the owner's login could.
func (d *district) tamper(table, sql string, args ...any) {
	d.Helper()
	d.db.Superuser(d, "ALTER TABLE ek."+table+" DISABLE TRIGGER append_only")
	d.db.Exec(d, sql, args...)
}

// reseal replaces a student's scores; anybody who can write can seal.
func (d *district) reseal(s student, edit func(*scorer.Scores)) {
	d.Helper()
	scores := d.scores(s)
	edit(&scores)
	raw, err := json.Marshal(scores)
	if err != nil {
		d.Fatal(err)
	}
	envelope, err := seal.NewEnvelope(pgtest.One[[]byte](d, d.db, "SELECT public_key FROM ek.student WHERE id = $1", s.ID), seal.Scores)
	if err != nil {
		d.Fatal(err)
	}
	id := pgtest.One[uuid.UUID](d, d.db, "SELECT id FROM ek.result WHERE student_id = $1", s.ID)
	d.tamper("result", "UPDATE ek.result SET sealed = $2 WHERE id = $1", id, envelope.Seal(id[:], raw))
}

// mixed lets students of every sort answer: scored, prorated, void, undetermined, in
// danger, declined, ended by the session.
func (d *district) mixed() student {
	d.Helper()
	touched := d.answers(2, 2, 2, 2, 2, 0, 0, 0, 0)
	all := []student{touched, d.answers(0, 0, 0, 0, 0, 0, 0, 0, 0), d.answers(1, 1, 1, 1, blank, 0, 0, 0, 0),
		d.answers(blank, blank, blank, 0, 0, 0, 0, 0, 0), d.answers(0, 0, 0, 0, 0, 0, 0, 0, 3), d.answers(3, 3, 3, 3, 3, 3, 3, 3, blank)}
	d.db.Exec(d, "UPDATE ek.attempt SET confirmed_at = confirmed_at - interval '3 minutes'")
	all = append(all, d.answers(1, 0, 1, 0, 1, 0, 1, 0, 0)) // hasty
	for _, s := range all {
		d.submit(s)
	}
	declined := d.answers(1, 1)
	if _, err := d.intake.Decline(d.Context(), declined.key); err != nil {
		d.Fatal(err)
	}
	d.answers(1, 1, 1)
	d.answers()
	d.db.Exec(d, "UPDATE ek.attempt SET finalise_at = now() WHERE state = 'Draft'")
	d.pass()
	return touched
}

func TestAnUntouchedDistrictShowsNoDifference(t *testing.T) {
	d := newDistrictWith(t, withQuality())
	d.mixed()
	d.rescore("0123456789abcdef")
	if got := d.standing(); got != "" {
		t.Errorf("differences: %s", got)
	}
	if got := d.report(); got != "0123456789abcdef 8 false" {
		t.Errorf("report: %q", got)
	}
	if n := pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.follow_up WHERE kind = 'ScoresDiffer'"); n != 0 {
		t.Errorf("%d follow-ups", n)
	}
}

func TestWhatWasTamperedWithIsFound(t *testing.T) {
	tests := map[string]struct {
		tamper func(d *district, s student)
		want   string
		look   bool
	}{
		"value inside the sealed scores": {func(d *district, s student) {
			d.reseal(s, func(scores *scorer.Scores) { scores.Scales[0].Value = 9 })
		}, "Scale:total", false},
		"a scale taken out of the sealed scores": {func(d *district, s student) {
			d.reseal(s, func(scores *scorer.Scores) { scores.Scales = scores.Scales[1:] })
		}, "Scale:total", false},
		"a finding taken out": {func(d *district, s student) {
			d.reseal(s, func(scores *scorer.Scores) {
				scores.Void = append(scores.Void, "phq-9")
			})
		}, "Findings", false},
		"scores of something else": {func(d *district, s student) {
			d.tamper("result", "UPDATE ek.result SET sealed = (SELECT sealed FROM ek.result ORDER BY student_id = $1 LIMIT 1) WHERE student_id = $1", s.ID)
		}, "Unreadable", true},
		"band": {func(d *district, s student) {
			d.tamper("result_scale", "UPDATE ek.result_scale SET band = 'Mild' WHERE scale = 'total' AND result_id = (SELECT id FROM ek.result WHERE student_id = $1)", s.ID)
		}, "Band:total", false},
		"tier": {func(d *district, s student) {
			d.tamper("result", "UPDATE ek.result SET tier_rank = tier_rank + 1 WHERE student_id = $1", s.ID)
		}, "Decision", true},
		"undetermined": {func(d *district, s student) {
			d.tamper("result", "UPDATE ek.result SET undetermined = true WHERE student_id = $1", s.ID)
		}, "Decision", true},
		"result": {func(d *district, s student) {
			d.tamper("result_scale", "DELETE FROM ek.result_scale WHERE result_id = (SELECT id FROM ek.result WHERE student_id = $1)", s.ID)
			d.tamper("result", "DELETE FROM ek.result WHERE student_id = $1", s.ID)
		}, "Missing", true},
		"the round's meaning": {func(d *district, _ student) {
			d.db.Exec(d, "UPDATE ek.meaning SET body = jsonb_set(body, '{instruments,0,scales,0,method}', '\"Median\"')")
		}, "Meaning", false},
		"class of an answer": {func(d *district, _ student) {
			d.tamper("answer_event", "UPDATE ek.answer_event SET class = 0 WHERE class = 3")
		}, "Critical", true},
		"an answer": {func(d *district, s student) {
			d.tamper("answer_event", `UPDATE ek.answer_event SET sealed = (SELECT e.sealed FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id
				WHERE e.item = 'q2' AND a.student_id = $1) WHERE item = 'q1' AND attempt_id = (SELECT id FROM ek.attempt WHERE student_id = $1)`, s.ID)
		}, "Unreadable", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDistrict(t)
			s := d.mixed()
			tt.tamper(d, s)
			d.rescore("0123456789abcdef")
			if got := d.standing(); got != tt.want {
				t.Errorf("differences: %q, want %q", got, tt.want)
			}
			if got := d.report(); !strings.HasSuffix(got, "true") {
				t.Errorf("report: %q", got)
			}
			if n := pgtest.One[int](t, d.db, "SELECT count(DISTINCT source) FROM ek.follow_up WHERE kind = 'ScoresDiffer'"); (n == 1) != tt.look {
				t.Errorf("%d children for a person to look at, want one: %v", n, tt.look)
			}
		})
	}
}

func TestADifferenceThatIsPutRightGoesAway(t *testing.T) {
	d := newDistrict(t)
	s := d.mixed()
	d.tamper("result", "UPDATE ek.result SET tier_rank = tier_rank + 1 WHERE student_id = $1", s.ID)
	d.rescore("0000000000000001")
	since := pgtest.One[string](t, d.db, "SELECT found_at::text FROM ek.score_difference")
	d.rescore("0000000000000002")
	if got := pgtest.One[string](t, d.db, "SELECT found_at::text FROM ek.score_difference"); got != since {
		t.Error("found again, it counts as new")
	}
	d.tamper("result", "UPDATE ek.result SET tier_rank = tier_rank - 1 WHERE student_id = $1", s.ID)
	d.rescore("0000000000000003")
	if got := d.standing(); got != "" {
		t.Errorf("still stands: %s", got)
	}
	if got := d.report(); got != "0000000000000003 8 false" {
		t.Errorf("report: %q", got)
	}
}

// Every step is made by a rescorer of its own, as after a restart; two at a time do not
// compare anything twice.
func TestARunGoesOnWhereItStood(t *testing.T) {
	d := newDistrict(t)
	const students = 65
	for range students {
		d.submit(d.answers(0, 1, 0, 2, 0, 0, 0, 0, 0))
	}
	d.pass()
	for range 2 {
		if !d.step() {
			t.Fatal("a run of 65 ends within two batches")
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { _, _ = d.rescorer().Step(t.Context()) })
	}
	wait.Wait()
	d.finish()
	got := pgtest.One[string](t, d.db, "SELECT count(*) || ' ' || sum(compared) || ' ' || count(finished_at) FROM ek.rescore_run")
	if got != "1 65 1" {
		t.Errorf("runs, compared, finished = %q", got)
	}
}

func TestFormsThatWaitComeFirst(t *testing.T) {
	d := newDistrict(t)
	d.mixed()
	d.submit(d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0))
	d.step()
	if n := pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.rescore_run"); n != 0 {
		t.Error("a run begins while a form waits to be scored")
	}
	d.pass()
	d.step()
	if got := d.report(); got != " 9 false" {
		t.Errorf("report: %q", got)
	}
}

// A run is due once a night in the district's own time; another only when asked.
func TestARunIsDueOnceANight(t *testing.T) {
	d := newDistrict(t)
	runs := func() int {
		return pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.rescore_run WHERE finished_at IS NOT NULL")
	}
	var got []int
	for range 3 {
		d.step()
		got = append(got, runs())
	}
	d.db.Exec(t, "UPDATE ek.rescore_run SET begun_at = ek.rescore_due(clock_timestamp()) - interval '1 second'")
	for range 3 {
		d.step()
		got = append(got, runs())
	}
	for range 2 {
		d.rescore("0123456789abcdef")
		got = append(got, runs())
	}
	if diff := cmp.Diff([]int{1, 1, 1, 2, 2, 2, 3, 3}, got); diff != "" {
		t.Errorf("runs after each step (-want +got):\n%s", diff)
	}
	at := pgtest.One[string](t, d.db, `SELECT string_agg(DISTINCT to_char(ek.rescore_due(h) AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), ' ')
		|| ' ' || bool_and(ek.rescore_due(h) <= h AND ek.rescore_due(h) > h - interval '24 hours')
		FROM generate_series(now(), now() + interval '2 days', interval '7 minutes') AS h`)
	if hour := at[:2]; len(at) != len("01:23 true") || hour < "01" || hour > "03" || !strings.HasSuffix(at, " true") {
		t.Errorf("due at %q, want one time between one and four", at)
	}
}

// Where clocks change, an hour of the night comes twice or not at all; a run is due once all the same.
func TestARunIsDueOnceInANightOfChangingClocks(t *testing.T) {
	d := newDistrict(t)
	d.db.Exec(t, `INSERT INTO ek.directory (revision, digest, body) VALUES (1, '', '{"timeZone": "America/New_York"}')
		ON CONFLICT (one) DO UPDATE SET body = excluded.body`)
	for _, night := range []string{"2026-03-08", "2026-11-01"} { // 02:00 becomes 03:00, and 01:00 again
		for _, code := range []string{"110106", "110107", "110110"} { // with a minute of its own each
			d.db.Exec(t, "UPDATE ek.installation SET district_code = $1", code)
			got := pgtest.One[string](t, d.db, `SELECT bool_or(ek.rescore_due(h) > h) || ' ' || count(DISTINCT ek.rescore_due(h))
				FROM generate_series(($1 || ' 00:00Z')::timestamptz, ($1 || ' 23:59Z')::timestamptz, interval '1 minute') AS h`, night)
			if got != "false 2" { // of the night before, and of this one
				t.Errorf("%s in %s: due at a time to come, instants = %q", night, code, got)
			}
		}
	}
}

// A clock that was years ahead for a while must not silence the nights until then.
func TestARunOfATimeToComeKeepsNoNightFromItsOwn(t *testing.T) {
	d := newDistrict(t)
	d.submit(d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0))
	d.pass()
	d.db.Exec(t, "UPDATE ek.installation SET initialised_at = now() - interval '3 days'")
	d.db.Exec(t, "INSERT INTO ek.rescore_run (begun_at, finished_at) VALUES (now() + interval '9 years', now() + interval '9 years')")
	overdue := func() bool {
		return pgtest.One[bool](t, d.db, "SELECT EXISTS (SELECT FROM ek_casework.rescore_facts() WHERE fact = 'rescore_overdue' AND since IS NOT NULL)")
	}
	if !overdue() {
		t.Error("nothing has been compared for three days and it does not show")
	}
	d.step()
	if got := d.report(); got != " 1 false" || overdue() {
		t.Errorf("after a run: report %q, overdue %v", got, overdue())
	}
}

func TestReplicasThatBeginAtOnceMakeOneRun(t *testing.T) {
	d := newDistrict(t)
	d.submit(d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0))
	d.pass()
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if _, err := d.rescorer().Step(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.rescore_run"); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// A database that does not give what is asked of it is no difference: the run waits.
func TestWhatTheDatabaseDoesNotGiveIsNoDifference(t *testing.T) {
	d := newDistrict(t)
	d.submit(d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0))
	d.pass()
	d.db.Superuser(t, fmt.Sprintf("REVOKE SELECT ON ek.meaning FROM %q", postgres.RoleName(pgtest.District, "scorer")))
	if _, err := d.rescorer().Step(t.Context()); err == nil || d.standing() != "" || d.report() != "" {
		t.Errorf("error %v, differences %q, report %q", err, d.standing(), d.report())
	}
}

// Nothing is left to compare of a student who was forgotten.
func TestAShreddedStudentIsNotCompared(t *testing.T) {
	d := newDistrict(t)
	d.mixed()
	d.db.Exec(t, "DELETE FROM ek.student_key")
	d.rescore("0123456789abcdef")
	if got := d.standing() + d.report(); got != "0123456789abcdef 0 false" {
		t.Errorf("%q", got)
	}
}
