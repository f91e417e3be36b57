package fault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
)

func TestWriteNamesFieldFaultAndRemedy(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("opening: %w", fault.New(fault.Forbidden, "code", "no consent is recorded", "ask the school"))
	w := httptest.NewRecorder()
	fault.WriteWith(w, err, map[string]any{"stored": 2})

	if got, want := w.Code, 403; got != want {
		t.Errorf("status = %d, want %d", got, want)
	}
	if got := w.Header().Get("Content-Type"); got != fault.ContentType {
		t.Errorf("content type = %q", got)
	}
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	for member, want := range map[string]any{
		"field": "code", "fault": "no consent is recorded", "remedy": "ask the school", "stored": 2.0, "status": 403.0,
	} {
		if body[member] != want {
			t.Errorf("%s = %v, want %v", member, body[member], want)
		}
	}
}

func TestAnUnknownErrorShowsNothingOfItsCause(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	fault.Write(w, errors.New("row contains (Li Lei, 3)"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "Li Lei") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSentinelsCompareByMeaning(t *testing.T) {
	t.Parallel()
	sentinel := fault.New(fault.Gone, "round", "is over", "")
	if !errors.Is(fmt.Errorf("x: %w", sentinel.Because(errors.New("y"))), sentinel) {
		t.Error("a sentinel with a cause is no longer itself")
	}
	if errors.Is(fault.New(fault.Gone, "round", "other", ""), sentinel) {
		t.Error("different faults compare equal")
	}
}
