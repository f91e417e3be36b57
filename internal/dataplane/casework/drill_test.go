package casework_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/store"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func beijing(t *testing.T, civil string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", civil, time.FixedZone("CST", 8*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// sessions makes a control's sessions of pairs of civil times in Beijing.
func sessions(t *testing.T, civil ...string) (out []contract.Session) {
	t.Helper()
	for i := 0; i < len(civil); i += 2 {
		out = append(out, contract.Session{From: beijing(t, civil[i]).UTC(), To: beijing(t, civil[i+1]).UTC()})
	}
	return out
}

// upcoming is a district with one round to come, of the given sessions.
func upcoming(t *testing.T, opens, closes string, edit func(*contract.Control)) *caseworktest.District {
	t.Helper()
	d := caseworktest.Empty(t)
	d.Sync(t, caseworktest.Request(caseworktest.Directory()))
	d.Open(t, caseworktest.Control(caseworktest.Round, beijing(t, opens), beijing(t, closes), edit))
	return d
}

// due says whether casework would begin a drill at an instant, with ended drills begun at others.
func due(t *testing.T, d *caseworktest.District, at string, held ...string) bool {
	t.Helper()
	d.Exec(t, "DELETE FROM ek.drill_wanted")
	d.Exec(t, "DELETE FROM ek.drill")
	for _, begun := range held {
		d.Exec(t, `WITH d AS (INSERT INTO ek.drill (begun_by, begun_at, ended_at) VALUES ('test', $1, $1) RETURNING id)
			INSERT INTO ek.drill_wanted (drill_id, level) SELECT d.id, l.level FROM d, unnest(ARRAY['District', 'City']) AS l (level)`, beijing(t, begun))
	}
	return pgtest.One[bool](t, d.Database, "SELECT ek.drill_due($1)", beijing(t, at))
}

func TestWhenADrillIsDue(t *testing.T) {
	t.Parallel()
	d := upcoming(t, "2030-03-04 09:00", "2030-03-07 17:00", func(c *contract.Control) {
		c.Sessions = sessions(t, "2030-03-04 09:00", "2030-03-04 16:30", "2030-03-05 09:00", "2030-03-05 16:30", "2030-03-07 13:00", "2030-03-07 16:30")
	})
	tests := map[string]struct {
		at   string
		held []string
		want bool
	}{
		"a minute before the twentieth hour":        {at: "2030-03-03 12:59"},
		"twenty hours before the opening":           {at: "2030-03-03 13:00", want: true},
		"held for the opening":                      {at: "2030-03-03 20:00", held: []string{"2030-03-03 13:00"}},
		"held too early for the opening":            {at: "2030-03-03 14:00", held: []string{"2030-03-03 12:45"}, want: true},
		"never within an hour":                      {at: "2030-03-03 13:30", held: []string{"2030-03-03 12:45"}},
		"the opening's day, before it is time":      {at: "2030-03-04 06:59", held: []string{"2030-03-03 13:00"}},
		"two hours before the first session":        {at: "2030-03-04 07:00", held: []string{"2030-03-03 13:00"}, want: true},
		"held this morning":                         {at: "2030-03-04 15:00", held: []string{"2030-03-04 07:00"}},
		"held by hand before it was time":           {at: "2030-03-05 08:00", held: []string{"2030-03-05 06:10"}},
		"yesterday's does not do":                   {at: "2030-03-05 07:00", held: []string{"2030-03-04 23:30"}, want: true},
		"casework was away until after noon":        {at: "2030-03-05 15:00", held: []string{"2030-03-04 07:00"}, want: true},
		"after the day's last session":              {at: "2030-03-05 16:30", held: []string{"2030-03-04 07:00"}},
		"a day without a session":                   {at: "2030-03-06 10:00", held: []string{"2030-03-05 07:00"}},
		"two hours before a session after noon":     {at: "2030-03-07 11:00", held: []string{"2030-03-05 07:00"}, want: true},
		"a drill of a time to come, clock put back": {at: "2030-03-05 07:00", held: []string{"2030-03-07 11:00"}, want: true},
		"the round is over":                         {at: "2030-03-07 17:00"},
		"the day after":                             {at: "2030-03-08 10:00"},
	}
	for name, tt := range tests {
		if got := due(t, d, tt.at, tt.held...); got != tt.want {
			t.Errorf("%s: due at %s is %v", name, tt.at, got)
		}
	}
	d.Exec(t, "INSERT INTO ek.drill (begun_by, begun_at, expires_at) VALUES ('test', $1, $1)", beijing(t, "2030-03-04 07:00"))
	if pgtest.One[bool](t, d.Database, "SELECT ek.drill_due($1)", beijing(t, "2030-03-05 07:00")) {
		t.Error("due while one is under way")
	}
	d.Exec(t, "UPDATE ek.round SET hold = 'Hold'")
	if !due(t, d, "2030-03-04 07:00") {
		t.Error("a held round has none: it may be what the round waits for")
	}
	d.Exec(t, "UPDATE ek.round SET listed = false")
	if due(t, d, "2030-03-04 07:00") {
		t.Error("due for a round that nobody names")
	}
}

func TestNobodyIsCalledForADrillBeforeSix(t *testing.T) {
	t.Parallel()
	early := upcoming(t, "2030-03-04 07:00", "2030-03-05 09:00", func(c *contract.Control) {
		c.Sessions = sessions(t, "2030-03-04 07:00", "2030-03-04 09:00")
	})
	night := upcoming(t, "2030-03-04 00:00", "2030-03-06 00:00", func(c *contract.Control) {
		c.Sessions = sessions(t, "2030-03-04 00:00", "2030-03-06 00:00")
	})
	for at, want := range map[string]bool{"2030-03-04 05:59": false, "2030-03-04 06:00": true} {
		if got := due(t, early, at, "2030-03-03 11:00"); got != want {
			t.Errorf("before a session at seven: due at %s is %v", at, got)
		}
	}
	for at, want := range map[string]bool{"2030-03-03 05:59": false, "2030-03-03 06:00": true} {
		if got := due(t, night, at); got != want {
			t.Errorf("before an opening at midnight: due at %s is %v", at, got)
		}
	}
	for at, want := range map[string]bool{"2030-03-05 05:59": false, "2030-03-05 06:00": true} {
		if got := due(t, night, at, "2030-03-04 06:00"); got != want {
			t.Errorf("in a session round the clock: due at %s is %v", at, got)
		}
	}
}

func TestADrillGoesByTheSessionsOfTheSchoolsThatTakePart(t *testing.T) {
	t.Parallel()
	day := func(n string) []contract.Session { return sessions(t, n+" 10:00", n+" 12:00") }
	d := upcoming(t, "2030-03-04 09:00", "2030-03-08 17:00", func(c *contract.Control) {
		c.Cohort.Schools = []string{"no-1"}
		c.Sessions = day("2030-03-05") // nobody's: the only school has its own
		c.Overrides = []contract.SchoolSessions{{School: "no-1", Sessions: day("2030-03-06")}, {School: "no-2", Sessions: day("2030-03-07")}}
	})
	for at, want := range map[string]bool{"2030-03-05 09:00": false, "2030-03-06 09:00": true, "2030-03-07 09:00": false} {
		if got := due(t, d, at); got != want {
			t.Errorf("due at %s is %v", at, got)
		}
	}
}

// Nothing of what the operator could send keeps casework from looking.
func TestARoundWithoutAListOfSchoolsHasNoDrill(t *testing.T) {
	t.Parallel()
	d := upcoming(t, "2030-03-04 09:00", "2030-03-04 17:00", func(c *contract.Control) { c.Cohort.Schools = nil })
	d.Exec(t, "INSERT INTO ek.round_step (round, tier_rank, step, level, after_deadline) VALUES ($1, 1, 9, 'School', '1 hour')", caseworktest.Round)
	if due(t, d, "2030-03-04 10:00") {
		t.Error("due for the sessions of no school")
	}
	advanceDrills(t, d)
	reported(t, d)
}

// noon is a zone in which it is about noon now, so that a drill may begin.
func noon(now time.Time) string {
	return fmt.Sprintf("Etc/GMT%+d", now.UTC().Hour()-12)
}

// nextDay is a district with a round that opens in nineteen hours, somebody on duty in district and city, and no drill yet.
func nextDay(t *testing.T) *caseworktest.District {
	t.Helper()
	d := caseworktest.Empty(t)
	now := d.Now(t)
	d.Sync(t, caseworktest.Request(caseworktest.Directory(func(dir *contract.Directory) { dir.TimeZone = noon(now) })))
	d.Open(t, caseworktest.Control(caseworktest.Round, now.Add(19*time.Hour), now.Add(29*time.Hour)))
	d.Duty(t, "district", contract.District, "", "sms", "voice")
	d.Duty(t, "city", contract.City, "", "sms", "voice")
	return d
}

func advanceDrills(t *testing.T, d *caseworktest.District) {
	t.Helper()
	if err := casework.AdvanceDrills(t.Context(), d.Casework); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *caseworktest.District, of string) int {
	t.Helper()
	return pgtest.One[int](t, d.Database, "SELECT count(*) FROM "+of)
}

func TestReplicasBeginOneDrill(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	var running sync.WaitGroup
	for range 4 {
		pool := d.Pool(t, "casework")
		running.Go(func() {
			for range 5 {
				if err := casework.AdvanceDrills(t.Context(), pool); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	if drills, calls := count(t, d, "ek.drill"), count(t, d, "ek.drill_call"); drills != 1 || calls != 4 {
		t.Errorf("%d drills with %d calls, want 1 with 4", drills, calls)
	}
	if n := count(t, d, "ek.audit_entry WHERE action = 'DrillBegun'"); n != 1 {
		t.Errorf("%d audit entries", n)
	}
}

func TestNobodyOnDutyNoDrill(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	d.Exec(t, "UPDATE ek.duty_person SET active = false")
	advanceDrills(t, d)
	if n := count(t, d, "ek.drill"); n != 0 {
		t.Errorf("%d drills", n)
	}
}

func TestWhoComesOnDutyDuringADrillIsCalledToo(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	advanceDrills(t, d)
	d.Duty(t, "relief", contract.District, "", "sms")
	advanceDrills(t, d)
	advanceDrills(t, d)
	if n := count(t, d, "ek.drill_call c JOIN ek.duty_person p ON p.id = c.person_id WHERE p.subject = 'relief'"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// answers stores that people have acknowledged the latest drill.
func answers(t *testing.T, d *caseworktest.District, people map[string]string) {
	t.Helper()
	for subject, group := range people {
		d.Exec(t, "SELECT ek_casework.acknowledge_drill($1, true, $2)", subject, []string{group})
	}
}

func reported(t *testing.T, d *caseworktest.District) *contract.Drill {
	t.Helper()
	report, err := d.Exchange.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report.Drill
}

func TestTheReportSaysWhenADrillWasAcknowledgedInFull(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	advanceDrills(t, d)
	answers(t, d, map[string]string{"district": "district-duty"})
	if got := reported(t, d); got != nil {
		t.Fatalf("before the city has answered %+v", got)
	}
	before := d.Now(t).Unix()
	answers(t, d, map[string]string{"city": "city-duty"})
	got := reported(t, d)
	if got == nil || got.AcknowledgedAtUnix < before || got.AcknowledgedAtUnix > d.Now(t).Unix() {
		t.Fatalf("reported %+v, want from %d", got, before)
	}
	d.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '2 hours'")
	d.Exec(t, "SELECT ek.begin_drill('test')") // another that nobody has answered yet
	if again := reported(t, d); again == nil || *again != *got {
		t.Errorf("while another is under way %+v, want %+v", again, got)
	}
	d.Exec(t, "UPDATE ek.drill SET acknowledged_at = clock_timestamp() + interval '1 day' WHERE acknowledged_at IS NOT NULL")
	if again := reported(t, d); again != nil {
		t.Errorf("of a time to come %+v", again)
	}
}

func TestANewSchoolDoesNotUndoADrillAndANewLevelDoes(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	d.Exec(t, "UPDATE ek.round SET control = jsonb_set(control, '{cohort,schools}', '[\"no-1\"]')")
	callSchools := func() {
		d.Exec(t, "INSERT INTO ek.round_step (round, tier_rank, step, level, after_deadline) VALUES ($1, 1, 9, 'School', '1 hour')", caseworktest.Round)
	}
	advanceDrills(t, d)
	answers(t, d, map[string]string{"district": "district-duty", "city": "city-duty"})
	callSchools()
	if got := reported(t, d); got != nil {
		t.Errorf("a level that was not drilled: %+v", got)
	}
	d.Duty(t, "zhao", contract.School, "no-1", "sms")
	advanceDrills(t, d)
	if n := count(t, d, "ek.drill"); n != 1 {
		t.Error("another drill within the hour")
	}
	d.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '61 minutes'")
	advanceDrills(t, d)
	answers(t, d, map[string]string{"district": "district-duty", "city": "city-duty", "zhao": "no-1-duty"})
	if n := count(t, d, "ek.drill"); n != 2 || reported(t, d) == nil {
		t.Errorf("%d drills, reported %+v", n, reported(t, d))
	}
	d.Exec(t, "UPDATE ek.round SET control = jsonb_set(control, '{cohort,schools}', '[\"no-1\", \"no-2\"]')")
	if reported(t, d) == nil {
		t.Error("a school that joined the cohort undid the drill")
	}
}

func TestWithoutARoundADrillWantsEveryLevelOfTheDutyList(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	d.Sync(t, caseworktest.Request(caseworktest.Directory()))
	d.Duty(t, "zhao", contract.School, "no-1", "sms")
	d.Duty(t, "qian", contract.School, "no-2", "sms")
	d.Duty(t, "district", contract.District, "", "sms")
	d.Exec(t, "SELECT ek.begin_drill('test')")
	answers(t, d, map[string]string{"qian": "no-2-duty"})
	if reported(t, d) != nil {
		t.Error("acknowledged without the district")
	}
	answers(t, d, map[string]string{"district": "district-duty"})
	if reported(t, d) == nil {
		t.Error("one of the schools and the district are not enough")
	}
}

// Beginning a drill drops the calls of the one before, acknowledging those of a person: side by side they could wait
// for each other, and the answer would go to the drill that is over.
func TestWhoAcknowledgesWhileAnotherDrillBeginsAnswersThatOne(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	advanceDrills(t, d)
	answers(t, d, map[string]string{"district": "district-duty", "city": "city-duty"})
	d.Exec(t, "UPDATE ek.drill SET begun_at = begun_at - interval '2 hours'")
	var (
		acknowledging sync.WaitGroup
		done          atomic.Bool
	)
	err := postgres.InTx(t.Context(), d.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT ek_casework.begin_drill('reg', true, '{registrars}')"); err != nil {
			return err
		}
		acknowledging.Go(func() {
			defer done.Store(true)
			if err := store.Exec(t.Context(), d.Casework, "SELECT ek_casework.acknowledge_drill('district', true, '{district-duty}')"); err != nil {
				t.Error(err)
			}
		})
		caseworktest.Eventually(t, "the answer waits", func(context.Context) bool {
			return done.Load() || pgtest.One[bool](t, d.Database, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database()))")
		})
		return nil
	})
	acknowledging.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, "ek.drill_answer a JOIN ek.drill d ON d.id = a.drill_id WHERE d.ended_at IS NULL"); n != 1 {
		t.Errorf("%d answers to the drill that had begun, want 1", n)
	}
}

func TestADrillThatNobodyAcknowledgesExpiresAndShows(t *testing.T) {
	t.Parallel()
	d := nextDay(t)
	advanceDrills(t, d)
	answers(t, d, map[string]string{"district": "district-duty"})
	if standing(t, d, "drill_unacknowledged") != 0 {
		t.Error("stands while the drill is under way")
	}
	d.Exec(t, "UPDATE ek.drill SET expires_at = clock_timestamp()")
	advanceDrills(t, d)
	if n := count(t, d, "ek.drill WHERE ended_at IS NOT NULL AND acknowledged_at IS NULL"); n != 1 {
		t.Fatal("it has not ended")
	}
	if n := count(t, d, "ek.audit_entry WHERE action = 'DrillExpired'"); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	if standing(t, d, "drill_unacknowledged") != 1 || reported(t, d) != nil {
		t.Error("it does not show")
	}
	advanceDrills(t, d)
	if n := count(t, d, "ek.drill"); n != 1 {
		t.Error("another was begun at once")
	}
	report, err := d.Exchange.Report(t.Context())
	if err != nil || !report.Covered || !report.OnTime || report.Obligations {
		t.Errorf("a drill touches obligations: %+v, %v", report, err)
	}
	d.Exec(t, "SELECT ek.begin_drill('test')")
	if standing(t, d, "drill_unacknowledged") != 1 {
		t.Error("beginning another is no acknowledgement")
	}
	answers(t, d, map[string]string{"district": "district-duty", "city": "city-duty"})
	if standing(t, d, "drill_unacknowledged") != 0 {
		t.Error("stands after one that was acknowledged")
	}
}

// standing is the metric of a fact.
func standing(t *testing.T, d *caseworktest.District, fact string) float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(casework.NewFacts(d.Casework))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "evenkeel_fact_standing" && m.GetLabel()[0].GetValue() == fact {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("there is no fact %s", fact)
	return 0
}

// The whole process: it begins the drill, calls, and the report has it once people answered.
func TestCaseworkDrillsByItself(t *testing.T) {
	t.Parallel()
	in := install(t)
	now := in.Now(t)
	in.Exec(t, "UPDATE ek.directory SET body = jsonb_set(body, '{timeZone}', to_jsonb($1::text))", noon(now))
	in.Exec(t, "DELETE FROM ek.drill_wanted")
	in.Exec(t, "DELETE FROM ek.drill")
	app := in.replica(t)
	desk := in.serve(t, app.Staff)
	caseworktest.Eventually(t, "everybody is called over both gateways", func(context.Context) bool {
		return len(in.sms.Received()) == 2 && len(in.voice.Received()) == 2
	})
	var call struct {
		Drill      bool
		Obligation string
	}
	if err := json.Unmarshal(in.sms.Received()[0].Body, &call); err != nil || !call.Drill || call.Obligation != "" {
		t.Errorf("called with %s, %v", in.sms.Received()[0].Body, err)
	}
	in.Exec(t, "UPDATE ek.duty_person SET subject = 'li'") // one person on duty at both levels
	for _, group := range []string{"district-duty", "city-duty"} {
		if status := in.as(t, desk, group, "/api/v1/drill/acknowledge", nil); status != 200 {
			t.Errorf("%s: %d", group, status)
		}
	}
	if reported(t, in.District) == nil {
		t.Error("not reported")
	}
}
