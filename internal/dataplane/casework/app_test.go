package casework_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/evenkeel/evenkeel/internal/contract"
	"github.com/evenkeel/evenkeel/internal/dataplane/audit"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework"
	"github.com/evenkeel/evenkeel/internal/dataplane/casework/caseworktest"
	"github.com/evenkeel/evenkeel/internal/dataplane/notify/notifytest"
	"github.com/evenkeel/evenkeel/internal/dataplane/postgres/pgtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/process"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal"
	"github.com/evenkeel/evenkeel/internal/dataplane/seal/sealtest"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff"
	"github.com/evenkeel/evenkeel/internal/dataplane/staff/stafftest"
)

// installation is a district with gateways, a hospital, an identity provider and any
// number of casework replicas.
type installation struct {
	*caseworktest.District

	sms, voice, hospital *notifytest.Partner
	issuer               *stafftest.Issuer
	client               *http.Client
}

func install(t *testing.T) *installation {
	t.Helper()
	in := &installation{
		sms: notifytest.New(t, caseworktest.SendSecret), voice: notifytest.New(t, caseworktest.SendSecret),
		hospital: notifytest.New(t, caseworktest.SendSecret), issuer: stafftest.New(t),
	}
	in.District = caseworktest.New(t, func(d *contract.Directory) {
		d.Transports[0].URL, d.Transports[1].URL, d.Channels[0].URL = in.sms.URL, in.voice.URL, in.hospital.URL
	})
	in.client = notifytest.Client(t, in.sms, in.voice, in.hospital)
	in.Duty(t, "district", contract.District, "", "sms", "voice")
	in.Duty(t, "city", contract.City, "", "sms", "voice")
	in.Drilled(t)
	return in
}

func (in *installation) config(load func() (*seal.Keys, error)) casework.Config {
	return casework.Config{
		District: pgtest.District, SyncToken: []byte("the-token"), Client: in.client, LoadKeys: load,
		Provider: staff.ProviderConfig{Issuer: in.issuer.URL, ClientID: stafftest.ClientID, Client: in.client},
	}
}

