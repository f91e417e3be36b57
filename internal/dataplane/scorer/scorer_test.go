package scorer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/scorer"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// district is a database with an open round, an intake and a scorer.
type district struct {
	*testing.T
	db     *pgtest.Database
	intake *intake.Service
	scorer *scorer.Scorer
}

func newDistrict(t *testing.T) *district {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	return &district{t, db, intake.New(db.Intake, pgtest.Keys()),
		scorer.New(db.Scorer, pgtest.Keys(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
}

type student struct {
	pgtest.Student
	key intake.FormKey
}

const blank = -1

// answers lets a new student answer q1, q2, ... in one save.
func (d *district) answers(values ...int) student {
	d.Helper()
	s := student{Student: d.db.AddStudent(d, pgtest.StudentWith{})}
	var err error
	if s.key, _, err = d.intake.Open(d.Context(), string(s.Code), ""); err != nil {
		d.Fatal(err)
	}
	if err := d.intake.Begin(d.Context(), s.key, true, true); err != nil {
		d.Fatal(err)
	}
	d.save(s, 1, values...)
	return s
}

func (d *district) save(s student, number int64, values ...int) {
	d.Helper()
	save := intake.Save{Number: number}
	for i, value := range values {
		if value != blank {
			save.Answers = append(save.Answers, json.RawMessage(fmt.Sprintf(`{"instrument":"phq-9","item":"q%d","value":%d}`, i+1, value)))
		}
	}
	if _, err := d.intake.Save(d.Context(), s.key, save); err != nil {
		d.Fatal(err)
	}
}

func (d *district) submit(s student) {
	d.Helper()
	if _, err := d.intake.Submit(d.Context(), s.key); err != nil {
		d.Fatal(err)
	}
}

func (d *district) pass() {
	d.Helper()
	if _, err := d.scorer.Pass(d.Context()); err != nil {
		d.Fatal(err)
	}
}

// outcome is what a student's answers led to, in a few words.
func (d *district) outcome(s student) string {
	d.Helper()
	return pgtest.One[string](d, d.db, `SELECT concat_ws(' ',
		coalesce((SELECT t.name FROM ek.round_tier t WHERE t.round = r.round AND t.rank = r.tier_rank), 'None'),
		CASE WHEN r.undetermined THEN 'undetermined' END,
		(SELECT string_agg(l.status || ':' || l.band, ' ' ORDER BY l.scale) FROM ek.result_scale l WHERE l.result_id = r.id),
		CASE WHEN r.obliges THEN 'obliges' END,
		(SELECT 'obligation:' || o.tier_rank FROM ek.obligation o WHERE o.student_id = r.student_id),
		(SELECT 'causes:' || count(*) FROM ek.obligation o JOIN ek.obligation_cause c ON c.obligation_id = o.id
			WHERE o.student_id = r.student_id HAVING count(*) > 0),
		(SELECT string_agg(f.kind, '+' ORDER BY f.kind) FROM ek.follow_up f WHERE f.student_id = r.student_id))
		FROM ek.result r WHERE r.student_id = $1`, s.ID)
}

func (d *district) expectCovered() {
	d.Helper()
	if n := pgtest.One[int](d, d.db, `SELECT (SELECT count(*) FROM ek_casework.uncovered_sources) +
		(SELECT count(*) FROM ek_casework.baseless_obligations)`); n != 0 {
		d.Errorf("%d sources and obligations do not match", n)
	}
}

func TestTiersOfTheGradedPolicy(t *testing.T) {
	d := newDistrict(t)
	want := map[string]string{
		"nothing":                     "None Scored:None",
		"mild":                        "Low Scored:Mild Tier",
		"moderate":                    "Moderate Scored:Moderate Tier",
		"high by total":               "High Scored:ModeratelySevere obliges obligation:1 causes:1",
		"low total, urgent item":      "High Scored:None obliges obligation:1 causes:2",
		"low total, immediate item":   "Severe Scored:None obliges obligation:0 causes:2",
		"prorated":                    "Low Prorated:Mild Tier",
		"too much missing":            "Moderate undetermined Insufficient: Tier+Undetermined",
		"critical item blank":         "Moderate undetermined Prorated:None Tier+Undetermined",
		"critical blank, high":        "High undetermined Prorated:Severe obliges obligation:1 causes:1 Undetermined",
		"all blank and yet submitted": "Moderate undetermined Insufficient: Tier+Undetermined",
	}
	answers := map[string][]int{
		"nothing":                     {0, 0, 0, 0, 0, 0, 0, 0, 0},
		"mild":                        {1, 1, 1, 1, 1, 0, 0, 0, 0},
		"moderate":                    {2, 2, 2, 2, 2, 0, 0, 0, 0},
		"high by total":               {3, 3, 3, 3, 3, 0, 0, 0, 0},
		"low total, urgent item":      {0, 0, 0, 0, 0, 0, 0, 0, 1},
		"low total, immediate item":   {0, 0, 0, 0, 0, 0, 0, 0, 2},
		"prorated":                    {1, 1, 1, 1, blank, 0, 0, 0, 0},
		"too much missing":            {blank, blank, blank, 0, 0, 0, 0, 0, 0},
		"critical item blank":         {0, 0, 0, 0, 0, 0, 0, 0, blank},
		"critical blank, high":        {3, 3, 3, 3, 3, 3, 0, 0, blank},
		"all blank and yet submitted": {},
	}
	got, students := map[string]string{}, map[string]student{}
	for name, values := range answers {
		students[name] = d.answers(values...)
		d.submit(students[name])
	}
	d.pass()
	for name, s := range students {
		got[name] = d.outcome(s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.expectCovered()
}

func TestTheLatestAnswerIsScoredAndTheWorstIsActedOn(t *testing.T) {
	d := newDistrict(t)
	s := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 3)
	d.save(s, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	d.submit(s)
	d.pass()
	if got, want := d.outcome(s), "None Scored:None obligation:0 causes:1"; got != want {
		t.Errorf("outcome = %q, want %q", got, want)
	}
}

func TestADraftIsFinalisedAtTheEndOfItsSession(t *testing.T) {
	d := newDistrict(t)
	answered := d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0)
	d.answers() // opened, and nothing more
	d.pass()
	if n := pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.result"); n != 0 {
		t.Fatalf("%d drafts were scored in their session", n)
	}
	d.db.Exec(t, "UPDATE ek.attempt SET finalise_at = now()")
	d.pass()
	if got := d.outcome(answered); got != "Low Scored:Mild Tier" {
		t.Errorf("outcome = %q", got)
	}
	if got := pgtest.One[string](t, d.db, "SELECT count(*) || ' of ' || (SELECT count(*) FROM ek.attempt WHERE state = 'Finalised' AND scored_at IS NOT NULL) FROM ek.result"); got != "1 of 2" {
		t.Errorf("results of finalised attempts = %q, want none for a form without an answer", got)
	}
}

func TestClosingEarlyFinalisesDrafts(t *testing.T) {
	d := newDistrict(t)
	s := d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0)
	d.db.Exec(t, "UPDATE ek.round SET closes_at = now()")
	d.pass()
	if got := d.outcome(s); got != "Low Scored:Mild Tier" {
		t.Errorf("outcome = %q", got)
	}
}

func TestWhatIntakeMissedIsFoundLate(t *testing.T) {
	for name, finish := range map[string]func(d *district, s student){
		"submitted": func(d *district, s student) { d.submit(s) },
		"declined": func(d *district, s student) {
			if _, err := d.intake.Decline(d.Context(), s.key); err != nil {
				d.Fatal(err)
			}
		},
		"after scoring": func(d *district, s student) {
			d.submit(s)
			d.pass()
			_, _ = d.intake.Save(d.Context(), s.key, intake.Save{Number: 9, Answers: []json.RawMessage{[]byte(`{"instrument":"phq-9","item":"q9","value":2}`)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDistrict(t)
			// An intake that does not know which answers are critical.
			d.db.Exec(t, `CREATE OR REPLACE FUNCTION ek.raise_nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.class := 0; RETURN NEW; END $$`)
			d.db.Exec(t, `CREATE TRIGGER broken BEFORE INSERT ON ek.answer_event FOR EACH ROW EXECUTE FUNCTION ek.raise_nothing()`)
			d.db.Exec(t, forgetful)
			s := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 2)
			finish(d, s)
			if n := pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.obligation"); n != 0 && name != "after scoring" {
				t.Fatalf("%d obligations already: the test does not break intake", n)
			}
			d.pass()
			if got := pgtest.One[string](t, d.db, "SELECT string_agg(tier_rank || ' ' || found_late, ', ') FROM ek.obligation"); got != "0 true" {
				t.Errorf("obligations = %q, want one at rank 0, found late", got)
			}
			d.expectCovered()
		})
	}
}

// forgetful makes the database's record function see no class.
const forgetful = `DO $$ BEGIN EXECUTE replace(pg_get_functiondef('ek_intake.record'::regproc), 'ev.class >= 2', 'false'); END $$`

func TestAfterThreeFailuresAPersonIsAsked(t *testing.T) {
	d := newDistrict(t)
	bad := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 1)
	good := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 0)
	d.submit(bad)
	d.submit(good)
	// a key that was damaged
	d.db.Exec(t, "UPDATE ek.student_key SET wrapped = decode('00', 'hex') WHERE student_id = $1", bad.ID)
	for range 4 {
		d.pass()
		d.db.Exec(t, "UPDATE ek.attempt SET scoring_next_at = now()")
	}
	if got := d.outcome(good); got != "None Scored:None" {
		t.Errorf("the other student's outcome = %q", got)
	}
	got := pgtest.One[string](t, d.db, `SELECT a.scoring_tries || ' ' || a.failed || ' ' || f.kind || ' ' || f.tier_rank
		FROM ek.attempt a JOIN ek.follow_up f ON f.source = a.id::text WHERE a.student_id = $1`, bad.ID)
	if want := "3 true ScoringFailed 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	d.expectCovered()
}

