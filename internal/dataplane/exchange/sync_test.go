package exchange_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/exchange"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func refusal(kind contract.Kind, round string, reason contract.RefusalReason) []contract.Refusal {
	r := contract.Refusal{Kind: kind, Reason: reason}
	if round != "" {
		r.Round = contract.RefOf(round)
	}
	return []contract.Refusal{r}
}

func TestADistrictAsksForWhatItLacks(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	now := d.Now(t)
	full := caseworktest.Request(caseworktest.Directory(), caseworktest.Meaning("r"), caseworktest.Control("r", now, now.Add(time.Hour)))
	bare := full
	bare.Documents = contract.Documents{}

	ref := contract.RefOf("r")
	want := []contract.Missing{{Kind: contract.KindDirectory}, {Kind: contract.KindControl, Round: ref}, {Kind: contract.KindMeaning, Round: ref}}
	if diff := cmp.Diff(want, d.Sync(t, bare).Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	first := d.Sync(t, full)
	again := d.Sync(t, bare)
	if len(first.Missing)+len(again.Missing) != 0 {
		t.Errorf("still missing %v, then %v", first.Missing, again.Missing)
	}
	if again.Report.Directory == nil || *again.Report.Directory != *full.Directory {
		t.Errorf("the report names directory %v", again.Report.Directory)
	}
	round := again.Report.Rounds[0]
	if round.State != contract.RoundOpen || round.Meaning != full.Rounds[0].Meaning || round.Control != full.Rounds[0].Control {
		t.Errorf("round %+v", round)
	}
}

// The documents that come together in one sync may be applied in any order.
func TestAControlBeforeItsMeaningOpensOnlyWithIt(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	now := d.Now(t)
	control := caseworktest.Control("r", now.Add(-time.Minute), now.Add(time.Hour))
	both := caseworktest.Request(caseworktest.Meaning("r"), control)
	alone := both
	alone.Documents = contract.Documents{Controls: both.Documents.Controls}
	if got := d.Sync(t, alone).Report.Rounds[0].State; got != contract.RoundHeld {
		t.Errorf("without its meaning the round is %s", got)
	}
	if got := d.Sync(t, both).Report.Rounds[0].State; got != contract.RoundOpen {
		t.Errorf("with its meaning the round is %s", got)
	}
}

func TestRefusals(t *testing.T) {
	meaning := func(edit func(*contract.Meaning)) contract.Meaning {
		m := caseworktest.Meaning(caseworktest.Round)
		edit(&m)
		return m
	}
	directory := func(edit func(*contract.Directory)) contract.Directory {
		return caseworktest.Directory(func(d *contract.Directory) { d.Revision = 2; edit(d) })
	}
	tests := map[string]struct {
		request func(now time.Time) contract.SyncRequest
		want    []contract.Refusal
	}{
		"another district's request": {func(time.Time) contract.SyncRequest {
			r := caseworktest.Request(caseworktest.Directory())
			r.District = "510116"
			return r
		}, refusal(contract.KindDirectory, "", contract.RefusedWrongDistrict)},
		"another district's directory": {func(time.Time) contract.SyncRequest {
			return caseworktest.Request(directory(func(d *contract.Directory) { d.District = "510116" }))
		}, refusal(contract.KindDirectory, "", contract.RefusedWrongDistrict)},
		"a directory that is not the one announced": {func(time.Time) contract.SyncRequest {
			r := caseworktest.Request(directory(func(*contract.Directory) {}))
			r.Documents.Directory.CellFloor = 3
			return r
		}, refusal(contract.KindDirectory, "", contract.RefusedDigestMismatch)},
		"an older directory": {func(time.Time) contract.SyncRequest {
			return caseworktest.Request(directory(func(d *contract.Directory) { d.Revision = 0 }))
		}, refusal(contract.KindDirectory, "", contract.RefusedStale)},
		"a directory with an http transport": {func(time.Time) contract.SyncRequest {
			return caseworktest.Request(directory(func(d *contract.Directory) { d.Transports[0].URL = "http://sms.invalid" }))
		}, refusal(contract.KindDirectory, "", contract.RefusedInvalid)},
		"a directory with a weak secret": {func(time.Time) contract.SyncRequest {
			return caseworktest.Request(directory(func(d *contract.Directory) { d.Channels[0].SendSecret = []byte("short") }))
		}, refusal(contract.KindDirectory, "", contract.RefusedInvalid)},
		"another meaning for an open round": {func(time.Time) contract.SyncRequest {
			return caseworktest.Request(meaning(func(m *contract.Meaning) { m.Policy.Name = "other" }))
		}, refusal(contract.KindMeaning, caseworktest.Round, contract.RefusedPinned)},
		"an older control": {func(now time.Time) contract.SyncRequest {
			return caseworktest.Request(caseworktest.Control(caseworktest.Round, now.Add(-time.Hour), now.Add(time.Hour), func(c *contract.Control) { c.Revision = 0 }))
		}, refusal(contract.KindControl, caseworktest.Round, contract.RefusedStale)},
		"a meaning that is not the one announced": {func(time.Time) contract.SyncRequest {
			r := caseworktest.Request(caseworktest.Meaning("new"))
			r.Documents.Meanings[0].Policy.Name = "other"
			return r
		}, refusal(contract.KindMeaning, "new", contract.RefusedDigestMismatch)},
		"a meaning that does not compile": {func(time.Time) contract.SyncRequest {
			m := caseworktest.Meaning("new")
			m.Policy.Rules[0].When = "scores['gad-7'].total >= 15"
			return caseworktest.Request(m)
		}, refusal(contract.KindMeaning, "new", contract.RefusedInvalid)},
		"a control that closes before it opens": {func(now time.Time) contract.SyncRequest {
			return caseworktest.Request(caseworktest.Control("new", now, now.Add(-time.Hour), func(c *contract.Control) { c.Sessions = nil }))
		}, refusal(contract.KindControl, "new", contract.RefusedInvalid)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := caseworktest.New(t)
			const applied = `SELECT (SELECT md5(string_agg(r::text, '|' ORDER BY round)) FROM ek.round r WHERE round <> 'new') ||
				(SELECT count(*) FROM ek.round WHERE round = 'new') || (SELECT digest FROM ek.directory) ||
				(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ek.round_tier t)`
			before := pgtest.One[string](t, d.Database, applied)
			request := tt.request(d.Now(t))
			if !slices.ContainsFunc(request.Rounds, func(r contract.RoundDesired) bool { return r.Round == caseworktest.Round }) {
				request.Rounds = append(request.Rounds, contract.RoundDesired{Round: caseworktest.Round, Control: d.TrySync(t, contract.SyncRequest{
					District: "none", Version: 1}).Report.Rounds[0].Control})
			}
			if diff := cmp.Diff(tt.want, d.TrySync(t, request).Refusals); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
			if after := pgtest.One[string](t, d.Database, applied); after != before {
				t.Error("what was refused changed something")
			}
		})
	}
}

