package student

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A call that is refused for now until patience ends says why it was refused.
func TestARefusalThatLastsIsTold(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"field": "code", "fault": "the round is on hold", "remedy": "come back later"}`))
	}))
	defer server.Close()
	client := Client{HTTP: NewHTTP(1), Base: server.URL, Patience: 100 * time.Millisecond, Retried: &Counter{}}
	_, err := client.Open(t.Context(), "x", "y")
	if err == nil || !strings.Contains(err.Error(), "code: the round is on hold") {
		t.Errorf("got %v", err)
	}
	if err := client.Begin(t.Context(), "z"); err == nil || !strings.Contains(err.Error(), "begin: 409") {
		t.Errorf("a final refusal gave %v", err)
	}
}
