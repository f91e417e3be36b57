package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	sendSecret    = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	receiveSecret = "whsec_YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI="
)

// district plays casework's partner listener: it verifies and remembers.
type district struct {
	t       *testing.T
	refuse  int // how many calls to answer with 503 first
	mu      sync.Mutex
	ids     []string
	bodies  []map[string]any
	arrived chan struct{}
}

func newDistrict(t *testing.T, refuse int) (*district, *httptest.Server) {
	d := &district{t: t, refuse: refuse, arrived: make(chan struct{}, 100)}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return d, server
}

func (d *district) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message, err := readSigned(r, receiveSecret)
	if err != nil {
		d.t.Errorf("the call is not signed with the secret of its direction: %v", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids = append(d.ids, message.ID)
	if d.refuse > 0 {
		d.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var body map[string]any
	if err := json.Unmarshal(message.Body, &body); err != nil {
		d.t.Errorf("the body is not JSON: %v", err)
	}
	delete(body, "at")
	body["path"] = r.URL.Path
	d.bodies = append(d.bodies, body)
	d.arrived <- struct{}{}
}

func (d *district) wait(n int) []map[string]any {
	for range n {
		select {
		case <-d.arrived:
		case <-time.After(10 * time.Second):
			d.t.Fatal("the simulator never called back")
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bodies
}

// send signs and posts a body once, with the id given.
func send(t *testing.T, url, secret, id string, body []byte) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(request, secret, id, time.Now(), body); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func fetch(t *testing.T, url string, into any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || json.Unmarshal(raw, into) != nil {
		t.Fatalf("GET %s: %s (%v)", url, raw, err)
	}
}

func startGateway(t *testing.T, refuse int) (string, *district) {
	d, partner := newDistrict(t, refuse)
	g := NewGateway(t.Context(), GatewayConfig{Districts: []GatewayDistrict{{
		Code: "110106", Transport: "sms", Partner: partner.URL, Send: sendSecret, Receive: receiveSecret,
	}}}, partner.Client())
	g.call.wait = time.Millisecond
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return server.URL, d
}

const notification = `{"notification":"0197c2f4-6f1e-7d5c-8e0b-0c8f9c1d2e3f","obligation":"K7Q2M9XD","level":"School","urgency":"Immediate","district":"110106","address":"13800000000"}`

func TestGatewayAcknowledgesANotificationOnceHoweverOftenItComes(t *testing.T) {
	url, d := startGateway(t, 0)
	for range 3 {
		if status := send(t, url+"/notify/110106", sendSecret, "n1", []byte(notification)); status != http.StatusAccepted {
			t.Fatalf("status %d", status)
		}
	}
	want := []map[string]any{{"notification": "0197c2f4-6f1e-7d5c-8e0b-0c8f9c1d2e3f", "status": "delivered", "path": "/partner/v1/transports/sms/receipts"}}
	if diff := cmp.Diff(want, d.wait(1)); diff != "" {
		t.Error(diff)
	}
	var inbox []Received
	fetch(t, url+"/demo/inbox?after=0", &inbox)
	if len(inbox) != 1 || inbox[0].Obligation != "K7Q2M9XD" || inbox[0].Seq != 1 {
		t.Errorf("inbox = %+v", inbox)
	}
	fetch(t, url+"/demo/inbox?after=1", &inbox)
	if len(inbox) != 0 {
		t.Errorf("after the last: %+v", inbox)
	}
}

func TestGatewayRefusesWhatIsNotSigned(t *testing.T) {
	url, _ := startGateway(t, 0)
	if status := send(t, url+"/notify/110106", receiveSecret, "n1", []byte(notification)); status != http.StatusUnauthorized {
		t.Errorf("with the secret of the other direction: %d", status)
	}
	response, err := http.Post(url+"/notify/110106", "application/json", bytes.NewBufferString(notification))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a signature: %d", response.StatusCode)
	}
	if status := send(t, url+"/notify/500154", sendSecret, "n2", []byte(notification)); status != http.StatusNotFound {
		t.Errorf("of a district it does not know: %d", status)
	}
}

func TestReceiptIsResentWithTheSameIDUntilTheDistrictTakesIt(t *testing.T) {
	url, d := startGateway(t, 2)
	send(t, url+"/notify/110106", sendSecret, "n1", []byte(notification))
	d.wait(1)
	if len(d.ids) != 3 || d.ids[0] != d.ids[1] || d.ids[1] != d.ids[2] {
		t.Errorf("ids = %v, want the same three times", d.ids)
	}
}

func TestGatewayThatIsDownAnswersNobodyButTheDemo(t *testing.T) {
	url, _ := startGateway(t, 0)
	response, err := http.Post(url+"/demo/down?for=1m", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if status := send(t, url+"/notify/110106", sendSecret, "n1", []byte(notification)); status != 0 {
		t.Errorf("answered %d while down", status)
	}
	var stats GatewayStats
	fetch(t, url+"/demo/stats", &stats)
	if stats.TurnedAway == 0 {
		t.Error("nobody was turned away")
	}
	if response, err = http.Post(url+"/demo/down?for=0s", "", nil); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if status := send(t, url+"/notify/110106", sendSecret, "n1", []byte(notification)); status != http.StatusAccepted {
		t.Errorf("status %d after the outage", status)
	}
}

func startHospital(t *testing.T) (string, *district) {
	d, partner := newDistrict(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	h := NewHospital(ctx, HospitalConfig{Facility: "H-1", Districts: []HospitalDistrict{{
		Code: "110106", Channel: "anding", Partner: partner.URL, Send: sendSecret, Receive: receiveSecret,
	}}}, partner.Client(), time.Millisecond)
	h.call.wait = time.Millisecond
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	return server.URL, d
}

func referral(first, facility string) []byte {
	return fmt.Appendf(nil, `{"resourceType":"Bundle","type":"collection","identifier":{"value":"R5TB0WZC"},"entry":[
	 {"resource":{"resourceType":%q,"priority":"stat","performer":[{"identifier":{"value":%q}}]}},
	 {"resource":{"resourceType":"Task","priority":"stat"}}]}`, first, facility)
}

func TestHospitalReportsTheWholeCourseOnce(t *testing.T) {
	url, d := startHospital(t)
	for range 2 {
		if status := send(t, url+"/referrals/110106", sendSecret, "r1", referral("ServiceRequest", "H-1")); status != http.StatusCreated {
			t.Fatalf("status %d", status)
		}
	}
	want := []map[string]any{}
	for _, status := range course {
		want = append(want, map[string]any{"number": "R5TB0WZC", "status": status, "path": "/partner/v1/channels/anding/referrals"})
	}
	if diff := cmp.Diff(want, d.wait(3)); diff != "" {
		t.Error(diff)
	}
	if d.ids[1] == d.ids[2] {
		t.Error("two messages have the same id")
	}
}

func TestHospitalRefusesWhatItShouldNotHave(t *testing.T) {
	url, _ := startHospital(t)
	for name, test := range map[string]struct {
		secret string
		body   []byte
		want   int
	}{
		"wrong signature":      {receiveSecret, referral("ServiceRequest", "H-1"), http.StatusUnauthorized},
		"who the child is":     {sendSecret, referral("Patient", "H-1"), http.StatusUnprocessableEntity},
		"for another hospital": {sendSecret, referral("ServiceRequest", "H-2"), http.StatusUnprocessableEntity},
		"not a bundle":         {sendSecret, []byte(`{}`), http.StatusUnprocessableEntity},
	} {
		if status := send(t, url+"/referrals/110106", test.secret, name, test.body); status != test.want {
			t.Errorf("%s: %d, want %d", name, status, test.want)
		}
	}
}