// A cohort that changed while the district could not be reached is refused for good; the
// hold and the end that people ask for come with it and must get through, and back again.
func TestAHoldGetsThroughARefusedControl(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	now := d.Now(t)
	opens := pgtest.One[time.Time](t, d.Database, "SELECT opens_at FROM ek.round")
	send := func(revision int64, closes time.Time, hold contract.Hold) contract.SyncResponse {
		t.Helper()
		return d.TrySync(t, caseworktest.Request(caseworktest.Meaning(caseworktest.Round), caseworktest.Control(caseworktest.Round, opens, closes, func(c *contract.Control) {
			c.Revision, c.Hold, c.Cohort.Schools = revision, hold, []string{"no-1"}
		})))
	}
	stored := func() string {
		t.Helper()
		return pgtest.One[string](t, d.Database, `SELECT format('%s %s %s %s', hold, control ->> 'hold', closes_at <= clock_timestamp(), control -> 'cohort' ->> 'schools') FROM ek.round`)
	}
	revision := int64(1)
	for _, step := range []struct {
		closes time.Time
		hold   contract.Hold
		want   string
	}{
		{now.Add(time.Hour), contract.HoldAndDrain, `HoldAndDrain HoldAndDrain f ["no-1", "no-2"]`},
		{now.Add(time.Hour), contract.HoldNone, `None None f ["no-1", "no-2"]`},
		{now, contract.HoldNone, `None None t ["no-1", "no-2"]`},
	} {
		got := send(revision+1, step.closes, step.hold)
		if diff := cmp.Diff(refusal(contract.KindControl, caseworktest.Round, contract.RefusedOpen), got.Refusals); diff != "" {
			t.Errorf("refusals (-want +got):\n%s", diff)
		}
		if stored() != step.want {
			t.Errorf("stored %s, want %s", stored(), step.want)
		}
		applied := got.Report.Rounds[0].Control
		if applied.Revision != revision+1 {
			t.Errorf("the report names revision %d", applied.Revision)
		}
		revision = applied.Revision
		if again := send(revision+1, step.closes, step.hold).Report.Rounds[0].Control; again != applied {
			t.Errorf("sent again, it was stored again: %v, then %v", applied, again)
		}
	}
	if got := pgtest.One[int](t, d.Database, "SELECT count(*)::int FROM ek.audit_entry WHERE action = 'ControlAppliedInPart'"); got != 3 {
		t.Errorf("%d audit entries, want 3", got)
	}
}

