package casework_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// staffed is a district with a duty person on every level.
func staffed(t *testing.T) *caseworktest.District {
	t.Helper()
	d := caseworktest.New(t)
	d.Duty(t, "school-1", contract.School, "no-1", "sms", "voice")
	d.Duty(t, "school-2", contract.School, "no-2", "sms", "voice")
	d.Duty(t, "district", contract.District, "", "sms", "voice")
	d.Duty(t, "city", contract.City, "", "sms", "voice")
	return d
}

func advance(t *testing.T, d *caseworktest.District) int {
	t.Helper()
	n, err := casework.Advance(t.Context(), d.Casework)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// told lists who was told at which step, oldest first.
func told(t *testing.T, d *caseworktest.District) []string {
	t.Helper()
	rows, err := d.Owner.Query(t.Context(), `SELECT format('%s.%s %s %s', n.step, n.repeats, p.subject, n.transport)
		FROM ek.notification n JOIN ek.duty_person p ON p.id = n.person_id ORDER BY n.made_at, n.arming, n.step, n.repeats, p.subject, n.transport`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheChainClimbsUntilSomebodyHasReachedTheChild(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	number := d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Urgent) // High: District, 480 min; then District at once, City after 120, every 60

	want := []string{"0.0 district sms", "0.0 district voice"}
	step := func(elapsed time.Duration, more ...string) {
		t.Helper()
		d.Rewind(t, number, elapsed)
		for advance(t, d) > 0 {
		}
		want = append(want, more...)
		if diff := cmp.Diff(want, told(t, d)); diff != "" {
			t.Fatalf("after another %s (-want +got):\n%s", elapsed, diff)
		}
	}
	step(0)
	step(479 * time.Minute)
	step(2*time.Minute, "1.0 district sms", "1.0 district voice")
	step(118 * time.Minute)
	step(2*time.Minute, "2.0 city sms", "2.0 city voice")
	step(59 * time.Minute)
	step(2*time.Minute, "2.1 city sms", "2.1 city voice")
	step(61*time.Minute, "2.2 city sms", "2.2 city voice")

	act(t, d, "SELECT ek_casework.own('li', true, '{city-duty}', $1)", number)
	step(61*time.Minute, "2.3 city sms", "2.3 city voice") // owning does not stop it
	act(t, d, "SELECT ek_casework.contact('li', true, '{city-duty}', $1, 'NotReached', NULL)", number)
	step(61*time.Minute, "2.4 city sms", "2.4 city voice") // nor does trying
	act(t, d, "SELECT ek_casework.contact('li', true, '{city-duty}', $1, 'Reached', NULL)", number)
	step(999 * time.Minute)
}

func act(t *testing.T, d *caseworktest.District, sql string, args ...any) {
	t.Helper()
	if err := store.Exec(t.Context(), d.Casework, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestALevelWithoutADutyPersonIsPassedOverAtOnce(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	d.Duty(t, "city", contract.City, "", "sms")
	d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Urgent)
	advance(t, d)
	if diff := cmp.Diff([]string{"2.0 city sms"}, told(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.obligation_event WHERE kind = 'LevelEmpty' AND outcome = 'District'"); n != 2 {
		t.Errorf("recorded %d empty levels, want both district steps", n)
	}
}

func TestWhenTheLastLevelIsEmptyEverybodyWhoMayKnowIsTold(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	d.Duty(t, "school-1", contract.School, "no-1", "sms")
	d.Duty(t, "school-2", contract.School, "no-2", "sms")
	d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	advance(t, d)
	if diff := cmp.Diff([]string{"2.0 school-1 sms"}, told(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSchoolDutyIsToldOfItsOwnSchoolOnly(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	d.Exec(t, "UPDATE ek.round_step SET level = 'School' WHERE step = 0")
	d.Answer(t, d.Student(t, "no-2", "张小明"), contract.Urgent)
	advance(t, d)
	if diff := cmp.Diff([]string{"0.0 school-2 sms", "0.0 school-2 voice"}, told(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAWorseAnswerStartsTheChainAgain(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	student := d.Student(t, "no-1", "张小明")
	attempt := d.Attempt(t, student, "Draft")
	number := d.Raise(t, attempt, student, contract.Urgent, d.Event(t, attempt, contract.Urgent))
	advance(t, d)
	act(t, d, "SELECT ek_casework.own('li', true, '{district-duty}', $1)", number)
	act(t, d, "SELECT ek_casework.contact('li', true, '{district-duty}', $1, 'Reached', 0)", number)
	if again := d.Raise(t, attempt, student, contract.Immediate, d.Event(t, attempt, contract.Immediate)); again != number {
		t.Fatalf("another obligation %s", again)
	}
	advance(t, d)
	want := []string{"0.0 district sms", "0.0 district voice", "0.0 city sms", "0.0 city voice"}
	if diff := cmp.Diff(want, told(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	act(t, d, "SELECT ek_casework.own('li', true, '{district-duty}', $1)", number)
	err := store.Exec(t.Context(), d.Casework, "SELECT ek_casework.contact('li', true, '{district-duty}', $1, 'Reached', 0)", number)
	if f := fault.Of(err); f.Code != fault.Conflict || f.Field != "arming" {
		t.Errorf("a contact that did not know of it: %v", err)
	}
}

func TestTwoClocksTakeAStepOnce(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	for i := range 20 {
		d.Answer(t, d.Student(t, "no-1", fmt.Sprint("张", i)), contract.Immediate)
	}
	var running sync.WaitGroup
	for range 4 {
		pool := d.Pool(t, "casework")
		running.Go(func() {
			for {
				if n, err := casework.Advance(t.Context(), pool); n == 0 || err != nil {
					return
				}
			}
		})
	}
	running.Wait()
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.notification"); n != 40 {
		t.Errorf("%d notifications, want 20 for each of two transports", n)
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.obligation_event WHERE kind = 'Step'"); n != 20 {
		t.Errorf("%d steps, want 20", n)
	}
}

// A step that another replica is taking is neither taken again nor waited for.
func TestAStepUnderWayIsPassedOver(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	step, err := d.Owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = step.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := step.Exec(t.Context(), "SELECT FROM ek.obligation FOR NO KEY UPDATE"); err != nil {
		t.Fatal(err)
	}
	if n := advance(t, d); n != 0 {
		t.Errorf("took %d steps", n)
	}
}

func TestMissingObligationsAreFoundLate(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	report := func() contract.Report {
		t.Helper()
		r, err := d.Exchange.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := report(); !r.Covered || r.Obligations {
		t.Fatalf("at rest: %+v", r)
	}
	student := d.Student(t, "no-1", "张小明")
	attempt := d.Attempt(t, student, "Submitted")
	d.Event(t, attempt, contract.Immediate)
	request := uuid.New()
	d.Exec(t, "INSERT INTO ek.talk_request (id, student_id, attempt_id, round) VALUES ($1, $2, $3, $4)", request, student, attempt, caseworktest.Round)
	other := d.Attempt(t, d.Student(t, "no-2", "李四"), "Submitted")
	d.Exec(t, `INSERT INTO ek.result (id, attempt_id, student_id, round, meaning_digest, tier_rank, undetermined, sealed, obliges)
		SELECT $1, id, student_id, round, 'x', 1, false, '\x00', true FROM ek.attempt WHERE id = $2`, uuid.New(), other)
	if report().Covered {
		t.Error("three sources without obligation, and the report says covered")
	}
	if n, err := casework.Sweep(t.Context(), d.Casework); n != 3 || err != nil {
		t.Fatalf("found %d, %v", n, err)
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.obligation WHERE found_late"); n != 3 {
		t.Errorf("%d obligations found late, want 3", n)
	}
	if r := report(); !r.Covered || !r.Obligations {
		t.Errorf("after the sweep: %+v", r)
	}
	if n, err := casework.Sweep(t.Context(), d.Casework); n != 0 || err != nil {
		t.Errorf("a second sweep found %d, %v", n, err)
	}
}

func TestTheReportSaysWhenAStepIsLate(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	number := d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	onTime := func() bool {
		t.Helper()
		r, err := d.Exchange.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.OnTime
	}
	if !onTime() {
		t.Error("late at once")
	}
	d.Rewind(t, number, 31*time.Second)
	if onTime() {
		t.Error("a step 31 s overdue counts as on time")
	}
	advance(t, d)
	if !onTime() {
		t.Error("the step was taken")
	}
	d.Rewind(t, number, 31*time.Second)
	if onTime() {
		t.Error("nobody has even tried to send for 31 s")
	}
}

func TestTheDutyChainIsReachableWhenEveryLevelAndTwoTransportsAre(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	reach := func(want contract.Reach) {
		t.Helper()
		r, err := d.Exchange.Report(t.Context())
		if err != nil || r.DutyChain != want {
			t.Errorf("duty chain %s, %v; want %s", r.DutyChain, err, want)
		}
	}
	reach(contract.Unreachable)
	d.Duty(t, "district", contract.District, "", "sms")
	reach(contract.Unreachable) // nobody for the city
	d.Duty(t, "city", contract.City, "", "sms")
	reach(contract.ReachUnknown) // no probe yet
	d.Exec(t, "UPDATE ek.transport SET reach = 'Unreachable'")
	reach(contract.Unreachable)
	d.Exec(t, "UPDATE ek.transport SET reach = 'Reachable' WHERE name = 'sms'")
	reach(contract.Reachable)
	d.Exec(t, "UPDATE ek.round_step SET level = 'School' WHERE step = 0")
	reach(contract.Unreachable) // nobody in the schools of the cohort
	d.Duty(t, "school-1", contract.School, "no-1", "sms")
	reach(contract.Unreachable)
	d.Duty(t, "school-2", contract.School, "no-2", "sms")
	reach(contract.Reachable)
	d.Exec(t, "UPDATE ek.transport SET active = false WHERE name = 'voice'")
	reach(contract.Unreachable)
}

// An answer becomes a notification by the wake-up, long before any interval.
func TestARaisedObligationWakesTheClock(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	wake, senders, ready := worker.NewSignal(), worker.NewSignal(), worker.NewSignal()
	log := slog.New(slog.DiscardHandler)
	clock := casework.Clock(d.Casework, log, wake, senders)
	clock.Every = time.Hour
	listening := casework.Listen(d.Casework, log, map[string]worker.Signal{"ek_obligation": wake, "ek_ready": ready})
	running.Go(func() { _ = clock.Run(ctx) })
	running.Go(func() { _ = listening.Run(ctx) })
	caseworktest.Eventually(t, "the listener listens", func(context.Context) bool {
		d.Exec(t, "SELECT pg_notify('ek_ready', '')")
		return len(ready) == 1
	})
	d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	caseworktest.Eventually(t, "the step is taken", func(context.Context) bool { return len(told(t, d)) == 2 })
	caseworktest.Eventually(t, "the senders are woken", func(context.Context) bool { return len(senders) == 1 })
}

func TestAnObligationThatNobodyIsOnDutyForShows(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	d.Duty(t, "school-2", contract.School, "no-2", "sms")
	number := d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	if advance(t, d) != 1 || len(told(t, d)) != 0 {
		t.Fatal("somebody was told")
	}
	d.Rewind(t, number, 31*time.Second)
	if r, err := d.Exchange.Report(t.Context()); err != nil || r.OnTime {
		t.Errorf("nobody was told for 31 s and all is on time, %v", err)
	}
	if pgtest.One[bool](t, d.Database, "SELECT since IS NULL FROM ek_casework.facts() WHERE fact = 'undelivered'") {
		t.Error("nobody can know of it, and no fact stands")
	}
}

// A chain that climbed is judged by its latest step, not by an earlier one that went well.
func TestALaterStepThatReachesNobodyShows(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	number := d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	advance(t, d)
	d.Exec(t, "UPDATE ek.notification SET tries = 1, next_try_at = NULL, accepted_at = clock_timestamp()")
	stands := func(fact string) bool {
		return pgtest.One[bool](t, d.Database, "SELECT since IS NOT NULL FROM ek_casework.facts() WHERE fact = $1", fact)
	}
	d.Rewind(t, number, 31*time.Minute)
	if advance(t, d); stands("undelivered") {
		t.Error("the step was taken just now")
	}
	d.Rewind(t, number, 31*time.Second)
	if r, err := d.Exchange.Report(t.Context()); err != nil || r.OnTime {
		t.Errorf("nobody has tried the second step for 31 s and all is on time, %v", err)
	}
	if !stands("undelivered") {
		t.Error("no gateway has accepted the second step for 31 s, and no fact stands")
	}
}

func TestADutyListThatComesLateIsCalledAtOnce(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Urgent)
	if advance(t, d) != 1 || len(told(t, d)) != 0 {
		t.Fatal("somebody was told")
	}
	act(t, d, `SELECT ek_casework.replace_duty('zhao', '{registrars}', '{li}', '{District}', '{""}', '{sms}', ARRAY['\x00'::bytea])`)
	advance(t, d)
	if diff := cmp.Diff([]string{"0.0 li sms"}, told(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A caller that does not say what it had read knows what stood when it owned.
func TestAContactOfBeforeTheEscalationDoesNotStopTheChain(t *testing.T) {
	t.Parallel()
	d := staffed(t)
	student := d.Student(t, "no-1", "张小明")
	attempt := d.Attempt(t, student, "Draft")
	number := d.Raise(t, attempt, student, contract.Urgent, d.Event(t, attempt, contract.Urgent))
	const reached = "SELECT ek_casework.contact('li', true, '{district-duty}', $1, 'Reached', NULL)"
	act(t, d, "SELECT ek_casework.own('li', true, '{district-duty}', $1)", number)
	d.Raise(t, attempt, student, contract.Immediate, d.Event(t, attempt, contract.Immediate))
	if f := fault.Of(store.Exec(t.Context(), d.Casework, reached, number)); f.Code != fault.Conflict || f.Field != "arming" {
		t.Errorf("a contact that did not know of it: %v", f)
	}
	act(t, d, "SELECT ek_casework.own('li', true, '{district-duty}', $1)", number)
	act(t, d, reached, number)
}
