package intake_test

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
)

const (
	severe = "Attempt 0 Raised"
	high   = "Attempt 1 Raised"
)

func TestALaterAnswerNeverRetractsADangerSignal(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	h.expectStatus(f.save(1, q("q9", 2)), http.StatusCreated)
	h.expectStatus(f.save(2, q("q9", 0)), http.StatusCreated)
	if got := f.obligations(); got != severe {
		t.Errorf("obligations = %q, want %q", got, severe)
	}
	h.expectCovered()
}

// Whatever is wrong with a save, what it says is stored and acted on first.
func TestADangerSignalStandsHoweverTheSaveIsAnswered(t *testing.T) {
	tests := map[string]struct {
		before func(f form)
		send   func(f form) answer
		status int
		field  string
	}{
		"after closing": {
			before: func(f form) { f.h.db.Exec(f.h, "UPDATE ek.round SET closes_at = now()") },
			status: http.StatusGone, field: "round",
		},
		"on hold and drained": {
			before: func(f form) { f.h.db.Exec(f.h, "UPDATE ek.round SET hold = 'HoldAndDrain'") },
			status: http.StatusConflict, field: "round",
		},
		"on hold": {
			before: func(f form) { f.h.db.Exec(f.h, "UPDATE ek.round SET hold = 'Hold'") },
			status: http.StatusCreated,
		},
		"after the session": {
			before: func(f form) { f.h.db.Exec(f.h, "UPDATE ek.attempt SET finalise_at = now()") },
			status: http.StatusGone, field: "formKey",
		},
		"after submission": {
			before: func(f form) { f.call("submit", map[string]any{}) },
			status: http.StatusGone, field: "formKey",
		},
		"after declining": {
			before: func(f form) { f.call("decline", map[string]any{}) },
			status: http.StatusGone, field: "formKey",
		},
		"another content under the same save number": {
			before: func(f form) { f.save(7, q("q1", 0)) },
			status: http.StatusConflict, field: "save",
		},
		"before it was confirmed who answers": {
			before: func(f form) { f.h.db.Exec(f.h, "UPDATE ek.attempt SET confirmed_at = NULL") },
			status: http.StatusConflict, field: "confirm",
		},
		"beside an unknown item": {
			send:   func(f form) answer { return f.save(7, q("q77", 1), q("q9", 3)) },
			status: http.StatusUnprocessableEntity, field: "answers[0].item",
		},
		"beside a value out of range": {
			send:   func(f form) answer { return f.save(7, q("q9", 3), q("q1", 4)) },
			status: http.StatusUnprocessableEntity, field: "answers[1].value",
		},
		"beside an unknown instrument": {
			send:   func(f form) answer { return f.save(7, item{"gad-7", "q1", 1}, q("q9", 3)) },
			status: http.StatusUnprocessableEntity, field: "answers[0].instrument",
		},
		"beside a word where a number belongs": {
			send:   func(f form) answer { return f.save(7, q("q1", "often"), q("q9", 3), q("q2", 1.5)) },
			status: http.StatusUnprocessableEntity, field: "answers",
		},
		"beside something that is no answer": {
			send: func(f form) answer {
				return f.call("answers", map[string]any{"save": 7, "answers": []any{"q9", q("q9", 3)}})
			},
			status: http.StatusUnprocessableEntity, field: "answers[0]",
		},
		"without a usable save number": {
			send: func(f form) answer {
				return f.call("answers", map[string]any{"save": "seven", "answers": []any{q("q9", 3)}})
			},
			status: http.StatusUnprocessableEntity, field: "save",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			f := h.begun()
			if tc.before != nil {
				tc.before(f)
			}
			send := tc.send
			if send == nil {
				send = func(f form) answer { return f.save(7, q("q9", 3)) }
			}
			a := send(f)
			if tc.field == "" {
				h.expectStatus(a, tc.status)
			} else {
				h.expectProblem(a, tc.status, tc.field)
				if a.body["receipt"] == nil || !strings.Contains(a.raw, `"stored":[{"instrument":"phq-9","item":"q9"}]`) {
					t.Errorf("the answer does not say what was stored: %s", a.raw)
				}
			}
			if got := f.obligations(); got != severe {
				t.Errorf("obligations = %q, want %q", got, severe)
			}
			if again := send(f); again.raw != a.raw || again.status != a.status {
				t.Errorf("sent again: %d %s\nfirst: %d %s", again.status, again.raw, a.status, a.raw)
			}
			if n := pgtest.One[int](t, h.db, "SELECT count(*) FROM ek.answer_event WHERE item = 'q9'"); n != 1 {
				t.Errorf("stored %d times, want once", n)
			}
			h.expectCovered()
		})
	}
}