func TestUntilOpeningTheMeaningMayBeReplaced(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	now := d.Now(t)
	control := caseworktest.Control("r", now.Add(time.Hour), now.Add(2*time.Hour))
	d.Sync(t, caseworktest.Request(caseworktest.Directory(), caseworktest.Meaning("r"), control))

	other := caseworktest.Meaning("r")
	other.Policy.Tiers[0].RespondWithinMinutes = 5
	digest, _ := contract.DigestOf(other)
	control.MeaningDigest, control.Revision = digest, 2
	d.Sync(t, caseworktest.Request(caseworktest.Directory(), other, control))
	if got := pgtest.One[string](t, d.Database, "SELECT meaning_digest FROM ek.round"); got != string(digest) {
		t.Error("the round still means the first")
	}
	if got := pgtest.One[int](t, d.Database, "SELECT extract(epoch FROM respond_within)::int FROM ek.round_tier WHERE rank = 0"); got != 300 {
		t.Errorf("the deadline is %d s", got)
	}
}

func TestAMeaningIsProjected(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t, func(c *contract.Directory) {
		c.Tighter = []contract.Tighter{{Tier: "Severe", RespondWithinMinutes: 20}, {Tier: "High", RespondWithinMinutes: 9999}}
	})
	got := pgtest.One[string](t, d.Database, `SELECT string_agg(format('%s %s %s %s', name, lead, respond_within, does_notify), ', ' ORDER BY rank) FROM ek.round_tier`)
	want := "Severe City 00:20:00 t, High District 08:00:00 t, Moderate District 168:00:00 f, Low School 336:00:00 f"
	if got != want {
		t.Errorf("tiers %s\nwant  %s", got, want)
	}
	got = pgtest.One[string](t, d.Database, `SELECT string_agg(format('%s:%s:%s:%s', tier_rank, step, level, after_deadline), ' ' ORDER BY tier_rank, step) FROM ek.round_step`)
	want = "0:0:City: 0:1:District:00:00:00 0:2:City:00:15:00 1:0:District: 1:1:District:00:00:00 1:2:City:02:00:00"
	if got != want {
		t.Errorf("steps %s\nwant  %s", got, want)
	}
	got = pgtest.One[string](t, d.Database, `SELECT string_agg(class || ':' || tier_rank, ' ' ORDER BY class) FROM ek.round_floor`)
	if got != "1:2 2:1 3:0" {
		t.Errorf("floors %s", got)
	}
}

func TestNoSecretIsStoredInTheOpen(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	var tables []string
	for _, table := range []string{"ek.directory", "ek.secret", "ek.transport", "ek.channel"} {
		tables = append(tables, pgtest.One[string](t, d.Database, "SELECT coalesce(string_agg(t::text, ' '), '') FROM "+table+" t"))
	}
	dump := strings.Join(tables, " ")
	for _, secret := range [][]byte{caseworktest.SendSecret, caseworktest.ReceiveSecret} {
		encoded, _ := json.Marshal(secret)
		if strings.Contains(dump, string(secret)) || strings.Contains(dump, strings.Trim(string(encoded), `"`)) {
			t.Error("a secret can be read in the database")
		}
	}
	sealed := pgtest.One[[]byte](t, d.Database, "SELECT sealed FROM ek.secret WHERE kind = 'TransportSend' AND name = 'sms'")
	if opened, err := d.Keys.OpenSecret(exchange.TransportSend, "sms", sealed); err != nil || !bytes.Equal(opened, caseworktest.SendSecret) {
		t.Errorf("opened %q, %v", opened, err)
	}
}

