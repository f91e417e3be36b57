package exchange_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/worker"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

// dayOfYear is the day so many days from now in the zone of the tests' directory.
func dayOfYear(now time.Time, days int) string {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return now.In(zone).AddDate(0, 0, days).Format("01-02")
}

// ruled gives a directory a rule with a school year that began a hundred days ago.
func ruled(revision int64, percent int) func(*contract.Directory) {
	return func(d *contract.Directory) {
		d.Revision = revision
		d.Coverage = &contract.CoverageRule{YearBegins: dayOfYear(time.Now(), -100), TargetPercent: percent}
	}
}

// roll is a school's students as the tests need them.
type roll struct{ screened, void, declined, absent int }

func enrol(t *testing.T, d *caseworktest.District, school string, r roll) {
	t.Helper()
	add := func(n int, act pgtest.Act) {
		for range n {
			s := d.Student(t, school, "学生")
			if act != "" {
				d.AddAttempt(t, s, caseworktest.Round, act, time.Now().AddDate(0, 0, -3))
			}
		}
	}
	add(r.screened, pgtest.Scored)
	add(r.void, pgtest.Undetermined)
	add(r.declined, pgtest.Declined)
	add(r.absent, "")
}

func count(t testing.TB, d *caseworktest.District) bool {
	t.Helper()
	did, err := exchange.CountCoverage(t.Context(), d.Casework)
	if err != nil {
		t.Fatal(err)
	}
	return did
}

// recount counts although the last count is new.
func recount(t *testing.T, d *caseworktest.District) {
	t.Helper()
	d.Exec(t, "UPDATE ek.coverage_count SET counted_at = counted_at - interval '1 minute'")
	if !count(t, d) {
		t.Fatal("an old count was not made anew")
	}
}

func reported(t testing.TB, d *caseworktest.District, known contract.Digest) *contract.Coverage {
	t.Helper()
	return d.Sync(t, contract.SyncRequest{Version: contract.Version, District: pgtest.District, Coverage: known}).Report.Coverage
}

func school(name string, eligible, screened int64, met bool) contract.SchoolCoverage {
	return contract.SchoolCoverage{School: contract.RefOf(name), Eligible: eligible, Screened: screened, Met: met}
}

func TestCoverageIsReportedBySchoolAndRounded(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 95))
	enrol(t, d, "no-1", roll{screened: 19, declined: 3, absent: 1}) // 19 of 20: 95 per cent
	enrol(t, d, "no-2", roll{screened: 37, void: 2, absent: 0})     // 37 of 39: 94.9
	if got := reported(t, d, ""); got != nil {
		t.Errorf("before the first count the report says %+v", got)
	}
	if !count(t, d) || count(t, d) {
		t.Error("was not counted exactly once")
	}
	got := reported(t, d, "")
	want := &contract.Coverage{
		YearFromUnix: yearFrom(t, -100), Eligible: 60, Screened: 60, // 59 and 56
		Schools: []contract.SchoolCoverage{school("no-1", 20, 20, true), school("no-2", 40, 40, false)},
	}
	want.Digest, _ = want.Sum()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}

	// what the operator holds is not sent again; what it does not hold is
	if short := reported(t, d, got.Digest); short.Schools != nil || short.Digest != got.Digest || short.Eligible != 60 {
		t.Errorf("with its digest in the request the report says %+v", short)
	}
	enrol(t, d, "no-2", roll{screened: 10})
	recount(t, d)
	if again := reported(t, d, got.Digest); len(again.Schools) != 2 || again.Digest == got.Digest || !again.Schools[1].Met {
		t.Errorf("after ten more were screened the report says %+v", again)
	}
}

func yearFrom(t *testing.T, days int) int64 {
	t.Helper()
	zone, _ := time.LoadLocation("Asia/Shanghai")
	at := time.Now().In(zone).AddDate(0, 0, days)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone).Unix()
}

// The school year is that of the database's clock in the district's time zone: on its first
// day nobody is screened yet, on the day before it everybody of the year that ends is.
func TestANewSchoolYearBeginsWithNobody(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 95))
	enrol(t, d, "no-1", roll{screened: 20})
	for revision, tt := range map[int64]struct {
		begins   int // days from today
		screened int64
	}{2: {begins: 0, screened: 0}, 3: {begins: 1, screened: 20}} {
		rule := &contract.CoverageRule{YearBegins: dayOfYear(time.Now(), tt.begins), TargetPercent: 95}
		d.Exec(t, "UPDATE ek.directory SET revision = $1, body = body || jsonb_build_object('coverage', $2::jsonb)", revision, rule)
		if !count(t, d) {
			t.Fatal("a directory with another year did not lead to another count")
		}
		if got := reported(t, d, ""); got.Screened != tt.screened || got.Eligible != 20 {
			t.Errorf("begun %d days from today: %+v", tt.begins, got)
		}
	}
}

