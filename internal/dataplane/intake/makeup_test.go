package intake_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

// earlier is the round that a make-up round makes up for.
const earlier = "autumn-check-up-20260901"

// newMakeUp is a district whose open round is for those who were not screened in the last
// thirty days.
func newMakeUp(t *testing.T) *harness {
	t.Helper()
	h := newHarness(t)
	m := pgtest.Meaning()
	m.Round = earlier
	h.db.AddRound(t, m, time.Now().AddDate(0, 0, -20), time.Now().AddDate(0, 0, -10))
	h.db.Exec(t, "UPDATE ek.round SET control = $2::jsonb WHERE round = $1", pgtest.Round, fmt.Sprintf(`{"cohort": {"schools": [%q],
		"stages": ["SeniorSecondary"], "notScreenedSince": %q}}`, pgtest.School, time.Now().AddDate(0, 0, -30).UTC().Format(time.RFC3339)))
	return h
}

func TestAMakeUpRoundIsForThoseWhoWereNotScreened(t *testing.T) {
	weekAgo := time.Now().AddDate(0, 0, -15)
	tests := map[string]struct {
		act    pgtest.Act // in the earlier round; "": was absent
		at     time.Time
		then   string // SQL about the student $1
		status int
	}{
		"absent":                                 {status: http.StatusOK},
		"opened and left":                        {act: pgtest.Left, at: weekAgo, status: http.StatusOK},
		"what could not be scored":               {act: pgtest.Undetermined, at: weekAgo, status: http.StatusOK},
		"screened last year":                     {act: pgtest.Scored, at: time.Now().AddDate(0, 0, -40), status: http.StatusOK},
		"screened":                               {act: pgtest.Scored, at: weekAgo, status: http.StatusGone},
		"screened elsewhere after the code came": {act: pgtest.Scored, at: time.Now().Add(-time.Second), status: http.StatusGone},
		"declined":                               {act: pgtest.Declined, at: weekAgo, status: http.StatusGone},
		"the guardian refused":                   {then: "UPDATE ek.student SET guardian_consent = 'Refused' WHERE id = $1", status: http.StatusForbidden},
		"absent, and the guardian has said nothing": {then: "UPDATE ek.student SET guardian_consent = 'Missing' WHERE id = $1", status: http.StatusForbidden},
		"screened, and consent is to be given anew": {act: pgtest.Scored, at: weekAgo,
			then: "UPDATE ek.student SET guardian_consent = 'Missing' WHERE id = $1", status: http.StatusGone},
	}
	h := newMakeUp(t)
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := *h
			in.T = t
			s := h.db.AddStudent(t, pgtest.StudentWith{})
			if tc.act != "" {
				h.db.AddAttempt(t, s.ID, earlier, tc.act, tc.at)
			}
			if tc.then != "" {
				h.db.Exec(t, tc.then, s.ID)
			}
			if a := in.call("open", map[string]any{"code": s.Code}); tc.status == http.StatusOK {
				in.expectStatus(a, tc.status)
			} else if a.status != tc.status || a.body["remedy"] == "" {
				t.Errorf("answered %d %s, want %d", a.status, a.raw, tc.status)
			}
		})
	}
}

// Whoever was screened in the make-up round itself opens no second form with a code that
// came later; whoever's answers could not be scored does.
func TestAMakeUpRoundEndsWhenItHasScreened(t *testing.T) {
	h := newMakeUp(t)
	for act, want := range map[pgtest.Act]int{pgtest.Scored: http.StatusGone, pgtest.Undetermined: http.StatusOK} {
		s := h.db.AddStudent(t, pgtest.StudentWith{})
		h.db.AddAttempt(t, s.ID, pgtest.Round, act, time.Now().Add(-time.Minute))
		h.expectStatus(h.call("open", map[string]any{"code": s.Code}), want)
	}
}

// Who declines in the make-up round and thinks better of it is judged as in every round.
func TestDecliningAMakeUpRoundStandsUntilANewCode(t *testing.T) {
	h := newMakeUp(t)
	f := h.begun()
	f.call("decline", map[string]any{})
	h.expectProblem(h.call("open", map[string]any{"code": f.student.Code}), http.StatusConflict, "code")
	f.student.Code = seal.NewCode()
	h.db.Exec(t, "INSERT INTO ek.code (hmac, student_id, round) VALUES ($1, $2, $3)", pgtest.Keys().CodeHMAC(f.student.Code), f.student.ID, pgtest.Round)
	h.open(f.student)
}

// A form that is running goes on although its student was screened meanwhile, and a danger
// signal in it is stored and acted on.
func TestAFormOfAMakeUpRoundThatRunsGoesOn(t *testing.T) {
	h := newMakeUp(t)
	f := h.begun()
	h.db.AddAttempt(h, f.student.ID, earlier, pgtest.Scored, time.Now())
	h.open(f.student)
	h.expectStatus(f.save(1, q("q9", 3)), http.StatusCreated)
	if got := f.obligations(); got != "Attempt 0 Raised" {
		t.Errorf("obligations = %q", got)
	}
	h.expectCovered()
}