func TestARoundThatIsNoLongerNamedIsHeld(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	if got := d.Sync(t, caseworktest.Request(caseworktest.Directory())).Report.Rounds[0].State; got != contract.RoundHeld {
		t.Errorf("the round is %s, want Held", got)
	}
}

// An operator that has just started names its rounds and nothing else.
func TestARoundThatIsOnlyNamedIsKept(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	got := d.Sync(t, contract.SyncRequest{Version: contract.Version, District: pgtest.District, Rounds: []contract.RoundDesired{{Round: caseworktest.Round}, {Round: "new"}}})
	if len(got.Missing) != 0 || got.Report.Rounds[0].State != contract.RoundOpen {
		t.Errorf("missing %v, state %s", got.Missing, got.Report.Rounds[0].State)
	}
}

func TestWithoutKeysNothingIsApplied(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	d.Exchange.Keys = func() exchange.Keys { return exchange.Keys{State: contract.KeysMissing} }
	got := d.TrySync(t, caseworktest.Request(caseworktest.Directory()))
	if got.Report.Keys != contract.KeysMissing || got.Report.Directory != nil || got.Missing != nil {
		t.Errorf("%+v", got)
	}
}

func TestClosingEarlyEndsDrafts(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	attempt := d.Attempt(t, d.Student(t, "no-1", "张三"), "Draft")
	now := d.Now(t)
	var stored contract.Control
	raw := pgtest.One[[]byte](t, d.Database, "SELECT control FROM ek.round")
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	stored.Revision, stored.ClosesAt = 2, now.UTC().Truncate(time.Second)
	d.Sync(t, caseworktest.Request(caseworktest.Directory(), caseworktest.Meaning(caseworktest.Round), stored))
	if !pgtest.One[bool](t, d.Database, "SELECT finalise_at <= clock_timestamp() FROM ek.attempt WHERE id = $1", attempt) {
		t.Error("the draft outlives the round")
	}
}