func TestCoverageFollowsTheDirectory(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 50))
	enrol(t, d, "no-1", roll{screened: 15, absent: 15})
	enrol(t, d, "no-2", roll{screened: 10})
	count(t, d)
	if got := reported(t, d, ""); !got.Schools[0].Met {
		t.Errorf("half of them screened, half asked for: %+v", got)
	}
	// the target counts at once, without a new count
	d.Sync(t, caseworktest.Request(caseworktest.Directory(ruled(2, 51))))
	if got := reported(t, d, ""); got.Schools[0].Met {
		t.Errorf("half of them screened, more asked for: %+v", got)
	}
	// a school that is gone is not reported, one without students has met the rule
	d.Sync(t, caseworktest.Request(caseworktest.Directory(ruled(3, 50), func(d *contract.Directory) {
		d.Schools[1] = contract.SchoolInfo{Name: "no-3", Stages: []string{"JuniorSecondary"}}
		d.Staff = d.Staff[2:]
	})))
	if !count(t, d) {
		t.Error("other schools did not lead to another count")
	}
	got := reported(t, d, "")
	if diff := cmp.Diff([]contract.SchoolCoverage{school("no-1", 30, 20, true), school("no-3", 0, 0, true)}, got.Schools); diff != "" || got.Eligible != 30 {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	// without a rule nothing is reported, and what was counted is forgotten
	d.Sync(t, caseworktest.Request(caseworktest.Directory(func(d *contract.Directory) { d.Revision = 4 })))
	if r := d.Sync(t, caseworktest.Request()).Report; r.Coverage != nil || r.Timeliness != "" {
		t.Errorf("without a rule the report says %+v, %q", r.Coverage, r.Timeliness)
	}
	if count(t, d); pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.coverage_count") != 0 {
		t.Error("without a rule a count stands")
	}
}

func TestARuleThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	for name, rule := range map[string]contract.CoverageRule{
		"29 February":  {YearBegins: "02-29", TargetPercent: 95},
		"no day":       {TargetPercent: 95},
		"nobody":       {YearBegins: "09-01"},
		"all and more": {YearBegins: "09-01", TargetPercent: 101},
	} {
		directory := caseworktest.Directory(func(d *contract.Directory) { d.Coverage = &rule })
		if diff := cmp.Diff(refusal(contract.KindDirectory, "", contract.RefusedInvalid), d.TrySync(t, caseworktest.Request(directory)).Refusals); diff != "" {
			t.Errorf("%s: refusals (-want +got):\n%s", name, diff)
		}
	}
}

func TestTwoProcessesCountOnce(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 95))
	enrol(t, d, "no-1", roll{screened: 20})
	var (
		counted atomic.Int32
		running sync.WaitGroup
	)
	for range 6 {
		running.Go(func() {
			did, err := exchange.CountCoverage(t.Context(), d.Casework)
			if err != nil {
				t.Error(err)
			}
			if did {
				counted.Add(1)
			}
		})
	}
	running.Wait()
	if counted.Load() != 1 || reported(t, d, "").Screened != 20 {
		t.Errorf("counted %d times", counted.Load())
	}
	const stands = "SELECT since IS NOT NULL FROM ek_casework.coverage_facts()"
	if pgtest.One[bool](t, d.Database, stands) {
		t.Error("the fact that nobody counts stands right after counting")
	}
	d.Exec(t, "UPDATE ek.coverage_count SET counted_at = counted_at - interval '6 minutes'")
	if !pgtest.One[bool](t, d.Database, stands) {
		t.Error("nobody has counted for six minutes, and no fact says so")
	}
	// a count from before the clock was put back does not stand
	d.Exec(t, "UPDATE ek.coverage_count SET counted_at = clock_timestamp() + interval '1 hour'")
	if !count(t, d) {
		t.Error("a count of a time to come keeps the next from being made")
	}
}

func TestCountingIsWokenByADirectory(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	enrol(t, d, "no-1", roll{screened: 20})
	ctx, stop := context.WithCancel(t.Context())
	wake := worker.NewSignal()
	d.Exchange.Applied = wake.Wake
	var running sync.WaitGroup
	running.Go(func() { _ = exchange.Counter(d.Casework, slog.New(slog.DiscardHandler), wake).Run(ctx) })
	d.Sync(t, caseworktest.Request(caseworktest.Directory(ruled(2, 95))))
	caseworktest.Eventually(t, "a new rule is counted by", func(context.Context) bool { return reported(t, d, "") != nil })
	stop()
	running.Wait()
}

