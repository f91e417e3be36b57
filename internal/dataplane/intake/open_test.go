package intake_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

func TestWhyACodeOpensNoForm(t *testing.T) {
	tests := map[string]struct {
		with   pgtest.StudentWith
		before string
		status int
		field  string
	}{
		"frozen code":         {before: "UPDATE ek.code SET state = 'Frozen'", status: http.StatusForbidden, field: "code"},
		"used code":           {before: "UPDATE ek.code SET state = 'Used'", status: http.StatusGone, field: "code"},
		"student left":        {before: "UPDATE ek.student SET active = false", status: http.StatusForbidden, field: "code"},
		"student shredded":    {before: "DELETE FROM ek.student_key", status: http.StatusForbidden, field: "code"},
		"consent missing":     {with: pgtest.StudentWith{Consent: "Missing"}, status: http.StatusForbidden, field: "consent"},
		"consent refused":     {with: pgtest.StudentWith{Consent: "Refused"}, status: http.StatusForbidden, field: "consent"},
		"not yet open":        {before: "UPDATE ek.round SET opens_at = now() + interval '1 minute'", status: http.StatusForbidden, field: "round"},
		"stale round":         {before: "UPDATE ek.round SET closes_at = now()", status: http.StatusGone, field: "round"},
		"on hold":             {before: "UPDATE ek.round SET hold = 'Hold'", status: http.StatusConflict, field: "round"},
		"not named by a sync": {before: "UPDATE ek.round SET listed = false", status: http.StatusConflict, field: "round"},
		"outside the session": {before: "UPDATE ek.round_session SET to_at = now()", status: http.StatusForbidden, field: "round"},
		"the school's own session is over": {
			before: "INSERT INTO ek.round_session SELECT round, '" + pgtest.School + "', from_at, now() FROM ek.round_session",
			status: http.StatusForbidden, field: "round",
		},
		"the school was left out of the round": {
			before: `UPDATE ek.round SET control = '{"cohort": {"schools": ["elsewhere"]}}'`, status: http.StatusForbidden, field: "round",
		},
		"too young": {with: pgtest.StudentWith{Age: 11}, status: http.StatusForbidden, field: "age"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			s := h.db.AddStudent(t, tc.with)
			if tc.before != "" {
				h.db.Exec(t, tc.before)
			}
			a := h.call("open", map[string]any{"code": s.Code})
			h.expectProblem(a, tc.status, tc.field)
			if strings.Contains(a.raw, string(s.Code)) {
				t.Error("the answer repeats the code")
			}
		})
	}
}

// A form opened in a session of the school's own is finished at its end, not at that of
// the round's session.
func TestTheSchoolsOwnSessionEndsItsForms(t *testing.T) {
	h := newHarness(t)
	h.db.Exec(t, "INSERT INTO ek.round_session SELECT round, $1, from_at, now() + interval '10 minutes' FROM ek.round_session", pgtest.School)
	f := h.begun()
	if !pgtest.One[bool](t, h.db, "SELECT a.finalise_at = s.to_at FROM ek.attempt a, ek.round_session s WHERE a.student_id = $1 AND s.school = $2", f.student.ID, pgtest.School) {
		t.Error("the form outlives the school's session")
	}
}

func TestARunningFormMayBeResumedOnHold(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	h.db.Exec(t, "UPDATE ek.round SET hold = 'Hold'")
	h.open(f.student)
}

func TestDeclinedCodesStayDeclinedUntilANewOne(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	f.call("decline", map[string]any{})
	h.expectProblem(h.call("open", map[string]any{"code": f.student.Code}), http.StatusConflict, "code")

	f.student.Code = seal.NewCode()
	h.db.Exec(t, "INSERT INTO ek.code (hmac, student_id, round) VALUES ($1, $2, $3)", pgtest.Keys().CodeHMAC(f.student.Code), f.student.ID, pgtest.Round)
	h.open(f.student)
}

func TestWrongCodesAreThrottledAndARightOnePasses(t *testing.T) {
	h := newHarness(t)
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	wrong := func(school string) answer {
		return h.call("open", map[string]any{"code": seal.NewCode(), "school": school})
	}
	h.expectProblem(wrong(pgtest.School), http.StatusNotFound, "code")
	// the minute may turn in between: fill this one and the next
	h.db.Exec(t, `INSERT INTO ek.code_miss (bucket, minute, misses) SELECT $1, date_trunc('minute', now()) + n * interval '1 minute', 1000
		FROM generate_series(0, 1) n ON CONFLICT (bucket, minute) DO UPDATE SET misses = 1000`, pgtest.School)
	throttled := wrong(pgtest.School)
	h.expectProblem(throttled, http.StatusTooManyRequests, "code")
	if throttled.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.expectProblem(wrong("another-school"), http.StatusNotFound, "code")
	h.expectProblem(wrong("no \x00 school"), http.StatusNotFound, "code")
	h.open(s)
}