// A row that the database refuses must not hold up the rest of its batch.
func TestOneThatCannotBeWrittenDoesNotHoldUpTheOthers(t *testing.T) {
	d := newDistrict(t)
	bad, good := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 0), d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0)
	d.submit(bad)
	d.submit(good)
	d.db.Exec(t, "ALTER TABLE ek.result ADD CONSTRAINT broken CHECK (student_id <> '"+bad.ID.String()+"')")
	d.pass()
	if got := d.outcome(good); got != "Low Scored:Mild Tier" {
		t.Errorf("outcome = %q", got)
	}
	if tries := pgtest.One[int](t, d.db, "SELECT scoring_tries FROM ek.attempt WHERE student_id = $1", bad.ID); tries != 1 {
		t.Errorf("tries = %d, want 1", tries)
	}
}

func TestAShreddedStudentIsForgotten(t *testing.T) {
	d := newDistrict(t)
	s := d.answers(3, 3, 3, 3, 3, 3, 3, 3, 0)
	d.submit(s)
	d.db.Exec(t, "DELETE FROM ek.student_key")
	d.pass()
	if got := pgtest.One[string](t, d.db, "SELECT (SELECT count(*) FROM ek.result) || ' ' || failed || ' ' || (scored_at IS NOT NULL) FROM ek.attempt"); got != "0 false true" {
		t.Errorf("results, failed, done = %q", got)
	}
}