func TestTheReleaseIsMadeOnceAndSuppressed(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	result := func(student uuid.UUID, rank any) {
		attempt := d.Attempt(t, student, "Submitted")
		d.Event(t, attempt, "")
		d.Exec(t, "UPDATE ek.attempt SET scored_at = clock_timestamp() WHERE id = $1", attempt)
		d.Exec(t, `INSERT INTO ek.result (id, attempt_id, student_id, round, meaning_digest, tier_rank, undetermined, sealed, obliges)
			VALUES ($1, $2, $3, $4, 'x', $5, false, '\x00', false)`, uuid.New(), attempt, student, caseworktest.Round, rank)
	}
	for range 3 {
		result(d.Student(t, "no-1", "甲"), 1)
	}
	for range 14 {
		student := d.Student(t, "no-1", "乙")
		result(student, 3)
		result(student, 2) // a second attempt, more severe: that one counts
	}
	for range 45 {
		result(d.Student(t, "no-2", "丙"), nil)
	}
	release := func() bool {
		did, err := exchange.Release(t.Context(), d.Casework)
		if err != nil {
			t.Fatal(err)
		}
		return did
	}
	report := func() contract.RoundView {
		t.Helper()
		r, err := d.Exchange.Report(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.Rounds[0]
	}
	if release() {
		t.Fatal("released while the round is open")
	}
	if got := report(); got.Answered != 60 || got.Invited != 60 || got.Release != nil {
		t.Errorf("while open: %+v, want 62 rounded to 60", got)
	}
	late := d.Attempt(t, d.Student(t, "no-1", "丁"), "Submitted")
	d.Exec(t, "UPDATE ek.round SET closes_at = clock_timestamp()")
	if release() || report().State != contract.RoundClosed {
		t.Fatal("released although one attempt is not scored")
	}
	d.Exec(t, "UPDATE ek.attempt SET scored_at = clock_timestamp() WHERE id = $1", late)
	if !release() || release() {
		t.Fatal("not released exactly once")
	}
	got := report()
	want := &contract.Release{Floor: 10, Participants: contract.Cell{Count: 62}, Tiers: []contract.Cell{
		{Suppressed: true}, {Suppressed: true}, {Count: 14}, {Suppressed: true}, {Suppressed: true},
	}}
	if diff := cmp.Diff(want, got.Release); diff != "" || got.State != contract.RoundReleased {
		t.Errorf("%s (-want +got):\n%s", got.State, diff)
	}
	result(d.Student(t, "no-1", "戊"), 0)
	if release() || cmp.Diff(want, report().Release) != "" {
		t.Error("the release changed")
	}
	if _, err := d.Owner.Exec(t.Context(), "UPDATE ek.round SET released_at = NULL, release = NULL"); err == nil {
		t.Error("a release could be taken back")
	}
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	d := caseworktest.Empty(t)
	server := httptest.NewTLSServer(exchange.Handler(d.Exchange, []byte("the-token")))
	defer server.Close()
	good, _ := json.Marshal(caseworktest.Request(caseworktest.Directory()))
	tests := map[string]struct {
		token, kind string
		body        []byte
		want        int
	}{
		"a good request":          {"the-token", "application/json", good, 200},
		"a wrong token":           {"another", "application/json", good, 401},
		"no token":                {"", "application/json", good, 401},
		"a wrong content type":    {"the-token", "text/plain", good, 415},
		"not JSON":                {"the-token", "application/json", []byte("{"), 400},
		"an oversized body":       {"the-token", "application/json", append([]byte(`{"district":"`), bytes.Repeat([]byte("a"), exchange.MaxRequest)...), 413},
		"a version from tomorrow": {"the-token", "application/json", []byte(`{"version": 9}`), 422},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+contract.SyncPath, bytes.NewReader(tt.body))
			request.Header.Set("content-type", tt.kind)
			request.Header.Set("authorization", "Bearer "+tt.token)
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != tt.want {
				t.Errorf("answered %d, want %d", response.StatusCode, tt.want)
			}
			var problem struct{ Fault, Remedy string }
			if tt.want != 200 && (json.NewDecoder(response.Body).Decode(&problem) != nil || problem.Fault == "" || problem.Remedy == "") {
				t.Errorf("a problem without fault or remedy: %+v", problem)
			}
		})
	}
}

func TestARescoreIsAskedForAndReported(t *testing.T) {
	t.Parallel()
	d := caseworktest.New(t)
	if got := d.Sync(t, caseworktest.Request()).Report.Rescore; got != nil {
		t.Errorf("before any run the report says %+v", got)
	}
	asked := caseworktest.Request()
	asked.Rescore = contract.RefOf("autumn")
	for range 2 { // asking is repeated with every sync
		d.Sync(t, asked)
	}
	d.Sync(t, caseworktest.Request()) // an operator that knows of no request takes none back
	const state = "SELECT rescore_asked || ' ' || (SELECT count(*) FROM ek.audit_entry WHERE action = 'RescoreAsked') FROM ek.installation"
	if got, want := pgtest.One[string](t, d.Database, state), string(asked.Rescore)+" 1"; got != want {
		t.Errorf("request and audit entries = %q, want %q", got, want)
	}
	d.Exec(t, "INSERT INTO ek.rescore_run (asked, compared, finished_at) VALUES ($1, 1234, to_timestamp(1700000000))", string(asked.Rescore))
	want := contract.Rescore{FinishedAtUnix: 1700000000, Asked: asked.Rescore, Compared: 1230, Outcome: contract.ScoresAgree}
	if diff := cmp.Diff(&want, d.Sync(t, asked).Report.Rescore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.Exec(t, "INSERT INTO ek.score_difference (attempt_id, kind, run_id) VALUES ($1, 'Decision', (SELECT id FROM ek.rescore_run))",
		d.Attempt(t, d.Student(t, "no-1", "张小明"), "Submitted"))
	if got := d.Sync(t, asked).Report.Rescore; got.Outcome != contract.ScoresDiffer {
		t.Errorf("with a difference the report says %+v", got)
	}
}