func TestAssentIsNeededFromFourteen(t *testing.T) {
	h := newHarness(t)
	for age, needed := range map[int]bool{13: false, 14: true} {
		f := h.open(h.db.AddStudent(t, pgtest.StudentWith{Age: age}))
		a := f.call("begin", map[string]any{"confirm": true})
		if needed {
			h.expectProblem(a, http.StatusUnprocessableEntity, "assent")
			h.expectStatus(f.call("begin", map[string]any{"confirm": true, "assent": true}), http.StatusOK)
		} else {
			h.expectStatus(a, http.StatusOK)
		}
	}
	f := h.open(h.db.AddStudent(t, pgtest.StudentWith{}))
	h.expectProblem(f.call("begin", map[string]any{"assent": true}), http.StatusUnprocessableEntity, "confirm")
}

func TestOpenShowsOnlyWhatAStudentMaySee(t *testing.T) {
	h := newHarness(t)
	s := h.db.AddStudent(t, pgtest.StudentWith{})
	a := h.call("open", map[string]any{"code": s.Code})
	for _, secret := range []string{"critical", "Immediate", "bands", "scales", "Severe", "policy", "age"} {
		if strings.Contains(a.raw, `"`+secret+`"`) {
			t.Errorf("the form shows %q", secret)
		}
	}
	if !strings.Contains(a.body["label"].(string), "李*") {
		t.Errorf("label = %v", a.body["label"])
	}
}

func TestBadRequestsSayWhatIsWrong(t *testing.T) {
	h := newHarness(t)
	long := `{"formKey":"` + strings.Repeat("x", 70_000) + `"}`
	tests := map[string]struct {
		path, contentType, body string
		status                  int
		field                   string
	}{
		"wrong content type":     {"answers", "text/plain", "{}", http.StatusUnsupportedMediaType, "Content-Type"},
		"no content type":        {"open", "", "{}", http.StatusUnsupportedMediaType, "Content-Type"},
		"oversized body":         {"answers", "application/json", long, http.StatusRequestEntityTooLarge, "body"},
		"no JSON":                {"answers", "application/json", "save=1", http.StatusBadRequest, "body"},
		"cut off":                {"answers", "application/json", `{"formKey":"x","answers":[`, http.StatusBadRequest, "body"},
		"two objects":            {"answers", "application/json", `{"formKey":"x"}{}`, http.StatusBadRequest, "body"},
		"a field of wrong type":  {"open", "application/json", `{"code":5}`, http.StatusUnprocessableEntity, "code"},
		"a code with a slip":     {"open", "application/json", `{"code":"00000000002"}`, http.StatusUnprocessableEntity, "code"},
		"an empty code":          {"open", "application/json", `{}`, http.StatusUnprocessableEntity, "code"},
		"no form key":            {"submit", "application/json", `{}`, http.StatusNotFound, "formKey"},
		"an unknown form key":    {"answers", "application/json", `{"formKey":"made-up","save":1,"answers":[]}`, http.StatusNotFound, "formKey"},
		"to talk with no form":   {"talk", "application/json", `{"formKey":"made-up"}`, http.StatusNotFound, "formKey"},
		"to submit with no form": {"submit", "application/json", `{"formKey":"made-up"}`, http.StatusNotFound, "formKey"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := *h
			in.T = t
			in.expectProblem(in.post("/api/v1/"+tc.path, tc.contentType, tc.body), tc.status, tc.field)
		})
	}
	for path, want := range map[string]int{"/api/v1/open": http.StatusMethodNotAllowed, "/nothing": http.StatusNotFound} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := h.send(request)
		h.expectStatus(a, want)
		if a.body["remedy"] == "" {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	h := newHarness(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.server.URL+"/submit", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	h.expectProblem(h.send(request), http.StatusForbidden, "Origin")
}

func TestADatabaseThatIsAwayIsNotAnAcknowledgement(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	name := h.db.Config("intake").Name
	h.db.SuperuserElsewhere(t, "ALTER DATABASE "+name+" WITH ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
	began := time.Now()
	h.expectProblem(f.save(1, q("q9", 3)), http.StatusServiceUnavailable, "")
	if waited := time.Since(began); waited > 10*time.Second {
		t.Errorf("took %v", waited)
	}
	h.db.SuperuserElsewhere(t, "ALTER DATABASE "+name+" WITH ALLOW_CONNECTIONS true")
	h.expectStatus(f.save(1, q("q9", 3)), http.StatusCreated)
}

func TestSchoolsThatAreMadeUpShareOneThrottle(t *testing.T) {
	h := newHarness(t)
	h.db.Exec(t, `INSERT INTO ek.code_miss (bucket, minute, misses) SELECT '', date_trunc('minute', now()) + n * interval '1 minute', 1000
		FROM generate_series(0, 1) n`)
	h.expectProblem(h.call("open", map[string]any{"code": seal.NewCode(), "school": "made-up"}), http.StatusTooManyRequests, "code")
}