func TestScoresOpenWithTheStudentsKeyOnly(t *testing.T) {
	d := newDistrict(t)
	s := d.answers(2, 2, 2, 2, 2, 0, 0, 0, 0)
	d.submit(s)
	d.pass()
	var id uuid.UUID
	var sealed, wrapped []byte
	if err := d.db.Owner.QueryRow(t.Context(), `SELECT r.id, r.sealed, k.wrapped FROM ek.result r
		JOIN ek.student_key k USING (student_id)`).Scan(&id, &sealed, &wrapped); err != nil {
		t.Fatal(err)
	}
	opener, err := pgtest.Keys().Opener(s.ID, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	scores, err := scorer.OpenScores(opener, id, sealed)
	if err != nil || len(scores.Scales) != 1 || scores.Scales[0].Value != 10 || scores.Scales[0].Code != "total" {
		t.Errorf("%+v, %v", scores, err)
	}
	if _, err := scorer.OpenScores(opener, uuid.New(), sealed); err == nil {
		t.Error("opens as another result")
	}
}

func TestManyScorersShareTheWorkOnce(t *testing.T) {
	d := newDistrict(t)
	const students = 120
	for range students {
		d.submit(d.answers(0, 1, 0, 2, 0, 0, 0, 0, 1))
	}
	var wait sync.WaitGroup
	for range 4 {
		other := scorer.New(d.db.Scorer, pgtest.Keys(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		wait.Go(func() {
			if _, err := other.Pass(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	d.pass()
	got := pgtest.One[string](t, d.db, `SELECT (SELECT count(*) FROM ek.result) || ' ' || (SELECT count(*) FROM ek.obligation) || ' ' ||
		(SELECT count(*) FROM ek.obligation_cause) || ' ' || (SELECT max(scoring_tries) FROM ek.attempt)`)
	if want := fmt.Sprintf("%d %d %d 0", students, students, 2*students); got != want {
		t.Errorf("results, obligations, causes, tries = %q, want %q", got, want)
	}
	d.expectCovered()
}

func TestRunIsWokenByASubmission(t *testing.T) {
	d := newDistrict(t)
	ctx, cancel := context.WithCancel(t.Context())
	var services sync.WaitGroup
	for _, run := range []func(context.Context) error{d.scorer.Run, d.intake.Run} {
		services.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	s := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 0)
	d.submit(s)
	deadline := time.Now().Add(10 * time.Second)
	for pgtest.One[int](t, d.db, "SELECT count(*) FROM ek.result") == 0 {
		if time.Now().After(deadline) {
			t.Fatal("not scored")
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	services.Wait()
}

func TestAnUnknownRoundMeaningIsAFailureOfScoring(t *testing.T) {
	d := newDistrict(t)
	s := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 1)
	d.submit(s)
	broken := pgtest.Meaning()
	broken.Policy.Rules = []contract.Rule{{Name: "broken", When: "scores[", Tier: "High"}}
	raw, err := json.Marshal(broken)
	if err != nil {
		t.Fatal(err)
	}
	d.db.Exec(t, "UPDATE ek.meaning SET body = $1", string(raw))
	d.pass()
	if tries := pgtest.One[int](t, d.db, "SELECT scoring_tries FROM ek.attempt"); tries != 1 {
		t.Errorf("tries = %d, want 1", tries)
	}
}

func TestAClaimThatFailsIsNotTakenForNothingToDo(t *testing.T) {
	d := newDistrict(t)
	d.submit(d.answers(0, 0, 0, 0, 0, 0, 0, 0, 1))
	d.db.Superuser(t, fmt.Sprintf(`REVOKE SELECT ON ek.student_key FROM %q`, postgres.RoleName(pgtest.District, "scorer")))
	if n, err := d.scorer.Pass(d.Context()); err == nil {
		t.Errorf("a pass that could claim nothing dealt with %d and reports success", n)
	}
}

// withQuality asks PHQ-9 with rules for careless answers and a standard value beside the
// total, which tells girls of the last three years from everybody else.
func withQuality() contract.Meaning {
	m := pgtest.Meaning()
	in := &m.Instruments[0]
	in.Quality = []contract.QualityRule{
		{Check: contract.SecondsPerItem, Threshold: 2, Effect: contract.Void},
		{Check: contract.Duplicate, Effect: contract.Flag},
	}
	standard := in.Scales[0]
	standard.Code, standard.Purpose = "standard", contract.Describe
	standard.Bands = []contract.Band{{Name: "Any", From: 40, To: 67}}
	norm := contract.Norm{Sex: contract.Female, MinGrade: 10, MaxGrade: 12}
	for raw := range 28 {
		norm.Rows = append(norm.Rows, contract.NormRow{Raw: float64(raw), Standard: float64(raw + 40)})
	}
	standard.Norms = []contract.Norm{norm}
	in.Scales = append(in.Scales, standard)
	return m
}

func newDistrictWith(t *testing.T, m contract.Meaning) *district {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	db.Exec(t, "DELETE FROM ek.round")
	db.AddRound(t, m, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	return &district{t, db, intake.New(db.Intake, pgtest.Keys()),
		scorer.New(db.Scorer, pgtest.Keys(), slog.New(slog.DiscardHandler), prometheus.NewRegistry())}
}

func TestWhoAnsweredHowLongAndHowOften(t *testing.T) {
	d := newDistrictWith(t, withQuality())
	d.db.Exec(t, "CREATE FUNCTION ek.describe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.sex := 'Female'; NEW.school_years := 11; RETURN NEW; END $$")
	d.db.Exec(t, "CREATE TRIGGER describe BEFORE INSERT ON ek.student FOR EACH ROW EXECUTE FUNCTION ek.describe()")
	slowly := func(s student) {
		d.db.Exec(t, "UPDATE ek.attempt SET confirmed_at = confirmed_at - interval '3 minutes' WHERE student_id = $1", s.ID)
	}
	careful, hasty, inDanger := d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0), d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0), d.answers(0, 0, 0, 0, 0, 0, 0, 0, 2)
	slowly(careful)
	for _, s := range []student{careful, hasty, inDanger} {
		d.submit(s)
	}
	d.pass()
	want := map[string]string{
		"careful":   "Low Scored:Any Scored:Mild Tier",
		"hasty":     "Moderate undetermined Invalid: Invalid: Tier+Undetermined",
		"in danger": "Severe undetermined Invalid: Invalid: obliges obligation:0 causes:2 Undetermined",
	}
	got := map[string]string{"careful": d.outcome(careful), "hasty": d.outcome(hasty), "in danger": d.outcome(inDanger)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if scores := d.scores(careful); scores.Scales[1].Value != 45 || scores.Scales[1].Raw != 5 || len(scores.Findings) != 0 {
		t.Errorf("careful: %+v", scores)
	}
	if scores := d.scores(hasty); !cmp.Equal(scores.Void, []string{"phq-9"}) || len(scores.Findings) != 1 || scores.Findings[0].Check != contract.SecondsPerItem {
		t.Errorf("hasty: %+v", scores)
	}
	d.expectCovered()
}

// A form that a session ended has no duration to judge.
func TestADraftThatIsFinalisedIsNotHasty(t *testing.T) {
	d := newDistrictWith(t, withQuality())
	s := d.answers(1, 1, 1, 1, 1, 0, 0, 0, 0)
	d.db.Exec(t, "UPDATE ek.attempt SET finalise_at = now()")
	d.pass()
	if got := d.outcome(s); got != "Low Insufficient: Scored:Mild Tier" {
		t.Errorf("outcome = %q", got)
	}
}

func TestASecondFormIsADuplicateUnlessItWasAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		first []int
		want  int
	}{
		"answered before":            {[]int{0, 0, 0, 0, 0, 0, 0, 0, 0}, 1},
		"could not be scored before": {[]int{0, 0, 0, 0}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDistrictWith(t, withQuality())
			s := d.answers(tt.first...)
			d.slowly()
			d.submit(s)
			d.pass()
			d.again(&s, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			if got := d.scores(s); len(got.Findings) != tt.want {
				t.Errorf("findings of the second form: %+v", got.Findings)
			}
		})
	}
}

// Whom a void second form made undetermined is asked again, and may answer.
func TestARetestAfterAVoidDuplicateIsScored(t *testing.T) {
	m := withQuality()
	m.Instruments[0].Quality = []contract.QualityRule{{Check: contract.Duplicate, Effect: contract.Void}}
	d := newDistrictWith(t, m)
	s := d.answers(0, 0, 0, 0, 0, 0, 0, 0, 0)
	d.submit(s)
	d.pass()
	var void []int
	for range 4 {
		d.again(&s, 3, 3, 3, 3, 3, 3, 3, 3, 0)
		void = append(void, len(d.scores(s).Void))
	}
	// Nothing asked for the second; the second asked for the third; nothing for the fourth.
	if diff := cmp.Diff([]int{1, 0, 1, 0}, void); diff != "" {
		t.Errorf("void instruments of the second form and those after (-want +got):\n%s", diff)
	}
	d.expectCovered()
}

// slowly lets all that was begun so far have begun three minutes earlier.
func (d *district) slowly() {
	d.Helper()
	d.db.Exec(d, "UPDATE ek.attempt SET confirmed_at = confirmed_at - interval '3 minutes' WHERE state = 'Draft'")
}

// again lets a student who got another code answer once more.
func (d *district) again(s *student, values ...int) {
	d.Helper()
	d.db.Exec(d, "UPDATE ek.code SET state = 'Active'")
	var err error
	if s.key, _, err = d.intake.Open(d.Context(), string(s.Code), ""); err != nil {
		d.Fatal(err)
	}
	if err := d.intake.Begin(d.Context(), s.key, true, true); err != nil {
		d.Fatal(err)
	}
	d.save(*s, 1, values...)
	d.slowly()
	d.submit(*s)
	d.pass()
}

// scores opens a student's latest result.
func (d *district) scores(s student) scorer.Scores {
	d.Helper()
	var id uuid.UUID
	var sealed, wrapped []byte
	if err := d.db.Owner.QueryRow(d.Context(), `SELECT r.id, r.sealed, k.wrapped FROM ek.result r
		JOIN ek.student_key k USING (student_id) WHERE student_id = $1 ORDER BY r.scored_at DESC LIMIT 1`, s.ID).Scan(&id, &sealed, &wrapped); err != nil {
		d.Fatal(err)
	}
	opener, err := pgtest.Keys().Opener(s.ID, wrapped)
	if err != nil {
		d.Fatal(err)
	}
	scores, err := scorer.OpenScores(opener, id, sealed)
	if err != nil {
		d.Fatal(err)
	}
	return scores
}

// A response counts as screening when it could be scored and every critical item has an
// answer: then nothing is left to ask again.
func TestWhoCountsAsScreened(t *testing.T) {
	d := newDistrict(t)
	state := func(s student) string {
		d.Helper()
		return pgtest.One[string](d, d.db, "SELECT state FROM ek.coverage_since(now() - interval '1 day') WHERE student_id = $1", s.ID)
	}
	for name, tt := range map[string]struct {
		values []int
		want   string
	}{
		"a low score":           {[]int{0, 0, 0, 0, 0, 0, 0, 0, 0}, "Screened"},
		"a severe one":          {[]int{3, 3, 3, 3, 3, 3, 3, 3, 3}, "Screened"},
		"prorated":              {[]int{1, 1, 1, 1, blank, 0, 0, 0, 0}, "Screened"},
		"too much missing":      {[]int{blank, blank, blank, 0, 0, 0, 0, 0, 0}, "Unscorable"},
		"a critical item blank": {[]int{0, 0, 0, 0, 0, 0, 0, 0, blank}, "Unscorable"},
		"all blank":             {nil, "Unscorable"},
	} {
		s := d.answers(tt.values...)
		if got := state(s); got != "Absent" {
			t.Errorf("%s: while the form is open the student is %s", name, got)
		}
		d.submit(s)
		if got := state(s); got != "Unscorable" {
			t.Errorf("%s: before it is scored the student is %s", name, got)
		}
		d.pass()
		if got := state(s); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		// shredding takes the answers and leaves the fact
		d.db.Exec(t, "DELETE FROM ek.student_key WHERE student_id = $1", s.ID)
		want := tt.want
		if want != "Screened" {
			want = "Declined" // nobody can ask them again
		}
		if got := state(s); got != want {
			t.Errorf("%s, then shredded: %s, want %s", name, got, want)
		}
	}
}