// replica runs one casework until the test ends and returns its handlers.
func (in *installation) replica(t *testing.T) *casework.App {
	t.Helper()
	pool := in.Pool(t, "casework")
	app, err := casework.New(t.Context(), pool, in.config(func() (*seal.Keys, error) { return in.Keys, nil }), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := process.Run(ctx, app.Workers...); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return app
}

func (in *installation) serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// as calls the staff API as a person.
func (in *installation) as(t *testing.T, base, group, path string, body any) int {
	t.Helper()
	raw, _ := json.Marshal(body)
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, bytes.NewReader(raw))
	request.Header.Set("authorization", "Bearer "+in.issuer.Token(t, stafftest.Person("li", group)))
	request.Header.Set("content-type", "application/json")
	response, err := in.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// From a dangerous answer to the hospital's visit, with two replicas and one gateway
// that is down for the first half.
func TestFromAnAnswerToTheHospital(t *testing.T) {
	t.Parallel()
	in := install(t)
	in.voice.Answer(http.StatusServiceUnavailable)
	first, second := in.replica(t), in.replica(t)
	desk, partner := in.serve(t, first.Staff), in.serve(t, second.Partner)

	number := in.Answer(t, in.Student(t, "no-1", "张小明"), contract.Immediate)
	caseworktest.Eventually(t, "the sms gateway is told", func(context.Context) bool { return len(in.sms.Received()) == 1 })
	status, _ := notifytest.Send(t, t.Context(), in.client, partner+"/partner/v1/transports/sms/receipts", notifytest.Call{
		ID: "receipt-1", Secret: caseworktest.ReceiveSecret, Body: map[string]any{"notification": in.sms.Received()[0].ID, "status": "delivered"},
	})
	state := func() string {
		return pgtest.One[string](t, in.Database, "SELECT o.state || ' ' || r.state FROM ek.obligation o JOIN ek.referral r ON r.obligation_id = o.id")
	}
	if status != 200 || state() != "Notified Drafted" {
		t.Fatalf("receipt %d, %s", status, state())
	}
	in.voice.Answer(http.StatusOK)
	caseworktest.Eventually(t, "the other gateway is told when it is back", func(context.Context) bool { return len(in.voice.Received()) == 1 })

	referral := pgtest.One[string](t, in.Database, "SELECT number FROM ek.referral")
	for _, step := range []struct {
		path string
		body map[string]any
	}{
		{"/api/v1/obligations/" + number + "/own", nil},
		{"/api/v1/obligations/" + number + "/contact", map[string]any{"outcome": "Reached"}},
		{"/api/v1/referrals/" + referral + "/release", map[string]any{}},
		{"/api/v1/obligations/" + number + "/close", map[string]any{"reason": "referred"}},
	} {
		if status := in.as(t, desk, "city-duty", step.path, step.body); status != 200 {
			t.Fatalf("%s: %d", step.path, status)
		}
	}
	caseworktest.Eventually(t, "the hospital has the referral", func(context.Context) bool { return state() == "Closed Delivered" })
	for _, said := range []string{"accepted", "attended"} {
		if status, _ := notifytest.Send(t, t.Context(), in.client, partner+"/partner/v1/channels/anding/referrals", notifytest.Call{
			ID: said, Secret: caseworktest.ReceiveSecret, Body: map[string]any{"number": referral, "status": said},
		}); status != 200 {
			t.Errorf("%s: %d", said, status)
		}
	}
	if state() != "Closed Attended" || len(in.hospital.Received()) != 1 || len(in.sms.Received()) != 1 {
		t.Errorf("%s; hospital %d, sms %d", state(), len(in.hospital.Received()), len(in.sms.Received()))
	}
	caseworktest.Eventually(t, "the report is good and the audit chained", func(ctx context.Context) bool {
		r, err := in.Exchange.Report(ctx)
		return err == nil && r.Covered && r.OnTime && !r.Obligations && r.DutyChain == contract.Reachable && r.AuditHead.Valid()
	})
	if _, err := audit.Verify(t.Context(), in.Casework); err != nil {
		t.Error(err)
	}
}

// Many obligations at once and three replicas: every person is told once by every gateway.
func TestReplicasShareTheWork(t *testing.T) {
	t.Parallel()
	in := install(t)
	in.replica(t)
	in.replica(t)
	in.replica(t)
	const many = 30
	for i := range many {
		in.Answer(t, in.Student(t, "no-1", fmt.Sprint("张", i)), contract.Immediate)
	}
	caseworktest.Eventually(t, "both gateways are told", func(context.Context) bool {
		return len(in.sms.Received()) >= many && len(in.voice.Received()) >= many
	})
	for name, gateway := range map[string]*notifytest.Partner{"sms": in.sms, "voice": in.voice} {
		ids := map[string]bool{}
		for _, m := range gateway.Received() {
			ids[m.ID] = true
		}
		if len(ids) != many || len(gateway.Received()) != many {
			t.Errorf("%s: %d messages about %d notifications, want %d", name, len(gateway.Received()), len(ids), many)
		}
	}
}

func TestWithOtherKeysOnlyTheExchangeIsServed(t *testing.T) {
	t.Parallel()
	in := install(t)
	if err := in.Keys.Check(t.Context(), recorder(in)); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		load func() (*seal.Keys, error)
		want contract.KeysState
	}{
		"other keys": {func() (*seal.Keys, error) { return sealtest.Keys(8), nil }, contract.KeysMismatch},
		"no keys":    {func() (*seal.Keys, error) { return seal.LoadKeys(t.TempDir(), contract.SealKeys) }, contract.KeysMissing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			app, err := casework.New(t.Context(), in.Casework, in.config(tt.load), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			if app.Ready(t.Context()) == nil {
				t.Error("it says it is ready")
			}
			for listener, base := range map[string]string{"staff": in.serve(t, app.Staff), "partner": in.serve(t, app.Partner)} {
				if status := in.as(t, base, "district-duty", "/api/v1/obligations/X/own", nil); status != 503 {
					t.Errorf("%s answers %d", listener, status)
				}
			}
			raw, _ := json.Marshal(caseworktest.Request(caseworktest.Directory(func(d *contract.Directory) { d.Revision = 9 })))
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, in.serve(t, app.Internal)+contract.SyncPath, bytes.NewReader(raw))
			request.Header.Set("authorization", "Bearer the-token")
			request.Header.Set("content-type", "application/json")
			response, err := in.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var answer contract.SyncResponse
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Report.Keys != tt.want || answer.Report.Directory.Revision != 1 {
				t.Errorf("%d %+v, %v", response.StatusCode, answer, err)
			}
		})
	}
}

func recorder(in *installation) seal.Recorded {
	return func(ctx context.Context, name string, digest contract.Digest) (same bool, err error) {
		_, err = in.Owner.Exec(ctx, "INSERT INTO ek.key_fingerprint (name, digest) VALUES ($1, $2)", name, string(digest))
		return true, err
	}
}

func TestMetricsSayWhetherAndHowLongAndNeverHowMany(t *testing.T) {
	t.Parallel()
	in := install(t)
	in.Exec(t, "INSERT INTO ek.rescore_run (finished_at) VALUES (now())")
	for range 3 {
		attempt := in.Attempt(t, in.Student(t, "no-1", "张小明"), "Submitted")
		in.Event(t, attempt, contract.Immediate)
		in.Exec(t, "INSERT INTO ek.score_difference (attempt_id, kind, run_id) VALUES ($1, 'Decision', (SELECT id FROM ek.rescore_run))", attempt)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(casework.NewFacts(in.Casework))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, family := range families {
		for _, m := range family.GetMetric() {
			fact, value := m.GetLabel()[0].GetValue(), m.GetGauge().GetValue()
			if family.GetName() != "evenkeel_fact_standing" {
				continue
			}
			seen++
			want := 0.0
			if fact == "uncovered_sources" || fact == "score_differences" {
				want = 1
			}
			if value != want {
				t.Errorf("%s = %v, want %v", fact, value, want)
			}
		}
	}
	if seen != 10 {
		t.Errorf("%d facts", seen)
	}
}
