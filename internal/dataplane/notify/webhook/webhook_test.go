package webhook_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/evenkeel/evenkeel/internal/dataplane/fault"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var secret = []byte("0123456789abcdef0123456789abcdef")

func TestKey(t *testing.T) {
	encoded := "whsec_" + base64.StdEncoding.EncodeToString(secret)
	tests := map[string]struct {
		secret string
		want   string // "" for an error
	}{
		"random bytes": {string(secret), string(secret)}, "whsec": {encoded, string(secret)}, "whsec from a file": {encoded + "\n", string(secret)},
		"short": {"0123456789", ""}, "whsec and not base64": {"whsec_!!!", ""}, "whsec and short": {"whsec_AAAA", ""}, "empty": {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := webhook.Key([]byte(tt.secret))
			if string(got) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && tt.secret != "" && strings.Contains(err.Error(), tt.secret) {
				t.Error("the error repeats the secret")
			}
		})
	}
}

func TestBackoffGrowsAndStaysBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tries, limit := rapid.IntRange(0, 1000).Draw(t, "tries"), time.Minute
		got := webhook.Backoff(tries, limit)
		full := limit
		if tries >= 1 && tries <= 6 {
			full = time.Second << (tries - 1)
		} else if tries < 1 {
			full = time.Second
		}
		if got > full || got < full*3/4-1 {
			t.Fatalf("after %d tries %s, want within a quarter of %s", tries, got, full)
		}
	})
}

func TestPostDoesNotFollowARedirectOrRepeatTheAddress(t *testing.T) {
	elsewhere := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			elsewhere++
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	client := webhook.NewClient(nil)
	defer client.CloseIdleConnections()
	message := webhook.Message{URL: server.URL + "/very-private-path", ID: "1", Secret: secret, Body: []byte("{}")}
	var status *webhook.StatusError
	if err := webhook.Post(t.Context(), client, message, time.Now()); !errors.As(err, &status) || status.Status != 307 || elsewhere != 0 {
		t.Errorf("%v, followed %d times", err, elsewhere)
	}
	server.Close()
	if err := webhook.Post(t.Context(), client, message, time.Now()); err == nil || strings.Contains(err.Error(), "private") {
		t.Errorf("error %v", err)
	}
	message.URL = "https://%zz/very-private-path"
	if err := webhook.Post(t.Context(), client, message, time.Now()); err == nil || strings.Contains(err.Error(), "private") {
		t.Errorf("error %v", err)
	}
}

// FuzzReceive: without the key nothing passes, whatever the headers and the body.
func FuzzReceive(f *testing.F) {
	f.Add("m1", "1760000000", "v1,AAAA", []byte(`{}`))
	f.Add("", "", "", []byte{})
	f.Fuzz(func(t *testing.T, id, at, signature string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header.Set("content-type", "application/json")
		r.Header["Webhook-Id"], r.Header["Webhook-Timestamp"], r.Header["Webhook-Signature"] = []string{id}, []string{at}, []string{signature}
		_, err := webhook.Receive(httptest.NewRecorder(), r, secret)
		if code := fault.Of(err).Code; err == nil || code != fault.Unauthorised && code != fault.TooLarge {
			t.Fatalf("%v", err)
		}
	})
}
