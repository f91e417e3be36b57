package staff_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/roster"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff/stafftest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// desk is a district with a staff listener, an identity provider and three
// obligations: one the city leads at no-1, one the district leads at each school.
type desk struct {
	*caseworktest.District

	issuer            *stafftest.Issuer
	server            *httptest.Server
	city, first, next string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{District: caseworktest.New(t), issuer: stafftest.New(t)}
	var handler http.Handler
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(d.server.Close)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	handler = (&staff.Server{
		Service: &staff.Service{Pool: d.Casework, Keys: d.Keys}, Roster: &roster.Service{Pool: d.Casework, Keys: d.Keys},
		Provider: staff.NewProvider(staff.ProviderConfig{
			Issuer: d.issuer.URL, ClientID: stafftest.ClientID, ClientSecret: "s", RedirectURL: d.server.URL + "/auth/callback", Client: client,
		}),
		Cookies: &staff.Cookies{Sealer: d.Keys, Now: time.Now}, Log: slog.New(slog.DiscardHandler),
	}).Handler()
	d.city = d.Answer(t, d.Student(t, "no-1", "张小明"), contract.Immediate)
	d.first = d.Answer(t, d.Student(t, "no-1", "李四"), contract.Urgent)
	d.next = d.Answer(t, d.Student(t, "no-2", "王五"), contract.Urgent)
	return d
}

type answer struct {
	status int
	body   string
}

// problem returns the field at fault.
func (a answer) field() string {
	var p struct{ Field string }
	_ = json.Unmarshal([]byte(a.body), &p)
	return p.Field
}

// call calls the API as a person in groups; body nil sends none.
func (d *desk) call(t *testing.T, subject, group, method, path string, body any) answer {
	t.Helper()
	return d.send(t, d.issuer.Token(t, stafftest.Person(subject, group)), method, path, body)
}

func (d *desk) send(t *testing.T, token, method, path string, body any) answer {
	t.Helper()
	var reader io.Reader = http.NoBody
	kind := ""
	switch b := body.(type) {
	case nil:
	case string:
		reader, kind = strings.NewReader(b), "text/csv"
	default:
		raw, _ := json.Marshal(b)
		reader, kind = bytes.NewReader(raw), "application/json"
	}
	request, err := http.NewRequestWithContext(t.Context(), method, d.server.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("authorization", "Bearer "+token)
	}
	request.Header.Set("content-type", kind)
	return do(t, d.server.Client(), request)
}

func do(t *testing.T, client *http.Client, request *http.Request) answer {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, _ := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(raw)}
}

func TestScopeByRole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tests := map[string][]string{ // group -> obligations in scope; nil: no duty role
		"no-1-duty": {d.city, d.first}, "no-2-duty": {d.next}, "district-duty": {d.city, d.first, d.next}, "city-duty": {d.city},
		"registrars": nil, "north-area": nil, "no-1-class": nil, "strangers": nil,
	}
	for group, scope := range tests {
		list := d.call(t, "li", group, "GET", "/api/v1/obligations", nil)
		wantList := 200
		if scope == nil {
			wantList = 403
		}
		if list.status != wantList {
			t.Errorf("%s lists: %d, want %d", group, list.status, wantList)
		}
		for _, number := range []string{d.city, d.first, d.next} {
			inside := slices.Contains(scope, number)
			if strings.Contains(list.body, number) != inside {
				t.Errorf("%s sees %s in the list: %v, want %v", group, number, !inside, inside)
			}
			want := 403
			if scope != nil && inside {
				want = 200
			} else if scope != nil {
				want = 404 // outside the scope it does not exist
			}
			for _, act := range []struct{ method, path string }{{"GET", ""}, {"POST", "/own"}} {
				if got := d.call(t, "li", group, act.method, "/api/v1/obligations/"+number+act.path, nil); got.status != want {
					t.Errorf("%s %s%s: %d, want %d: %s", group, act.method, act.path, got.status, want, got.body)
				}
			}
		}
		if scope == nil {
			for _, path := range []string{"/api/v1/referrals", "/api/v1/follow-ups", "/api/v1/score-differences"} {
				if got := d.call(t, "li", group, "GET", path, nil); got.status != 403 {
					t.Errorf("%s %s: %d", group, path, got.status)
				}
			}
		}
	}
}