func TestAReplayGivesTheFirstReceipt(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	first := f.save(1, q("q1", 1), q("q9", 1))
	again := f.save(1, q("q1", 1), q("q9", 1))
	h.expectStatus(again, http.StatusCreated)
	if first.body["receipt"] != again.body["receipt"] || f.events() != 2 {
		t.Errorf("receipts %v and %v, %d events", first.body["receipt"], again.body["receipt"], f.events())
	}
	if n := pgtest.One[int](t, h.db, "SELECT count(*) FROM ek.obligation"); n != 1 {
		t.Errorf("%d obligations, want 1", n)
	}
}

func TestAWorseAnswerEscalates(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	f.save(1, q("q9", 1))
	if got := f.obligations(); got != high {
		t.Fatalf("obligations = %q, want %q", got, high)
	}
	before := pgtest.One[time.Time](t, h.db, "SELECT deadline_at FROM ek.obligation")
	h.db.Exec(t, "UPDATE ek.obligation SET state = 'Closed', owner = 'someone', owned_at = now(), contacted_at = now(), outcome = 'Reached', closed_at = now(), next_step_at = NULL")
	f.save(2, q("q9", 3))

	if got := f.obligations(); got != severe {
		t.Errorf("obligations = %q, want %q: raised again", got, severe)
	}
	after := pgtest.One[time.Time](t, h.db, "SELECT deadline_at FROM ek.obligation WHERE contacted_at IS NULL AND owner IS NULL AND next_step_at IS NOT NULL AND arming = 1")
	if !after.Before(before) {
		t.Errorf("deadline %v, was %v: not shortened", after, before)
	}
	if n := pgtest.One[int](t, h.db, "SELECT count(*) FROM ek.referral"); n != 1 {
		t.Errorf("%d referrals, want the severe tier's one", n)
	}
	if n := pgtest.One[int](t, h.db, `SELECT count(*) FROM ek."case" WHERE tier_rank = 0`); n != 1 {
		t.Errorf("%d cases at the worst tier, want 1", n)
	}
	h.expectCovered()
}

func TestConnectionLostAndResumed(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	f.save(1, q("q1", 1), q("q9", 2))

	back := h.open(f.student)
	a := back.call("answers", map[string]any{"save": 1, "answers": []any{}})
	if n := len(a.body["remaining"].([]any)); n != 7 {
		t.Errorf("%d items remain, want 7", n)
	}
	h.expectStatus(back.save(2, q("q2", 0)), http.StatusCreated)
	h.expectStatus(back.call("submit", map[string]any{}), http.StatusCreated)
	if n := pgtest.One[int](t, h.db, "SELECT count(*) FROM ek.attempt WHERE state = 'Submitted'"); n != 1 {
		t.Errorf("%d submitted attempts, want the one resumed", n)
	}
	if f.obligations() != severe {
		t.Errorf("obligations = %q", f.obligations())
	}
}

func TestALaterSessionBeginsANewAttempt(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	f.save(1, q("q1", 1))
	h.db.Exec(t, "UPDATE ek.attempt SET finalise_at = now() - interval '1 hour', opened_at = now() - interval '2 hours'")
	h.open(f.student)
	states := pgtest.One[string](t, h.db, "SELECT string_agg(state, ' ' ORDER BY opened_at) FROM ek.attempt")
	if states != "Finalised Draft" {
		t.Errorf("attempts = %q", states)
	}
}

