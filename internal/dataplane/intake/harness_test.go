package intake_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/dataplane/intake"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// harness is intake as students reach it, on a database of its own.
type harness struct {
	*testing.T
	db     *pgtest.Database
	server *httptest.Server
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	db.OpenRound(t)
	handler := intake.NewServer(intake.New(db.Intake, pgtest.Keys()), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &harness{t, db, server}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (h *harness) send(request *http.Request) answer {
	h.Helper()
	response, err := h.server.Client().Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		h.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			h.Fatal(err)
		}
	}
	return a
}

func (h *harness) post(path, contentType, body string) answer {
	h.Helper()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.server.URL+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	return h.send(request)
}

func (h *harness) call(path string, body any) answer {
	h.Helper()
	var raw bytes.Buffer
	if err := json.NewEncoder(&raw).Encode(body); err != nil {
		h.Fatal(err)
	}
	return h.post("/api/v1/"+path, "application/json", raw.String())
}

// form is an open form of a student.
type form struct {
	h       *harness
	student pgtest.Student
	key     string
}

func (h *harness) open(s pgtest.Student) form {
	h.Helper()
	a := h.call("open", map[string]any{"code": s.Code.Display(), "school": pgtest.School})
	if a.status != http.StatusOK {
		h.Fatalf("open: %d %s", a.status, a.raw)
	}
	return form{h, s, a.body["formKey"].(string)}
}

// begun opens a form for a new student and confirms it.
func (h *harness) begun() form {
	h.Helper()
	f := h.open(h.db.AddStudent(h, pgtest.StudentWith{}))
	if a := f.call("begin", map[string]any{"confirm": true, "assent": true}); a.status != http.StatusOK {
		h.Fatalf("begin: %d %s", a.status, a.raw)
	}
	return f
}

func (f form) call(path string, body map[string]any) answer {
	f.h.Helper()
	body["formKey"] = f.key
	return f.h.call(path, body)
}

type item struct {
	Instrument string `json:"instrument"`
	Item       string `json:"item"`
	Value      any    `json:"value"`
}

func q(code string, value any) item { return item{"phq-9", code, value} }

func (f form) save(number int, items ...item) answer {
	f.h.Helper()
	return f.call("answers", map[string]any{"save": number, "answers": items})
}

func (f form) events() int {
	f.h.Helper()
	return pgtest.One[int](f.h, f.h.db, `SELECT count(*) FROM ek.answer_event e JOIN ek.attempt a ON a.id = e.attempt_id
		WHERE a.student_id = $1`, f.student.ID)
}

// tiers are the obligations of the student: "rank state" each, in the order raised.
func (f form) obligations() string {
	f.h.Helper()
	return pgtest.One[string](f.h, f.h.db, `SELECT coalesce(string_agg(source_kind || ' ' || tier_rank || ' ' || state, ', ' ORDER BY raised_at), '')
		FROM ek.obligation WHERE student_id = $1`, f.student.ID)
}

// expectCovered checks the conservation law both ways.
func (h *harness) expectCovered() {
	h.Helper()
	if n := pgtest.One[int](h, h.db, "SELECT count(*) FROM ek_casework.uncovered_sources"); n != 0 {
		h.Errorf("%d sources without obligation", n)
	}
	if n := pgtest.One[int](h, h.db, "SELECT count(*) FROM ek_casework.baseless_obligations"); n != 0 {
		h.Errorf("%d obligations without source", n)
	}
}

func (h *harness) expectStatus(a answer, want int) {
	h.Helper()
	if a.status != want {
		h.Errorf("status = %d, want %d: %s", a.status, want, a.raw)
	}
}

// expectProblem checks that an error says what, where and what to do.
func (h *harness) expectProblem(a answer, status int, field string) {
	h.Helper()
	h.expectStatus(a, status)
	if a.header.Get("Content-Type") != "application/problem+json" {
		h.Errorf("content type = %q", a.header.Get("Content-Type"))
	}
	if a.body["field"] != field || a.body["fault"] == "" || a.body["remedy"] == "" {
		h.Errorf("problem = %v, want field %q, a fault and a remedy", a.body, field)
	}
}

// browser is a client with cookies that does not follow redirects by itself.
func (h *harness) browser() *http.Client {
	h.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	client := *h.server.Client()
	client.Jar = jar
	return &client
}