func TestScoreDifferencesAreForTheDistrictsDuty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	student := d.Student(t, "no-1", "张小明")
	attempt := d.Attempt(t, student, "Submitted")
	d.Exec(t, "INSERT INTO ek.rescore_run (finished_at) VALUES (now())")
	d.Exec(t, `INSERT INTO ek.score_difference (attempt_id, instrument, scale, kind, run_id)
		VALUES ($1, 'phq-9', 'total', 'Band', (SELECT id FROM ek.rescore_run))`, attempt)
	d.Exec(t, `INSERT INTO ek.score_difference (attempt_id, kind, run_id, gone_at)
		VALUES ($1, 'Decision', (SELECT id FROM ek.rescore_run), now())`, attempt)
	for group, want := range map[string]int{"district-duty": 200, "no-1-duty": 403, "city-duty": 403, "registrars": 403} {
		got := d.call(t, "li", group, "GET", "/api/v1/score-differences", nil)
		if got.status != want {
			t.Errorf("%s: %d, want %d", group, got.status, want)
		}
		if sees := strings.Contains(got.body, attempt.String()) && strings.Contains(got.body, `"kind":"Band"`); sees != (want == 200) {
			t.Errorf("%s sees it: %v", group, sees)
		}
		for _, never := range []string{"Decision", student.String(), "张"} {
			if strings.Contains(got.body, never) {
				t.Errorf("%s is told %q", group, never)
			}
		}
	}
	if n := pgtest.One[int](t, d.Database, "SELECT count(*) FROM ek.audit_entry WHERE action = 'ScoreDifferencesRead'"); n != 1 {
		t.Errorf("%d audit entries, want one for the one who read", n)
	}
}

func TestTheCitySeesACaseOnceTheChainHasCalledIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Duty(t, "city", contract.City, "", "sms") // nobody on the district's duty list: the chain goes on to the city
	if got := d.call(t, "li", "city-duty", "GET", "/api/v1/obligations/"+d.first, nil); got.status != 404 {
		t.Fatalf("before: %d", got.status)
	}
	d.Exec(t, "SELECT ek_casework.advance_due(10)")
	if got := d.call(t, "li", "city-duty", "GET", "/api/v1/obligations/"+d.first, nil); got.status != 200 {
		t.Errorf("after the city was called: %d", got.status)
	}
}

func TestAnObligationIsOwnedContactedAndClosedByItsOwner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := "/api/v1/obligations/" + d.first
	reached, reason := map[string]any{"outcome": "Reached"}, map[string]any{"reason": "the school goes on"}
	steps := []struct {
		name, subject, group, act string
		body                      any
		status                    int
		field, state              string
	}{
		{"contact before anybody owns", "li", "no-1-duty", "/contact", reached, 409, "number", "Raised"},
		{"own", "li", "no-1-duty", "/own", nil, 200, "", "Owned"},
		{"own again", "li", "no-1-duty", "/own", nil, 200, "", "Owned"},
		{"another contacts", "wang", "no-1-duty", "/contact", reached, 409, "number", "Owned"},
		{"unknown outcome", "li", "no-1-duty", "/contact", map[string]any{"outcome": "Maybe"}, 422, "outcome", "Owned"},
		{"close before the contact", "li", "no-1-duty", "/close", reason, 409, "number", "Owned"},
		{"not reached", "li", "no-1-duty", "/contact", map[string]any{"outcome": "NotReached"}, 200, "", "Owned"},
		{"transfer within the scope", "wang", "district-duty", "/own", nil, 200, "", "Owned"},
		{"the former owner contacts", "li", "no-1-duty", "/contact", reached, 409, "number", "Owned"},
		{"a stale reading", "wang", "district-duty", "/contact", map[string]any{"outcome": "Reached", "arming": 7}, 409, "arming", "Owned"},
		{"reached", "wang", "district-duty", "/contact", map[string]any{"outcome": "Reached", "arming": 0}, 200, "", "Contacted"},
		{"close without a reason", "wang", "district-duty", "/close", map[string]any{"reason": " "}, 422, "reason", "Contacted"},
		{"close", "wang", "district-duty", "/close", reason, 200, "", "Closed"},
		{"close again", "wang", "district-duty", "/close", reason, 200, "", "Closed"},
		{"own a closed one", "li", "no-1-duty", "/own", nil, 409, "number", "Closed"},
		{"unknown member", "wang", "district-duty", "/close", map[string]any{"why": "x"}, 400, "body", "Closed"},
		{"wrong content type", "wang", "district-duty", "/close", "reason", 415, "content-type", "Closed"},
	}
	for _, s := range steps {
		got := d.call(t, s.subject, s.group, "POST", path+s.act, s.body)
		state := pgtest.One[string](t, d.Database, "SELECT state FROM ek.obligation WHERE number = $1", d.first)
		if got.status != s.status || got.field() != s.field || state != s.state {
			t.Errorf("%s: %d %q, state %s; want %d %q %s", s.name, got.status, got.field(), state, s.status, s.field, s.state)
		}
	}
	trail := pgtest.One[string](t, d.Database, `SELECT string_agg(kind || ':' || actor, ' ' ORDER BY id) FROM ek.obligation_event
		WHERE obligation_id = (SELECT id FROM ek.obligation WHERE number = $1) AND kind NOT IN ('Raised', 'Step', 'LevelEmpty')`, d.first)
	if trail != "Owned:li Contact:li Transferred:wang Contact:wang Closed:wang" {
		t.Errorf("trail %s", trail)
	}
	actions := pgtest.One[string](t, d.Database, `SELECT string_agg(action, ' ' ORDER BY id) FROM ek.audit_entry WHERE actor IN ('li', 'wang')`)
	if actions != "ObligationOwned ObligationContact ObligationOwned ObligationContact ObligationClosed" {
		t.Errorf("audit %s", actions)
	}
}