func TestSubmittingAndDecliningTwiceGiveTheFirstReceipt(t *testing.T) {
	h := newHarness(t)
	for _, act := range []string{"submit", "decline"} {
		f := h.begun()
		first, again := f.call(act, map[string]any{}), f.call(act, map[string]any{})
		h.expectStatus(again, http.StatusCreated)
		if first.body["receipt"] != again.body["receipt"] {
			t.Errorf("%s: %v, then %v", act, first.body, again.body)
		}
	}
}

func TestARequestToTalkIsAlwaysHeard(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	first := f.call("talk", map[string]any{})
	h.expectStatus(first, http.StatusCreated)
	if again := f.call("talk", map[string]any{}); again.body["receipt"] != first.body["receipt"] {
		t.Error("a second request while the first stands got another receipt")
	}
	h.db.Exec(t, "UPDATE ek.obligation SET state = 'Contacted', contacted_at = now()")
	f.call("submit", map[string]any{})
	h.db.Exec(t, "UPDATE ek.round SET closes_at = now(), hold = 'HoldAndDrain'")
	h.expectStatus(f.call("talk", map[string]any{}), http.StatusCreated)
	if got, want := f.obligations(), "Request 1 Contacted, Request 1 Raised"; got != want {
		t.Errorf("obligations = %q, want %q", got, want)
	}
	if n := pgtest.One[int](t, h.db, `SELECT count(*) FROM ek."case"`); n != 1 {
		t.Errorf("%d cases of one student, want 1", n)
	}
	h.expectCovered()
}

func TestTheAnswerIsTheSameWhateverWasAnswered(t *testing.T) {
	h := newHarness(t)
	var bodies []string
	for value := range 4 {
		f := h.begun()
		a := f.save(1, q("q9", value))
		receipt := a.body["receipt"].(string)
		a.header.Del("Date")
		bodies = append(bodies, strings.ReplaceAll(a.raw, receipt, "R")+headerText(a.header))
	}
	for _, body := range bodies[1:] {
		if body != bodies[0] {
			t.Errorf("%s\ndiffers from\n%s", body, bodies[0])
		}
	}
}

func headerText(h http.Header) string {
	var out strings.Builder
	for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "Content-Security-Policy"} {
		out.WriteString(name + h.Get(name))
	}
	for name := range maps.Keys(h) {
		if !strings.Contains("Content-Type Content-Length Cache-Control Content-Security-Policy X-Content-Type-Options X-Frame-Options Referrer-Policy", name) {
			out.WriteString("unexpected " + name)
		}
	}
	return out.String()
}

func TestAnswersAreSealedToTheirStudent(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	f.save(5, q("q9", 2))
	var (
		c       seal.AnswerContext
		sealed  []byte
		wrapped []byte
		student uuid.UUID
	)
	err := h.db.Scorer.QueryRow(t.Context(), `SELECT e.attempt_id, e.form_key_hash, e.save_no, e.instrument, e.item, e.sealed, k.wrapped, k.student_id
		FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id JOIN ek.student_key k ON k.student_id = a.student_id`).
		Scan(&c.Attempt, &c.FormKeyHash, &c.Save, &c.Instrument, &c.Item, &sealed, &wrapped, &student)
	if err != nil {
		t.Fatal(err)
	}
	opener, err := pgtest.Keys().Opener(student, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if value, err := opener.OpenAnswer(c, sealed); err != nil || value != 2 {
		t.Errorf("%d, %v", value, err)
	}
}

func TestTheSameSaveFromManySidesAtOnce(t *testing.T) {
	h := newHarness(t)
	f := h.begun()
	receipts := make(chan any, 16)
	var wait sync.WaitGroup
	for i := range cap(receipts) {
		wait.Go(func() {
			a := f.save(1+i%2, q("q9", 2)) // two save numbers, eight times each
			h.expectStatus(a, http.StatusCreated)
			receipts <- a.body["receipt"]
		})
	}
	wait.Wait()
	close(receipts)
	different := map[any]bool{}
	for receipt := range receipts {
		different[receipt] = true
	}
	if len(different) != 2 || f.events() != 2 || f.obligations() != severe {
		t.Errorf("%d receipts, %d events, obligations %q; want 2, 2 and %q", len(different), f.events(), f.obligations(), severe)
	}
	h.expectCovered()
}