func TestTimelinessInOneWord(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 95))
	oblige := func(n int, change string) {
		for range n {
			number := d.Answer(t, d.Student(t, "no-1", "学生"), contract.Urgent)
			d.Exec(t, "UPDATE ek.obligation SET "+change+" WHERE number = $1", number)
		}
	}
	const inTime = "state = 'Contacted', contacted_at = deadline_at"
	steps := []struct {
		n      int
		change string
		want   contract.Timeliness
	}{
		{5, "tier_rank = tier_rank", contract.TooFew}, // not due yet
		{9, inTime, contract.TooFew},
		{20, inTime + ", raised_at = raised_at - interval '101 days'", contract.TooFew}, // of last year
		{1, inTime, contract.AllInTime},
		{1, "state = 'Closed', contacted_at = deadline_at + interval '1 second', closed_at = deadline_at + interval '1 hour'", contract.MostInTime},
		{1, "deadline_at = clock_timestamp() - interval '1 second'", contract.SomeLate}, // nobody has come
		{8, inTime, contract.MostInTime}, // 18 of 20
	}
	for i, step := range steps {
		oblige(step.n, step.change)
		if i == 0 {
			count(t, d)
		} else {
			recount(t, d)
		}
		if got := d.Sync(t, caseworktest.Request()).Report.Timeliness; got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// An obligation that was answered late and raised again is judged by its last arming; one
// whose deadline passed before it was raised again stays missed.
func TestTimelinessGoesByTheLastArming(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, ruled(1, 95), func(d *contract.Directory) { d.CellFloor = 2 })
	raiseAgain := func(change string) {
		student := d.Student(t, "no-1", "学生")
		attempt := d.Attempt(t, student, "Draft")
		number := d.Raise(t, attempt, student, contract.Urgent, d.Event(t, attempt, contract.Urgent))
		d.Exec(t, "UPDATE ek.obligation SET "+change+" WHERE number = $1", number)
		d.Raise(t, attempt, student, contract.Immediate, d.Event(t, attempt, contract.Immediate))
		d.Exec(t, "UPDATE ek.obligation SET state = 'Contacted', contacted_at = clock_timestamp() WHERE number = $1", number)
	}
	for range 2 {
		raiseAgain("state = 'Contacted', contacted_at = deadline_at + interval '1 second'")
	}
	count(t, d)
	if got := d.Sync(t, caseworktest.Request()).Report.Timeliness; got != contract.AllInTime {
		t.Errorf("contacted late, raised again and contacted in time: %s", got)
	}
	raiseAgain("deadline_at = clock_timestamp() - interval '1 second'")
	recount(t, d)
	if got := d.Sync(t, caseworktest.Request()).Report.Timeliness; got != contract.SomeLate {
		t.Errorf("raised again when it was late already: %s", got)
	}
}

// In a make-up round those are invited whom nobody has screened, and they stay so when they
// have come; who moved is invited by the school that they moved to.
func TestAMakeUpRoundInvitesWhoIsMissing(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	enrol(t, d, "no-1", roll{screened: 30, void: 5, declined: 7, absent: 6})
	now := d.Now(t)
	since := now.AddDate(0, 0, -30).UTC().Truncate(time.Second)
	d.Open(t, caseworktest.Control("make-up", now.Add(-time.Hour), now.Add(time.Hour), func(c *contract.Control) { c.Cohort.NotScreenedSince = &since }))
	const sql = "SELECT ek.invited(r) || ' ' || (SELECT count(*) FROM ek.participants(r.round)) FROM ek.round r WHERE round = 'make-up'"
	if got := pgtest.One[string](t, d.Database, sql); got != "11 0" {
		t.Errorf("invited and come: %s, want those who were absent and whose answers could not be scored", got)
	}
	student := pgtest.One[uuid.UUID](t, d.Database, "SELECT s.id FROM ek.student s WHERE NOT EXISTS (SELECT FROM ek.attempt a WHERE a.student_id = s.id) LIMIT 1")
	d.AddAttempt(t, student, "make-up", pgtest.Scored, now)
	d.Event(t, pgtest.One[uuid.UUID](t, d.Database, "SELECT id FROM ek.attempt WHERE round = 'make-up'"), "")
	if got := pgtest.One[string](t, d.Database, sql); got != "11 1" {
		t.Errorf("invited and come: %s, want one who came and still counts", got)
	}
	// with the release it is settled whom it invited, whoever comes to the district later
	d.Exec(t, "UPDATE ek.round SET closes_at = clock_timestamp() WHERE round = 'make-up'")
	if did, err := exchange.Release(t.Context(), d.Casework); err != nil || !did {
		t.Fatalf("released %v, %v", did, err)
	}
	enrol(t, d, "no-1", roll{absent: 10})
	if got := pgtest.One[string](t, d.Database, sql); got != "11 1" {
		t.Errorf("invited and come: %s, after the release", got)
	}
}