func TestAServiceAccountNeverActs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	person := stafftest.Person("robot", "district-duty", "registrars")
	for name, edit := range map[string]map[string]any{
		"no name": {"name": nil}, "keycloak": {"preferred_username": "service-account-robot"}, "auth0": {"gty": "client-credentials"},
		"its own client": {"azp": "robot"}, "kubernetes": {"sub": "system:serviceaccount:a:b"},
	} {
		claims := maps.Clone(person)
		maps.Copy(claims, edit)
		token := d.issuer.Token(t, claims)
		for _, act := range []string{"/own", "/contact", "/close"} {
			if got := d.send(t, token, "POST", "/api/v1/obligations/"+d.first+act, map[string]any{}); act == "/own" && (got.status != 403 || got.field() != "subject") {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		number := pgtest.One[string](t, d.Database, "SELECT number FROM ek.referral")
		if got := d.send(t, token, "POST", "/api/v1/referrals/"+number+"/release", nil); got.status != 403 {
			t.Errorf("%s releases: %d", name, got.status)
		}
	}
	if got := pgtest.One[string](t, d.Database, "SELECT state FROM ek.obligation WHERE number = $1", d.first); got != "Raised" {
		t.Errorf("state %s", got)
	}
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	person := stafftest.Person("li", "district-duty")
	with := func(edit map[string]any) string {
		claims := maps.Clone(person)
		maps.Copy(claims, edit)
		return d.issuer.Token(t, claims)
	}
	for name, token := range map[string]string{
		"none": "", "garbage": "a.b.c", "somebody else's": d.issuer.Forge(t, person), "another client's": with(map[string]any{"aud": "other"}),
		"another issuer's": with(map[string]any{"iss": "https://evil.invalid"}), "expired": with(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
	} {
		if got := d.send(t, token, "GET", "/api/v1/obligations", nil); got.status != 401 || got.field() != "authorization" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestAReadIsAuditedOrItIsNotReturned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.call(t, "li", "city-duty", "GET", "/api/v1/obligations/"+d.city, nil)
	if got.status != 200 || !strings.Contains(got.body, "张小明") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	entry := pgtest.One[string](t, d.Database, "SELECT actor || ' ' || action || ' ' || detail FROM ek.audit_entry WHERE object LIKE 'student/%' ORDER BY id DESC LIMIT 1")
	if entry != "li RecordRead obligation "+d.city {
		t.Errorf("audit entry %q", entry)
	}
	// No audit, no record: an entry that cannot be written takes the answer with it.
	d.Superuser(t, "CREATE FUNCTION ek.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$",
		"CREATE TRIGGER full_disk BEFORE INSERT ON ek.audit_entry EXECUTE FUNCTION ek.full()")
	for _, path := range []string{"/api/v1/obligations/" + d.city, "/api/v1/obligations", "/api/v1/referrals", "/api/v1/follow-ups"} {
		got := d.call(t, "li", "city-duty", "GET", path, nil)
		if got.status < 500 || strings.Contains(got.body, "张") || strings.Contains(got.body, d.city) && path == "/api/v1/obligations" {
			t.Errorf("%s without audit: %d %s", path, got.status, got.body)
		}
	}
}

func TestRosterCodesAndDutyOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const file = "number,name,school,grade,class,seat,birthDate,stage,guardianConsent,consentVersion\n"
	const row = "G1,赵六,no-1,7,3,17,2011-09-30,JuniorSecondary,Given,1\n"
	tests := []struct {
		name, group, method, path string
		body                      any
		status                    int
		contains                  string
	}{
		{"import", "registrars", "POST", "/api/v1/roster", file + row + "G2,,no-1,,,,,,,\n", 200, `"imported":1,"updated":0,"rejected":1`},
		{"import as duty", "district-duty", "POST", "/api/v1/roster", file + row, 403, "Registrar"},
		{"no header", "registrars", "POST", "/api/v1/roster", row, 422, "write the header"},
		{"JSON", "registrars", "POST", "/api/v1/roster", map[string]any{}, 415, "text/csv"},
		{"codes", "registrars", "POST", "/api/v1/codes", map[string]any{"round": caseworktest.Round, "school": "no-9"}, 404, "school"},
		{"codes of an unknown round", "registrars", "POST", "/api/v1/codes", map[string]any{"round": "spring"}, 404, "round"},
		{"codes as class teacher", "no-1-class", "POST", "/api/v1/codes", map[string]any{"round": caseworktest.Round}, 403, "Registrar"},
		{"not screened, uncounted", "registrars", "GET", "/api/v1/schools/no-1/not-screened", nil, 409, "try again in a minute"},
		{"not screened as duty", "district-duty", "GET", "/api/v1/schools/no-1/not-screened", nil, 403, "Registrar"},
		{"duty", "registrars", "PUT", "/api/v1/duty", "subject,level,school,transport,address\nli,City,,sms,1\n", 200, `"people":1`},
		{"faulty duty", "registrars", "PUT", "/api/v1/duty", "subject,level,school,transport,address\nli,Moon,,sms,1\n", 422, `"column":"level"`},
		{"unknown path", "registrars", "GET", "/api/v1/students", nil, 404, `"field":"path"`},
		{"wrong method", "registrars", "DELETE", "/api/v1/duty", nil, 405, `"field":"method"`},
	}
	for _, tt := range tests {
		got := d.call(t, "zhao", tt.group, tt.method, tt.path, tt.body)
		if got.status != tt.status || !strings.Contains(got.body, tt.contains) {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if tt.status != 200 && strings.Contains(got.body, "赵六") {
			t.Errorf("%s: the answer repeats a name", tt.name)
		}
	}
}

func TestTheWorklistShowsFirstWhatNobodyHasReachedTheChildFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Exec(t, `UPDATE ek.obligation SET state = 'Contacted', contacted_at = clock_timestamp(), next_step_at = NULL,
		deadline_at = deadline_at - interval '1 day' WHERE number <> $1`, d.next)
	// As the bound of a page leaves it when many wait to be closed.
	if got := pgtest.One[string](t, d.Database, "SELECT number FROM ek_casework.worklist('li', '{district-duty}', 1)"); got != d.next {
		t.Errorf("first is %s, want %s, which waits for a person", got, d.next)
	}
}

func TestFollowUpsOfWhatWentWrongComeBeforeThoseOfTiers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	student := pgtest.One[string](t, d.Database, "SELECT student_id::text FROM ek.obligation WHERE number = $1", d.first)
	for kind, due := range map[string]string{"Tier": "1 day", "Undetermined": "1 day", "ScoringFailed": "7 days"} {
		d.Exec(t, `INSERT INTO ek.follow_up (student_id, round, kind, source, tier_rank, due_at)
			VALUES ($1, $2, $3, '', 2, clock_timestamp() + $4::interval)`, student, caseworktest.Round, kind, due)
	}
	if got := pgtest.One[string](t, d.Database, "SELECT kind FROM ek_casework.follow_ups('li', '{district-duty}', 1)"); got != "ScoringFailed" {
		t.Errorf("first is %s: a response that could not be scored waits behind the bound", got)
	}
}
