package loss

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/evenkeel/evenkeel/test/district"
)

// hasty stands in front of intake and says 201 before it passes a save on.
func hasty(t *testing.T, base string) *httptest.Server {
	client := &http.Client{Timeout: 5 * time.Second}
	pass := func(path string, body []byte) (*http.Response, error) {
		return client.Post(base+path, "application/json", bytes.NewReader(body))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/api/v1/answers" {
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"receipt":%q}`, uuid.New())
			go func() {
				if response, err := pass(r.URL.Path, body); err == nil {
					response.Body.Close()
				}
			}()
			return
		}
		response, err := pass(r.URL.Path, body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	}))
	t.Cleanup(func() {
		server.Close()
		client.CloseIdleConnections()
	})
	return server
}

// Acknowledging before the commit loses what was under way when intake was killed.
func TestControlAcknowledgingBeforeTheCommitLoses(t *testing.T) {
	d := start(t, district.Options{})
	run(t, d, d.Intake())
	front := hasty(t, d.IntakeURL())
	lost, acknowledged := 0, 0
	for kill := 0; kill < maxControlKills && lost == 0; kill++ {
		students := newCrowd(d, front.URL, 8)
		students.tolerant = true // refusals cannot be seen through the front
		students.start(t.Context())
		waitFor(t, func() bool { return students.ledger.len() > 100 })
		d.Intake().Kill()
		run(t, d, d.Intake())
		if err := students.finish(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond) // what was passed on may still be on its way
		lost, acknowledged = lost+missing(t, d, students.ledger), acknowledged+len(students.ledger.saves)
	}
	t.Logf("acknowledged before the commit: %d of %d lost", lost, acknowledged)
	if lost == 0 {
		t.Error("the control lost nothing: the loss test proves nothing")
	}
}
