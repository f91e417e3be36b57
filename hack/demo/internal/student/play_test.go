package student

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/hack/demo/internal/cohort"
)

// intake is a fake that does what docs/spec/processes.md says, and every third call
// loses its answer after the work is done.
type intake struct {
	mu       sync.Mutex
	calls    int
	forms    map[string]string // form key -> code
	begun    map[string]bool
	receipts map[string]string         // form key and save -> receipt
	content  map[string]string         // form key and save -> content
	answers  map[string]map[string]int // code -> item -> times stored
	finished map[string]string         // code -> receipt
	held     int                       // how many openings are refused first
}

func newIntake() *intake {
	return &intake{
		forms: map[string]string{}, begun: map[string]bool{}, receipts: map[string]string{}, content: map[string]string{},
		answers: map[string]map[string]int{}, finished: map[string]string{},
	}
}

func (f *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Code, FormKey string
		Save          int
		Answers       []Answer
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	status, answer := f.do(filepath.Base(r.URL.Path), body.Code, body.FormKey, body.Save, body.Answers)
	if f.calls%3 == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *intake) do(call, code, key string, save int, answers []Answer) (int, any) {
	code = map[bool]string{true: code, false: f.forms[key]}[call == "open"]
	switch call {
	case "open":
		if f.held > 0 {
			f.held--
			return http.StatusConflict, map[string]string{"fault": "the round is on hold"}
		}
		key = fmt.Sprintf("form-%d", len(f.forms))
		f.forms[key] = code
		return http.StatusOK, Form{FormKey: key}
	case "begin":
		f.begun[key] = true
		return http.StatusOK, struct{}{}
	case "submit":
		if f.finished[code] == "" {
			f.finished[code] = "submitted-" + code
		}
		return http.StatusCreated, Receipt{f.finished[code]}
	}
	return f.save(code, key, save, answers)
}

func (f *intake) save(code, key string, save int, answers []Answer) (int, any) {
	raw, _ := json.Marshal(answers)
	name := fmt.Sprintf("%s/%d", key, save)
	if known, again := f.content[name]; again {
		if known != string(raw) {
			return http.StatusConflict, struct{}{}
		}
		return http.StatusCreated, Receipt{f.receipts[name]}
	}
	if !f.begun[key] {
		return http.StatusConflict, struct{}{}
	}
	f.content[name], f.receipts[name] = string(raw), "receipt-"+name
	if f.answers[code] == nil {
		f.answers[code] = map[string]int{}
	}
	for _, a := range answers {
		f.answers[code][a.Item]++
	}
	return http.StatusCreated, Receipt{f.receipts[name]}
}

func students() []cohort.Student {
	b := cohort.Blank
	school := cohort.School{District: "fengtai", Name: "no-1", Stage: "SeniorSecondary"}
	takesPart := func(m cohort.Manner) cohort.Manner { m.TakesPart = true; return m }
	return []cohort.Student{
		{Index: 0, Number: "a", School: school, Answers: cohort.Answers{1, 2, 3}, Manner: takesPart(cohort.Manner{Saves: 1, Twice: true})},
		{Index: 1, Number: "b", School: school, Answers: cohort.Answers{0: b, 8: 2}, Manner: takesPart(cohort.Manner{Saves: 3, DropsOff: true, Twice: true})},
		{Index: 2, Number: "c", School: school, Answers: cohort.Answers{b, b, b, b, b, b, b, 1, b}, Manner: takesPart(cohort.Manner{Saves: 3})},
		{Index: 3, Number: "d", School: school, Answers: cohort.Answers{b, b, b, b, b, b, b, b, b}},
	}
}

func newPlay(t *testing.T, fake *intake) *Play {
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	log, err := OpenLog(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	client := &Client{HTTP: server.Client(), Base: server.URL, Patience: 10 * time.Second, Retried: &Counter{}}
	return &Play{
		Clients: map[string]*Client{"fengtai": client}, Log: log, Workers: 4,
		Codes: map[string]string{"a": "code-a", "b": "code-b", "c": "code-c", "d": "code-d"},
	}
}

func TestEveryAnswerIsStoredOnceAlthoughAnswersAreLost(t *testing.T) {
	fake := newIntake()
	fake.held = 2
	play := newPlay(t, fake)
	var checked []string
	play.Check = func(_ context.Context, s cohort.Student, _ string) error {
		checked = append(checked, s.Number)
		return nil
	}
	if err := play.Run(t.Context(), students()); err != nil {
		t.Fatal(err)
	}
	for _, s := range students() {
		code := "code-" + s.Number
		for item, value := range s.Answers {
			want := map[bool]int{true: 1}[value != cohort.Blank]
			if got := fake.answers[code][fmt.Sprintf("q%d", item+1)]; got != want {
				t.Errorf("student %s, item %d: stored %d times, want %d", s.Number, item+1, got, want)
			}
		}
		if (fake.finished[code] != "") != s.Manner.TakesPart {
			t.Errorf("student %s: submitted %q", s.Number, fake.finished[code])
		}
	}
	if len(checked) != 1 || checked[0] != "b" || play.Dropped.Load() != 1 || play.Finished.Load() != 3 {
		t.Errorf("checked %v, dropped %d, finished %d", checked, play.Dropped.Load(), play.Finished.Load())
	}
	if play.Clients["fengtai"].Retried.Total() == 0 {
		t.Error("the fake loses answers, yet nothing was repeated")
	}
}

func TestLogHoldsEveryReceiptAndSurvivesTheProcess(t *testing.T) {
	fake := newIntake()
	play := newPlay(t, fake)
	if err := play.Run(t.Context(), students()); err != nil {
		t.Fatal(err)
	}
	saved := play.Log.Receipts("fengtai", Saved)
	if len(saved) != len(fake.receipts) {
		t.Errorf("%d receipts in the log, %d stored", len(saved), len(fake.receipts))
	}
	again, err := OpenLog(play.Log.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Len() != play.Log.Len() || !again.Done("a") || again.Done("d") {
		t.Errorf("read back: %d of %d, a done %t, d done %t", again.Len(), play.Log.Len(), again.Done("a"), again.Done("d"))
	}
}

func TestStudentWhoIsRefusedIsReportedAndTheOthersFinish(t *testing.T) {
	fake := newIntake()
	play := newPlay(t, fake)
	for _, client := range play.Clients {
		client.Patience = time.Second
	}
	fake.begun["form-0"] = false
	play.Check = func(context.Context, cohort.Student, string) error {
		return fmt.Errorf("the obligation does not stand")
	}
	if err := play.Run(t.Context(), students()); err == nil {
		t.Error("no error")
	}
	if play.Finished.Load() != 2 {
		t.Errorf("%d finished, want 2", play.Finished.Load())
	}
}
